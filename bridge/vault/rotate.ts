import { copyFile, link, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type sodium from "libsodium-wrappers";
import type { Db } from "../store/db.ts";
import { reseal } from "../store/reseal.ts";
import { nextFile, writeNew } from "./key.ts";
import { createVault } from "./vault.ts";

/** Where the old key (or its salt) lies for the moment in which it is being erased. */
const oldFile = (file: string): string => `${file}.old`;

/** The places at which a change of the key may be cut off; a test throws there. */
export type RotationStep = "written" | "resealing" | "resealed" | "kept" | "moved" | "erasing";

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => null)) !== null;

/** Whether a change of the key was cut off when the database had taken the new one already. */
export const isErasing = (file: string): Promise<boolean> => exists(oldFile(file));

/**
 * Lays the new key (or its salt) beside the old, before anything is sealed with it. Throws what the disk throws, also
 * where one lies there.
 */
export async function writeNext(file: string, content: string | Uint8Array): Promise<void> {
  await writeNew(nextFile(file), content);
  await syncFolder(path.dirname(file));
}

/** Seals the database anew: it was under `from` and is under `to`. In one transaction; a crash leaves it as it was. */
export function takeKey(
  lib: typeof sodium,
  db: Db,
  { from, to }: { readonly from: Uint8Array; readonly to: Uint8Array },
  step: (name: RotationStep) => void,
): void {
  reseal(db, { from: createVault(lib, from), to: createVault(lib, to), old: from }, () => step("resealing"));
}

/**
 * Puts the new key in the old one's place and erases that. May be repeated after a crash anywhere in it, once the
 * database is under the new key.
 */
export async function settleKey(file: string, step: (name: RotationStep) => void): Promise<void> {
  if (await exists(nextFile(file))) {
    await rm(oldFile(file), { force: true });
    // Where there are no links, a copy is as good: both are erased.
    await link(file, oldFile(file)).catch(() => copyFile(file, oldFile(file)));
    step("kept");
    await rename(nextFile(file), file);
    await syncFolder(path.dirname(file));
  }
  step("moved");
  const handle = await open(oldFile(file), "r+").catch(() => null);
  if (handle === null) return;
  try {
    const { size } = await handle.stat();
    await handle.write(new Uint8Array(size), 0, size, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  step("erasing");
  await rm(oldFile(file), { force: true });
  await syncFolder(path.dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
