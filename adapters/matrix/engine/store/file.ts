import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { z } from "zod";
import type { Millis } from "../../../../bridge/model/ids.ts";
import type { Change, Committed } from "./change.ts";
import { type Records, recordsOf, type StoredRecord } from "./records.ts";
import type { Sealing } from "./sealing.ts";

const APPLICATION = 0x50535432;
const VERSION = 1;
const CHECK = Buffer.from("this is the passphrase of this store");

const SCHEMA = `
CREATE TABLE passphrase (id INTEGER PRIMARY KEY CHECK (id = 1), check_sealed BLOB NOT NULL) STRICT;
CREATE TABLE databases (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
CREATE TABLE stores (
  id INTEGER PRIMARY KEY,
  database TEXT NOT NULL REFERENCES databases ON DELETE CASCADE,
  name TEXT NOT NULL,
  key_path TEXT NOT NULL,
  UNIQUE (database, name)
) STRICT;
CREATE TABLE indexes (
  store INTEGER NOT NULL REFERENCES stores ON DELETE CASCADE,
  name TEXT NOT NULL,
  key_path TEXT NOT NULL,
  is_unique INTEGER NOT NULL,
  multi_entry INTEGER NOT NULL,
  PRIMARY KEY (store, name)
) STRICT;
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  store INTEGER NOT NULL REFERENCES stores ON DELETE CASCADE,
  mark BLOB NOT NULL,
  record_sealed BLOB NOT NULL,
  born INTEGER NOT NULL,
  own INTEGER NOT NULL,
  UNIQUE (store, mark)
) STRICT;
CREATE TABLE patches (
  record INTEGER PRIMARY KEY REFERENCES records ON DELETE CASCADE,
  patch_sealed BLOB NOT NULL
) STRICT;
CREATE TABLE sessions (
  mark BLOB PRIMARY KEY,
  room_mark BLOB NOT NULL,
  day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_room ON sessions (room_mark, day);
`;

const IndexPath = z.union([z.string(), z.array(z.string())]);
const KeyPath = IndexPath.nullable();

export interface StoredIndex {
  readonly name: string;
  readonly keyPath: string | string[];
  readonly unique: boolean;
  readonly multiEntry: boolean;
}

export interface StoredStore {
  readonly name: string;
  readonly keyPath: string | string[] | null;
  readonly indexes: readonly StoredIndex[];
  records(): Iterable<StoredRecord>;
}

export interface StoredDatabase {
  readonly name: string;
  readonly version: number;
  readonly stores: readonly StoredStore[];
}

export type FileProblem =
  | "store_missing"
  | "wrong_passphrase"
  /** Another process has it open. */
  | "in_use"
  /** It is no crypto store, was written by a newer version, or parts of it do not open. */
  | "damaged"
  /** The disk has no room, or does not do as it should. */
  | "disk";

/** Where a test may end the process, or have a commit fail. `inside`: some of its changes are made. */
export type StoreFailpoint = "commit.before" | "commit.inside" | "commit.after";
export type StoreFailpoints = (at: StoreFailpoint) => void;

/** The file of one crypto store: records of IndexedDB, sealed, with marks for keys. */
export interface StoreFile {
  databases(): readonly StoredDatabase[];
  /** All of them in one transaction, on the disk when it returns. */
  commit(parts: readonly Committed[]): void;
  drop(database: string): void;
  /** While it is true, what is put for the first time is marked as made by this device for others. */
  own(making: boolean): void;
  /** Keys of records that were put first before a time: by this device for others, and all the rest. */
  readonly bornBefore: Records["bornBefore"];
  readonly db: Database.Database;
  close(): void;
}

/**
 * Opens the file, for this process alone: two engines over one store would use one ratchet twice. `create`: makes it
 * where there is none. null as file: one in memory, for tests and measurements.
 */
export function openFile(
  file: string | null,
  seal: Sealing,
  create: boolean,
  now: () => Millis,
  failpoints: StoreFailpoints,
): { readonly ok: true; readonly file: StoreFile } | { readonly ok: false; readonly problem: FileProblem } {
  const there = file !== null && existsSync(file);
  if (!there && !create) return { ok: false, problem: "store_missing" };
  let db: Database.Database | undefined;
  const refuse = (problem: FileProblem) => {
    db?.close();
    return { ok: false, problem } as const;
  };
  try {
    if (file !== null && !there) {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      // Made first, since SQLite would make it as anybody's.
      closeSync(openSync(file, "wx", 0o600));
    }
    db = new Database(file ?? ":memory:", { timeout: 0 });
    db.pragma("locking_mode = EXCLUSIVE");
    const version = z.number().parse(db.pragma("user_version", { simple: true }));
    const problem = version === 0 ? null : refusal(db, seal, version);
    if (problem !== null) return refuse(problem);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    db.pragma("secure_delete = ON");
    db.pragma("journal_size_limit = 4194304");
    const opened = db;
    opened
      .transaction(() => {
        if (version === 0) makeSchema(opened, seal);
        // Takes the lock that is held until it is closed, also where nothing is written.
        opened.pragma(`user_version = ${VERSION}`);
      })
      .immediate();
    return { ok: true, file: storeFile(opened, seal, now, failpoints) };
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (error.code.startsWith("SQLITE_BUSY")) return refuse("in_use");
    if (error.code === "SQLITE_NOTADB" || error.code.startsWith("SQLITE_CORRUPT")) return refuse("damaged");
    return refuse("disk");
  }
}

function makeSchema(db: Database.Database, seal: Sealing): void {
  db.exec(SCHEMA);
  db.pragma(`application_id = ${APPLICATION}`);
  db.prepare("INSERT INTO passphrase (id, check_sealed) VALUES (1, ?)").run(seal.seal("check", CHECK));
}

function refusal(db: Database.Database, seal: Sealing, version: number): FileProblem | null {
  if (db.pragma("application_id", { simple: true }) !== APPLICATION || version > VERSION) return "damaged";
  const check = db.prepare<[], Buffer>("SELECT check_sealed FROM passphrase").pluck().get();
  if (check === undefined) return "damaged";
  return seal.open("check", check) === null ? "wrong_passphrase" : null;
}

function storeFile(
  db: Database.Database,
  seal: Sealing,
  now: () => Millis,
  failpoints: StoreFailpoints,
): StoreFile {
  const storeId = db
    .prepare<[string, string], number>("SELECT id FROM stores WHERE database = ? AND name = ?")
    .pluck();
  const records = recordsOf(db, seal, now);
  const makeStore = db.prepare("INSERT INTO stores (database, name, key_path) VALUES (?, ?, ?)");
  const dropStore = db.prepare("DELETE FROM stores WHERE id = ?");
  const makeIndex = db.prepare(
    "INSERT INTO indexes (store, name, key_path, is_unique, multi_entry) VALUES (?, ?, ?, ?, ?)",
  );
  const dropIndex = db.prepare("DELETE FROM indexes WHERE store = ? AND name = ?");
  const setVersion = db.prepare(
    "INSERT INTO databases (name, version) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version WHERE version != excluded.version",
  );

  const idOf = (database: string, store: string): number => {
    const id = storeId.get(database, store);
    if (id === undefined) throw new Error(`a change in a store that the file has not: ${store}`);
    return id;
  };

  const apply = (database: string, change: Change): void => {
    const name = change.store;
    if (change.kind === "make_store") {
      makeStore.run(database, name, JSON.stringify(change.keyPath));
      return;
    }
    const id = idOf(database, name);
    switch (change.kind) {
      case "put":
        records.put(id, name, change, own);
        return;
      case "delete":
        for (const key of change.keys) records.remove(id, name, key);
        return;
      case "clear":
        records.clear(id);
        return;
      case "drop_store":
        records.forget();
        dropStore.run(id);
        return;
      case "make_index":
        makeIndex.run(
          id,
          change.index,
          JSON.stringify(change.keyPath),
          change.unique ? 1 : 0,
          change.multiEntry ? 1 : 0,
        );
        return;
      case "drop_index":
        dropIndex.run(id, change.index);
    }
  };

  let own = false;
  const commit = db.transaction((parts: readonly Committed[]) => {
    for (const { database, version } of parts) setVersion.run(database, version);
    const all = parts.flatMap(({ database, changes }) =>
      changes.map((change) => [database, change] as const),
    );
    const half = Math.floor(all.length / 2);
    for (const [database, change] of all.slice(0, half)) apply(database, change);
    failpoints("commit.inside");
    for (const [database, change] of all.slice(half)) apply(database, change);
  });

  const indexesOf = (store: number): readonly StoredIndex[] =>
    db
      .prepare<[number], { name: string; key_path: string; is_unique: number; multi_entry: number }>(
        "SELECT name, key_path, is_unique, multi_entry FROM indexes WHERE store = ? ORDER BY rowid",
      )
      .all(store)
      .map((row) => ({
        name: row.name,
        keyPath: IndexPath.parse(JSON.parse(row.key_path)),
        unique: row.is_unique === 1,
        multiEntry: row.multi_entry === 1,
      }));

  return {
    databases: () =>
      db
        .prepare<[], { name: string; version: number }>("SELECT name, version FROM databases")
        .all()
        .map(({ name, version }) => ({
          name,
          version,
          stores: db
            .prepare<[string], { id: number; name: string; key_path: string }>(
              "SELECT id, name, key_path FROM stores WHERE database = ? ORDER BY id",
            )
            .all(name)
            .map((store) => ({
              name: store.name,
              keyPath: KeyPath.parse(JSON.parse(store.key_path)),
              indexes: indexesOf(store.id),
              records: () => records.of(store.id, store.name),
            })),
        })),
    commit(parts) {
      failpoints("commit.before");
      commit.immediate(parts);
      failpoints("commit.after");
    },
    own(making) {
      own = making;
    },
    bornBefore: records.bornBefore,
    drop(database) {
      records.forget();
      db.prepare("DELETE FROM databases WHERE name = ?").run(database);
    },
    db,
    close() {
      try {
        db.pragma("wal_checkpoint(TRUNCATE)");
      } catch {
        // A disk that takes nothing more: the next start reads the log.
      }
      db.close();
    },
  };
}
