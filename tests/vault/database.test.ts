import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { ready } from "../../bridge/seal/sodium.ts";
import { type OpenResult, openDatabase } from "../../bridge/store/db.ts";
import { createVault, type Vault } from "../../bridge/vault/vault.ts";

const lib = await ready();
const right = createVault(lib, new Uint8Array(32).fill(1));
const wrong = createVault(lib, new Uint8Array(32).fill(2));

async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-db-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { folder, file: path.join(folder, "postern.db") };
}

function opened(result: OpenResult): Database.Database {
  if (!result.ok) throw new Error(result.problem.code);
  return result.db;
}

const digest = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

function refusedBy(file: string, vault: Vault): string | null {
  const result = openDatabase(file, vault);
  if (result.ok) result.db.close();
  return result.ok ? null : result.problem.code;
}

test("a wrong key does not open the database and leaves its file byte for byte as it was", async () => {
  const { file } = await place();
  opened(openDatabase(file, right)).close();
  const before = await digest(file);
  expect(refusedBy(file, wrong)).toBe("wrong_key");
  expect(await digest(file)).toBe(before);
  expect(refusedBy(file, right)).toBeNull();
});

test("a wrong key leaves what a killed bridge had not yet moved into the file where it is", async () => {
  const { folder, file } = await place();
  const db = opened(openDatabase(file, right));
  db.prepare("INSERT INTO counters (name, n) VALUES ('left', 1)").run();
  // As a kill leaves them: nobody let the database go.
  const copy = path.join(folder, "copy.db");
  await copyFile(file, copy);
  await copyFile(`${file}-wal`, `${copy}-wal`);
  db.close();
  const before = [await digest(copy), await digest(`${copy}-wal`)];
  expect(refusedBy(copy, wrong)).toBe("wrong_key");
  expect([await digest(copy), await digest(`${copy}-wal`)]).toEqual(before);
  const again = opened(openDatabase(copy, right));
  expect(again.prepare("SELECT n FROM counters WHERE name = 'left'").pluck().get()).toBe(1);
  again.close();
});

test("a database of a newer version is refused and left as it was", async () => {
  const { file } = await place();
  const db = opened(openDatabase(file, right));
  db.pragma("user_version = 999");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
  const before = await digest(file);
  expect(refusedBy(file, right)).toBe("newer_schema");
  expect(await digest(file)).toBe(before);
});

test("another program's database, or no database at all, is refused and left as it was", async () => {
  const { folder, file } = await place();
  const foreign = new Database(file);
  foreign.pragma("user_version = 1");
  foreign.exec("CREATE TABLE vault_check (sealed BLOB)");
  foreign.close();
  const text = path.join(folder, "text.db");
  await writeFile(text, "not a database, but long enough to look like a file of one ".repeat(20));
  for (const one of [file, text]) {
    const before = await digest(one);
    expect(refusedBy(one, right)).toBe("not_a_database");
    expect(await digest(one)).toBe(before);
  }
});
