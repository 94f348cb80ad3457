import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";

/** Held while a bridge runs on a data folder. */
export interface RunLock {
  release(): void;
}

/**
 * Takes the lock of a data folder; null when another process holds it. It is SQLite's own lock on a file of
 * its own, so the system lets it go when its process ends, however it ends. `patience`: ms to wait for it.
 */
export function takeRunLock(dataFolder: string, patience: number): RunLock | null {
  const file = path.join(dataFolder, "state", "run.lock");
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // SQLite makes its files with the mode of the first, and the first as anybody's.
  closeSync(openSync(file, "a", 0o600));
  const db = new Database(file, { timeout: patience });
  try {
    db.pragma("journal_mode = DELETE");
    db.exec("BEGIN EXCLUSIVE");
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code === "SQLITE_BUSY") return null;
    throw error;
  }
}
