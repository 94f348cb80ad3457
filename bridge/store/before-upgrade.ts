import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type Database from "better-sqlite3";
import type { Millis } from "../model/ids.ts";

const KEPT = 2;
/** A copy holds keys that the rooms forget: it goes after so long, ms. */
const LASTS: Millis = 24 * 3_600_000;

const folderOf = (dataFolder: string): string => path.join(dataFolder, "state");

interface Copy {
  readonly file: string;
  readonly version: number;
}

/** The copies of a data folder, the newest schema first. */
function copies(dataFolder: string): readonly Copy[] {
  const folder = folderOf(dataFolder);
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const version = /^before-upgrade-v(\d{1,6})\.db$/.exec(name)?.[1];
      return version === undefined ? [] : [{ file: path.join(folder, name), version: Number(version) }];
    })
    .toSorted((a, b) => b.version - a.version);
}

/**
 * Copies a database as it is, before its schema is changed: `state/before-upgrade-v<version>.db`, for its owner alone.
 * The newest two are kept. Throws where there is no room: then nothing must be changed. One in memory is not copied.
 */
export function copyBefore(db: Database.Database, version: number): void {
  if (db.memory) return;
  const dataFolder = path.dirname(db.name);
  const folder = folderOf(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `before-upgrade-v${version}.db`);
  const part = `${file}.part`;
  rmSync(part, { force: true });
  // Made first, since SQLite would make it as anybody's.
  closeSync(openSync(part, "wx", 0o600));
  db.prepare("VACUUM INTO ?").run(part);
  const handle = openSync(part, "r+");
  fsyncSync(handle);
  closeSync(handle);
  renameSync(part, file);
  for (const old of copies(dataFolder).slice(KEPT)) rmSync(old.file, { force: true });
}

/** Removes copies that are a day old. */
export function forgetCopies(dataFolder: string, now: Millis): void {
  for (const { file } of copies(dataFolder))
    try {
      if (now - statSync(file).mtimeMs >= LASTS) rmSync(file, { force: true });
    } catch {
      // Somebody else removed it.
    }
}

/** Makes a file where there is none, and lets nobody but its owner have it. */
export function makePrivate(file: string): void {
  closeSync(openSync(file, "a", 0o600));
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}
