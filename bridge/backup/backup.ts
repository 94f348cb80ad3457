import { createHash, randomBytes } from "node:crypto";
import { link, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import Database from "better-sqlite3";
import type sodium from "libsodium-wrappers";
import { z } from "zod";
import type { Disk } from "../model/disk.ts";
import { type Millis, RoomName } from "../model/ids.ts";
import type { Db } from "../store/db.ts";
import type { SealStore } from "../store/seal.ts";
import { saltFile } from "../vault/key.ts";
import { fileEntry, small } from "./archive.ts";
import { openStream, sealStream } from "./envelope.ts";

/** What a backup says of itself, first in it. */
export const Manifest = z.object({
  v: z.literal(1),
  /** ms UTC. */
  made: z.number(),
  /** The database's schema. */
  schema: z.number(),
  rooms: z.array(RoomName),
});
export type Manifest = z.infer<typeof Manifest>;

/** Names of what is in a backup, in their order; sealed room files follow as `files/<room>/<hex id>`. */
export const parts = {
  manifest: "manifest",
  settings: "postern.yaml",
  key: "vault.key",
  salt: "passphrase-salt",
  database: "postern.db",
} as const;

export interface BackupOptions {
  readonly lib: typeof sodium;
  readonly disk: Disk;
  readonly db: Db;
  readonly seal: SealStore;
  readonly dataFolder: string;
  /** Recovery codes besides the roots' that open it too: the public half of each one's pair, and its rooms. Absent: none. */
  readonly others?: readonly { readonly publicKey: Uint8Array; readonly rooms: readonly RoomName[] }[];
  /** Where a room's sealed file lies. */
  readonly roomFile: (room: RoomName, id: Uint8Array) => string;
  readonly vaultKey: Uint8Array;
  /** The configuration as it is written; null: it cannot be read. */
  readonly settings: Uint8Array | null;
  /** Where the backup goes; nothing may be there. */
  readonly file: string;
  readonly now: Millis;
}

export type BackupResult =
  | {
      readonly ok: true;
      /** Bytes. */
      readonly size: number;
      /** Rooms by the root whose recovery code opens the backup, as each of `others` does; any one opens all of it. */
      readonly opens: readonly (readonly RoomName[])[];
      /** Rooms whose code does not open it: made by an older version, and not certified since. */
      readonly closed: readonly RoomName[];
    }
  | { readonly ok: false; readonly code: BackupFault };
export type BackupFault =
  | "exists"
  | "no_rooms"
  | "no_code"
  | "no_space"
  | "unwritable"
  | "damaged"
  | "not_verified";

const TEMPORARY = /^backup-[0-9a-f]{16}\.db/;

/** Removes copies of the database that a backup which was killed left behind. */
export async function sweepBackups(disk: Disk, dataFolder: string): Promise<void> {
  const folder = path.join(dataFolder, "state");
  for (const name of await disk.list(folder))
    if (TEMPORARY.test(name)) await disk.remove(path.join(folder, name));
}

/** An error as an outcome; a bug is thrown on. */
function faultOf(error: unknown): BackupFault {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL") return "no_space";
  if (code.startsWith("SQLITE_CORRUPT")) return "damaged";
  if (/^E[A-Z]+$/.test(code) || code.startsWith("SQLITE_")) return "unwritable";
  throw error;
}

/**
 * Writes a backup while the bridge may run: the database as of one moment, the vault's key, the settings and the rooms'
 * sealed files, all of it sealed to the recovery codes. It is read back before it gets its name; nothing is ever
 * overwritten, and nothing is left behind when it fails. The folder's instance mark and the witness are not in it.
 */
export async function makeBackup(o: BackupOptions): Promise<BackupResult> {
  const { disk, seal } = o;
  const roots = new Map(seal.backups().map((b) => [hex(b.rootPk), b.publicKey]));
  const rooms = seal.rooms();
  const others = o.others ?? [];
  const opens = new Map<string, RoomName[]>();
  const closed: RoomName[] = [];
  for (const room of rooms) {
    const root = hex(seal.get(room)?.rootPk ?? new Uint8Array());
    if (roots.has(root)) opens.set(root, [...(opens.get(root) ?? []), room]);
    else closed.push(room);
  }
  if (rooms.length === 0 && others.length === 0) return { ok: false, code: "no_rooms" };
  if (opens.size === 0 && others.length === 0) return { ok: false, code: "no_code" };
  const keys = [...opens.keys()].flatMap((root) => roots.get(root) ?? []);
  const recipients = [...keys, ...others.map((other) => other.publicKey)].map((k) => new Uint8Array(k));

  const mark = randomBytes(8).toString("hex");
  const copy = path.join(o.dataFolder, "state", `backup-${mark}.db`);
  const part = `${o.file}.${mark}.part`;
  try {
    if ((await disk.size(o.file)) !== null) return { ok: false, code: "exists" };
    await copyDatabase(o.db, disk, copy);
    const all = [...rooms, ...others.flatMap((other) => other.rooms)];
    const written = await writeSealed(o, recipients, part, copy, rooms, all);
    if (!(await readsBack(o, part, written))) return { ok: false, code: "not_verified" };
    if (!(await givenName(part, o.file))) return { ok: false, code: "exists" };
    await disk.syncFolder(path.dirname(o.file));
    return { ok: true, size: written.size, opens: [...opens.values()], closed };
  } catch (error) {
    return { ok: false, code: faultOf(error) };
  } finally {
    await disk.remove(part).catch(() => {});
    await sweepBackups(disk, o.dataFolder).catch(() => {});
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** Pages of the database that are copied at once: between them the bridge goes on. */
const PAGES = 4096;

/** The database as of one moment, whole and checked, in a file of its own that no log belongs to. */
async function copyDatabase(db: Db, disk: Disk, file: string): Promise<void> {
  await disk.makeFolder(path.dirname(file), 0o700);
  await writeFile(file, "", { mode: 0o600, flag: "wx" });
  await db.backup(file, { progress: () => PAGES });
  const copy = new Database(file);
  try {
    copy.pragma("journal_mode = DELETE");
    const found = copy.pragma("quick_check", { simple: true });
    if (found !== "ok")
      throw Object.assign(new Error("a database that is not whole"), { code: "SQLITE_CORRUPT" });
  } finally {
    copy.close();
  }
}

interface Written {
  readonly key: Uint8Array;
  /** SHA-256 of what is sealed in it. */
  readonly hash: string;
  readonly size: number;
}

async function writeSealed(
  o: BackupOptions,
  recipients: readonly Uint8Array[],
  part: string,
  copy: string,
  rooms: readonly RoomName[],
  all: readonly RoomName[],
): Promise<Written> {
  const { disk } = o;
  const schema = Number(o.db.pragma("user_version", { simple: true }));
  const manifest: Manifest = { v: 1, made: o.now, schema, rooms: [...all] };
  const salt = await disk.read(saltFile(o.dataFolder));
  async function* plain(): AsyncIterable<Uint8Array> {
    yield* small(parts.manifest, new TextEncoder().encode(JSON.stringify(manifest)));
    if (o.settings !== null) yield* small(parts.settings, o.settings);
    yield* small(parts.key, o.vaultKey);
    if (salt !== null) yield* small(parts.salt, new Uint8Array(salt));
    yield* fileEntry(disk, parts.database, copy);
    // What the copy names and is gone by now went with its post.
    for (const room of rooms)
      for (const id of o.seal.fileIds(room))
        yield* fileEntry(disk, `files/${room}/${hex(id)}`, o.roomFile(room, id));
  }
  const sha = createHash("sha256");
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const piece of plain()) {
      sha.update(piece);
      yield piece;
    }
  }
  const handle = await disk.create(part, 0o600);
  try {
    let size = 0;
    const key = await sealStream(o.lib, recipients, counted(), async (piece) => {
      size += piece.length;
      await handle.write(piece);
    });
    await handle.sync();
    return { key, hash: sha.digest("hex"), size };
  } finally {
    await handle.close();
  }
}

/** Whether the disk gives back what was written. */
async function readsBack(o: BackupOptions, part: string, { key, hash, size }: Written): Promise<boolean> {
  if ((await o.disk.size(part)) !== size) return false;
  const reader = await o.disk.open(part);
  try {
    const opened = await openStream(o.lib, reader, () => key);
    if (!opened.ok) return false;
    const sha = createHash("sha256");
    for await (const piece of opened.plain) sha.update(piece);
    return sha.digest("hex") === hash;
  } catch {
    return false;
  } finally {
    await reader.close();
  }
}

/** Gives a file its name; false where something has that name already. A stick's file system may know no links. */
async function givenName(part: string, file: string): Promise<boolean> {
  try {
    await link(part, file);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EEXIST") return false;
    await rename(part, file);
    return true;
  }
}
