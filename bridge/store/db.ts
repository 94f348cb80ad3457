import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import type { Vault } from "../vault/vault.ts";
import { copyBefore, makePrivate } from "./before-upgrade.ts";
import { migrations } from "./migrations.ts";

/**
 * An open database. Where a statement orders (ORDER BY, min, max), a parameter that is compared by `=` or limits it is
 * written `+?`: with a bare `?` SQLite compiles the statement anew each time, which costs more than running it.
 */
export type Db = Database.Database;

export type OpenProblem =
  | { readonly code: "wrong_key" }
  | { readonly code: "newer_schema"; readonly found: number; readonly known: number }
  | { readonly code: "not_a_database" }
  | { readonly code: "in_use" }
  /** The schema could not be brought up to date, or no copy be made before: nothing was changed. */
  | { readonly code: "upgrade_failed" };

export type OpenResult =
  | { readonly ok: true; readonly db: Db }
  | { readonly ok: false; readonly problem: OpenProblem };

const APPLICATION = 0x50535431;
const CHECK = new TextEncoder().encode("this is the vault of this database");

/** Opens (or makes) the database in `file` as {@link readyDatabase} does. Nobody but its owner can read it. */
export function openDatabase(file: string, vault: Vault, schema = migrations): OpenResult {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  let db: Db;
  try {
    const refused = existsSync(file) ? refusal(file, vault, schema.length) : null;
    if (refused !== null) return { ok: false, problem: refused };
    makePrivate(file);
    db = new Database(file, { timeout: 5_000 });
    db.pragma("schema_version");
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === "SQLITE_BUSY")
      return { ok: false, problem: { code: "in_use" } };
    if (error instanceof Database.SqliteError && error.code === "SQLITE_NOTADB")
      return { ok: false, problem: { code: "not_a_database" } };
    throw error;
  }
  const ready = readyDatabase(db, vault, schema);
  if (!ready.ok) db.close();
  return ready;
}

/**
 * Why a database is refused, asked without any way to write: letting go of a writable connection would move what a
 * bridge that was killed left in the WAL into the file. null: nothing speaks against it, or only a writable
 * connection can tell.
 */
function refusal(file: string, vault: Vault, known: number): OpenProblem | null {
  const db = new Database(file, { readonly: true, timeout: 5_000 });
  try {
    const version = Number(db.pragma("user_version", { simple: true }));
    return version === 0 ? null : proveKey(db, vault, version, known);
  } catch (error) {
    // A journal that must be rolled back first.
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_READONLY")) return null;
    throw error;
  } finally {
    db.close();
  }
}

/**
 * Proves that `vault` has the key of a database before anything is written, and brings its schema up to date: all of
 * it or nothing, after a copy was made beside it. A wrong key or a newer schema leaves it untouched.
 */
export function readyDatabase(db: Db, vault: Vault, schema = migrations): OpenResult {
  const version = Number(db.pragma("user_version", { simple: true }));
  const problem = version === 0 ? null : proveKey(db, vault, version, schema.length);
  if (problem !== null) return { ok: false, problem };
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("foreign_keys = ON");
  db.pragma("secure_delete = ON");
  db.pragma("journal_size_limit = 4194304");
  if (version === schema.length) return { ok: true, db };
  try {
    if (version > 0) copyBefore(db, version);
    atomically(db, () => migrate(db, vault, version, schema));
  } catch (error) {
    if (version === 0) throw error;
    return { ok: false, problem: { code: "upgrade_failed" } };
  }
  return { ok: true, db };
}

function migrate(db: Db, vault: Vault, version: number, schema: readonly string[]): void {
  for (const migration of schema.slice(version)) db.exec(migration);
  if (version === 0) {
    db.pragma(`application_id = ${APPLICATION}`);
    db.prepare("INSERT INTO vault_check (id, sealed) VALUES (1, ?)").run(
      vault.seal("check", "vault_check", CHECK),
    );
  }
  db.pragma(`user_version = ${schema.length}`);
}

function proveKey(db: Db, vault: Vault, version: number, known: number): OpenProblem | null {
  if (Number(db.pragma("application_id", { simple: true })) !== APPLICATION)
    return { code: "not_a_database" };
  if (version > known) return { code: "newer_schema", found: version, known };
  const sealed = db.prepare<[], Buffer>("SELECT sealed FROM vault_check").pluck().get();
  return sealed !== undefined && vault.open("check", "vault_check", sealed) !== null
    ? null
    : { code: "wrong_key" };
}

/**
 * Runs `work` in one transaction that takes the write lock at once. `work` must be synchronous: a promise would
 * leave the transaction before its work is done, so it is refused.
 */
export function atomically<T>(db: Db, work: () => T extends Promise<unknown> ? never : T): T {
  return db.transaction(work).immediate();
}
