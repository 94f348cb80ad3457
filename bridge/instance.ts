import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import type { Db } from "./store/db.ts";

/**
 * A random mark kept twice: in the database and in `state/instance`, which backups leave out. Where they differ,
 * the database was restored or copied behind the bridge's back.
 */
export async function checkInstance(db: Db, dataFolder: string): Promise<"same" | "first" | "restored"> {
  const file = path.join(dataFolder, "state", "instance");
  const stored = db.prepare<[], Buffer>("SELECT mark FROM instance").pluck().get();
  const beside = await readFile(file).catch(() => null);
  if (stored !== undefined && beside?.equals(stored) === true) return "same";
  // A folder that has a mark and a database that has none: it was put back to before its first start.
  return stored === undefined && beside === null ? "first" : "restored";
}

/** Has the next start find that this database was restored. */
export function forgetInstance(db: Db): void {
  db.prepare("INSERT OR REPLACE INTO instance (id, mark) VALUES (1, ?)").run(randomBytes(16));
}

/** Gives database and folder a new common mark. Called after the rooms' logs have begun new chains. */
export async function markInstance(db: Db, dataFolder: string): Promise<void> {
  const folder = path.join(dataFolder, "state");
  const mark = randomBytes(16);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const part = path.join(folder, "instance.part");
  const handle = await open(part, "w", 0o600);
  await handle.writeFile(mark);
  await handle.sync();
  await handle.close();
  // The database last: a crash between leaves marks that differ, which only costs one more new chain.
  await rename(part, path.join(folder, "instance"));
  db.prepare("INSERT OR REPLACE INTO instance (id, mark) VALUES (1, ?)").run(mark);
}
