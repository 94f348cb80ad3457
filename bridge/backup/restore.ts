import path from "node:path";
import Database from "better-sqlite3";
import type sodium from "libsodium-wrappers";
import { forgetInstance } from "../instance.ts";
import type { Disk, DiskReader } from "../model/disk.ts";
import { backupPair } from "../seal/keys.ts";
import { migrations } from "../store/migrations.ts";
import { saltFile } from "../vault/key.ts";
import { ArchiveReader, type Entry } from "./archive.ts";
import { Manifest, parts } from "./backup.ts";
import { Damaged, openStream } from "./envelope.ts";

export interface OpenBackup {
  readonly manifest: Manifest;
  /** The configuration as it was written; null: it is not in it. */
  readonly settings: Uint8Array | null;
  readonly vaultKey: Uint8Array;
  /** Where the vault's key was made from a passphrase: its salt. */
  readonly salt: Uint8Array | null;
  /** Unpacks database and files into an empty folder. The database has no name yet that a bridge would open. */
  unpack(dataFolder: string): Promise<Unpacked>;
  /** Gives the database its name: the folder is whole from now on. */
  finish(dataFolder: string): Promise<void>;
  /** Takes away what {@link unpack} put there. */
  discard(dataFolder: string): Promise<void>;
  close(): Promise<void>;
}

export type Unpacked = "done" | "damaged" | "no_space" | "unwritable";

export type OpenedBackup =
  | { readonly ok: true; readonly backup: OpenBackup }
  | { readonly ok: false; readonly code: "missing" | "not_a_backup" | "wrong_code" | "damaged" | "newer" };

const LARGEST_SMALL = 2 ** 20;
const ROOM_FILE = /^files\/[a-z0-9][a-z0-9_-]{0,62}\/[0-9a-f]{32}$/;

/** Whether nothing is in a data folder but what taking its lock puts there. */
export async function isEmptyFolder(disk: Disk, folder: string): Promise<boolean> {
  const names = await disk.list(folder);
  if (names.length === 0) return true;
  const state = await disk.list(path.join(folder, "state"));
  return names.every((name) => name === "state") && state.every((name) => name.startsWith("run.lock"));
}

/** Opens a backup with the root's seed (the recovery code): its small parts are read, and authentic. */
export async function openBackup(
  lib: typeof sodium,
  disk: Disk,
  file: string,
  rootSeed: Uint8Array,
): Promise<OpenedBackup> {
  const reader = await disk.open(file).catch(() => null);
  if (reader === null) return { ok: false, code: "missing" };
  const opened = await readStart(lib, disk, reader, rootSeed);
  if (!opened.ok) await reader.close();
  return opened;
}

async function readStart(
  lib: typeof sodium,
  disk: Disk,
  reader: DiskReader,
  rootSeed: Uint8Array,
): Promise<OpenedBackup> {
  const pair = backupPair(lib, rootSeed);
  try {
    const envelope = await openStream(lib, reader, (box) => {
      try {
        return lib.crypto_box_seal_open(box, pair.publicKey, pair.privateKey);
      } catch {
        return null;
      }
    });
    if (!envelope.ok) return envelope;
    const archive = new ArchiveReader(envelope.plain);
    const found = new Map<string, Uint8Array>();
    let entry = await archive.next();
    for (; entry !== null && entry.name !== parts.database; entry = await archive.next())
      found.set(entry.name, await archive.whole(entry, LARGEST_SMALL));
    const manifest = Manifest.safeParse(jsonOf(found.get(parts.manifest)));
    const vaultKey = found.get(parts.key);
    if (!manifest.success || vaultKey?.length !== 32 || entry === null) return { ok: false, code: "damaged" };
    if (manifest.data.schema > migrations.length) return { ok: false, code: "newer" };
    const backup: OpenBackup = {
      manifest: manifest.data,
      settings: found.get(parts.settings) ?? null,
      vaultKey,
      salt: found.get(parts.salt) ?? null,
      unpack: (folder) => unpack(disk, archive, entry, folder, found.get(parts.salt) ?? null),
      finish: async (folder) => {
        await disk.rename(path.join(folder, UNNAMED), path.join(folder, parts.database));
        await disk.syncFolder(folder);
      },
      discard: async (folder) => {
        await disk.remove(path.join(folder, "files"));
        await disk.remove(saltFile(folder));
        for (const name of await disk.list(folder))
          if (name.startsWith(UNNAMED)) await disk.remove(path.join(folder, name));
      },
      close: () => reader.close(),
    };
    return { ok: true, backup };
  } catch (error) {
    if (error instanceof Damaged) return { ok: false, code: "damaged" };
    throw error;
  }
}

/** The database until all of the backup was read. */
const UNNAMED = "postern.db.part";

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

async function unpack(
  disk: Disk,
  archive: ArchiveReader,
  first: Entry,
  folder: string,
  salt: Uint8Array | null,
): Promise<Unpacked> {
  try {
    await disk.makeFolder(folder, 0o700);
    for (let entry: Entry | null = first; entry !== null; entry = await archive.next()) {
      if (entry !== first && !ROOM_FILE.test(entry.name)) throw new Damaged();
      const to = path.join(folder, entry === first ? UNNAMED : entry.name);
      await disk.makeFolder(path.dirname(to), 0o700);
      await write(disk, to, archive.content(entry));
    }
    if (salt !== null) {
      await disk.makeFolder(path.dirname(saltFile(folder)), 0o700);
      await write(disk, saltFile(folder), [salt]);
    }
    const db = new Database(path.join(folder, UNNAMED));
    try {
      if (db.pragma("quick_check", { simple: true }) !== "ok") return "damaged";
      forgetInstance(db);
    } finally {
      db.close();
    }
    return "done";
  } catch (error) {
    if (error instanceof Damaged) return "damaged";
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL") return "no_space";
    if (/^E[A-Z]+$/.test(code) || code.startsWith("SQLITE_")) return "unwritable";
    throw error;
  }
}

async function write(
  disk: Disk,
  file: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await disk.create(file, 0o600);
  try {
    for await (const piece of content) await handle.write(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await disk.syncFolder(path.dirname(file));
}
