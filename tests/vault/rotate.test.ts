import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
import { atomically, type Db } from "../../bridge/store/db.ts";
import { readHashKey } from "../../bridge/store/hash-key.ts";
import { reseal, sealedColumns, underOtherKeys } from "../../bridge/store/reseal.ts";
import { takeRunLock } from "../../bridge/store/run-lock.ts";
import type { RotationStep } from "../../bridge/vault/rotate.ts";
import { createVault, type Vault } from "../../bridge/vault/vault.ts";
import { vaultRotate } from "../../cli/commands/vault-rotate.ts";
import { type Core, openCore } from "../../cli/core.ts";
import { loadConfig } from "../../config/load.ts";
import { fakeIo, person, place } from "../cli/io.helper.ts";
import {
  accepted,
  core,
  edited,
  media,
  open,
  post,
  posted,
  ROOM,
  soon,
  start,
  type TestCore,
  texts,
} from "../core.helper.ts";

const OLD = "0a".repeat(32);
const FACULTY = RoomName.parse("faculty");

/** A configured folder whose vault key lies in a file, with a room and something sealed in it. */
async function filled() {
  const { folder, config, asked } = await place((base) => `${base}vault: { key_file: ./keys/vault.key }\n`);
  const keyFile = path.join(folder, "keys", "vault.key");
  await mkdir(path.dirname(keyFile));
  await writeFile(keyFile, `${OLD}\n`, { mode: 0o600 });
  const env = { POSTERN_FACULTY_TOKEN: "token" };
  const opened = async (): Promise<Core | string> => {
    const loaded = await loadConfig({ file: config, env });
    if (!loaded.ok) throw new Error("the settings are refused");
    const found = await openCore(loaded.config, { env, askPassphrase: null });
    return found.ok ? found.core : found.problem.code;
  };
  const within = async <T>(work: (core: Core) => T): Promise<T> => {
    const found = await opened();
    if (typeof found === "string") throw new Error(found);
    try {
      return work(found);
    } finally {
      found.close();
    }
  };
  await within(({ db, bridge }) =>
    atomically(db, () => {
      bridge.log.create(FACULTY, new Uint8Array(32).fill(7));
    }),
  );
  const seen = await within(fingerprint);
  const io = () => fakeIo({ env: { POSTERN_VAULT_KEY: undefined } });
  return { folder, config, asked, keyFile, opened, within, seen, io };
}

/** What can be read of a room only with the right key. */
function fingerprint({ bridge, vault }: Core): unknown {
  const state = bridge.store.seal.get(FACULTY);
  if (state === null) throw new Error("no keys");
  const online = bridge.store.seal.online(state.rootPk, state.serial);
  return [
    Buffer.from(state.key).toString("hex"),
    Buffer.from(online ?? []).toString("hex"),
    Buffer.from(vault.hash("foreign", "mid.1")).toString("hex"),
  ];
}

class Killed extends Error {}
const killedAt =
  (wanted: RotationStep) =>
  (name: RotationStep): void => {
    if (name === wanted) throw new Killed();
  };

/** All bytes of a folder, to look for keys in. */
const bytesOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

test("the new key opens everything, hashes stay as they were, and nothing is left of the old key", async () => {
  const f = await filled();
  const io = f.io();
  expect(await vaultRotate(io, f.asked)).toBe(0);
  expect(io.stderr()).toContain(`The vault has a new key, in ${f.keyFile}. The old one was erased.`);
  expect(await f.within(fingerprint)).toEqual(f.seen);
  expect(await readdir(path.dirname(f.keyFile))).toEqual(["vault.key"]);
  expect(await readFile(f.keyFile, "utf8")).not.toContain(OLD);
  expect(bytesOf(f.folder)).not.toContain(OLD);
  await writeFile(f.keyFile, OLD);
  expect(await f.opened()).toBe("wrong_key");
});

test("a second change keeps the hashes of the first key", async () => {
  const f = await filled();
  expect(await vaultRotate(f.io(), f.asked)).toBe(0);
  const between = await readFile(f.keyFile, "utf8");
  expect(await vaultRotate(f.io(), f.asked)).toBe(0);
  expect(await readFile(f.keyFile, "utf8")).not.toBe(between);
  expect(await f.within(fingerprint)).toEqual(f.seen);
});

const steps: readonly RotationStep[] = ["written", "resealing", "resealed", "kept", "moved", "erasing"];

test.each(steps)(
  "cut off at %s, the vault still opens, and a second call finishes the change",
  async (step) => {
    const f = await filled();
    await expect(vaultRotate(f.io(), f.asked, killedAt(step))).rejects.toThrow(Killed);
    // The bridge could start again before anybody called the command again.
    expect(await f.within(fingerprint)).toEqual(f.seen);
    const io = f.io();
    expect(await vaultRotate(io, f.asked)).toBe(0);
    const finished = ["resealed", "kept", "moved", "erasing"].includes(step);
    expect(io.stderr()).toContain(finished ? "is now finished" : "The vault has a new key");
    expect(await f.within(fingerprint)).toEqual(f.seen);
    expect(await readdir(path.dirname(f.keyFile))).toEqual(["vault.key"]);
    expect(bytesOf(f.folder)).not.toContain(OLD);
  },
);

test.each(steps)("cut off at %s twice over, it still comes to an end", async (step) => {
  const f = await filled();
  for (const at of [step, ...steps]) await vaultRotate(f.io(), f.asked, killedAt(at)).catch(() => undefined);
  expect(await vaultRotate(f.io(), f.asked)).toBe(0);
  expect(await f.within(fingerprint)).toEqual(f.seen);
  expect(await readdir(path.dirname(f.keyFile))).toEqual(["vault.key"]);
});

test("a new key that was only half written is taken away and made anew", async () => {
  const f = await filled();
  await writeFile(`${f.keyFile}.new`, "0b0b", { mode: 0o600 });
  expect(await vaultRotate(f.io(), f.asked)).toBe(0);
  expect(await f.within(fingerprint)).toEqual(f.seen);
  expect(await readdir(path.dirname(f.keyFile))).toEqual(["vault.key"]);
});

test("beside a running bridge, with the key in the environment and where the new one cannot be laid, nothing is changed", async () => {
  const f = await filled();
  const lock = takeRunLock(path.join(f.folder, "data"), 0);
  const held = f.io();
  expect(await vaultRotate(held, f.asked)).toBe(1);
  expect(held.stderr()).toContain("Stop it first.");
  lock?.release();

  await writeFile(f.config, (await readFile(f.config, "utf8")).replace(/vault:.*\n/, ""));
  const inEnvironment = fakeIo({ env: { POSTERN_VAULT_KEY: OLD } });
  expect(await vaultRotate(inEnvironment, f.asked)).toBe(1);
  expect(inEnvironment.stderr()).toContain("where Postern cannot change it");

  await writeFile(f.config, `${await readFile(f.config, "utf8")}vault: { key_file: ./keys/vault.key }\n`);
  await mkdir(`${f.keyFile}.new`);
  await writeFile(path.join(`${f.keyFile}.new`, "in the way"), "");
  const blocked = f.io();
  expect(await vaultRotate(blocked, f.asked)).toBe(2);
  expect(blocked.stderr()).toContain("The new key cannot be written beside");
  await rm(`${f.keyFile}.new`, { recursive: true });
  expect(await readFile(f.keyFile, "utf8")).toBe(`${OLD}\n`);
  expect(await f.within(fingerprint)).toEqual(f.seen);
});

test("something that does not open leaves the old key in force", async () => {
  const f = await filled();
  await f.within(({ db }) => db.prepare("UPDATE seal_certs SET online_sealed = x'00'").run());
  const io = f.io();
  expect(await vaultRotate(io, f.asked)).toBe(2);
  expect(io.stderr()).toContain("does not open with its key");
  await f.within(({ bridge }) => expect(bridge.store.seal.get(FACULTY)).not.toBeNull());
  expect(await readFile(f.keyFile, "utf8")).toBe(`${OLD}\n`);
});

test("a passphrase is changed for another, also when the change was cut off", async () => {
  const { folder, asked, config } = await place((base) => `${base}vault: { passphrase: true }\n`);
  const answering = (...answers: readonly string[]) => {
    const left = [...answers];
    return fakeIo({ ask: person(() => left.shift() ?? null).ask, env: { POSTERN_VAULT_KEY: undefined } });
  };
  const env = { POSTERN_FACULTY_TOKEN: "token" };
  const loaded = await loadConfig({ file: config, env });
  if (!loaded.ok) throw new Error("the settings are refused");
  const opens = async (phrase: string): Promise<string> => {
    const found = await openCore(loaded.config, { env, askPassphrase: async () => phrase });
    if (!found.ok) return found.problem.code;
    found.core.close();
    return "opens";
  };
  expect(await opens("первая фраза")).toBe("opens");
  const io = answering("первая фраза", "вторая фраза", "вторая фраза");
  expect(await vaultRotate(io, asked)).toBe(0);
  expect(io.stderr()).toContain("The vault has a new passphrase");
  expect(await opens("первая фраза")).toBe("wrong_key");
  const cut = answering("вторая фраза", "третья фраза", "третья фраза");
  await expect(vaultRotate(cut, asked, killedAt("resealed"))).rejects.toThrow(Killed);
  expect(await opens("третья фраза")).toBe("opens");
  expect(await vaultRotate(answering("третья фраза"), asked)).toBe(0);
  expect(await opens("вторая фраза")).toBe("wrong_key");
  expect(existsSync(path.join(folder, "data", "state", "passphrase-salt.new"))).toBe(false);
});

test("every column whose name says that it is sealed is sealed anew, or said to be under another key", async () => {
  const { db } = await core();
  const named = columnsOf(db).filter((name) => name.endsWith("sealed"));
  const known = [
    ...sealedColumns.map((c) => `${c.table}.${c.column}`),
    ...underOtherKeys,
    "vault_hash_key.sealed",
  ];
  expect(named.toSorted()).toEqual([...new Set(known)].toSorted());
});

/** What a vault opens of everything that the vault's key seals. */
function opened(c: TestCore, vault: Vault): ReadonlyMap<string, readonly string[]> {
  return new Map(
    sealedColumns.map(({ table, key, column, purpose, place }) => {
      const rows = c.db
        .prepare<[], unknown[]>(
          `SELECT ${column}, ${key.join(", ")} FROM ${table} WHERE ${column} IS NOT NULL`,
        )
        .raw()
        .all();
      const texts = rows.map(([sealed, ...at]) => {
        if (!(sealed instanceof Uint8Array)) throw new Error("no bytes");
        const names = at.map((k) => (k instanceof Uint8Array || typeof k === "number" ? k : String(k)));
        const plain = vault.open(purpose, place(...names), sealed);
        return plain === null ? "does not open" : Buffer.from(plain).toString("hex");
      });
      return [`${table}.${column}`, texts.toSorted()];
    }),
  );
}

test("whatever waits, was sent or is kept is under the new key afterwards, and hashes stay as they were", async () => {
  const old = new Uint8Array(32).fill(42);
  const fresh = new Uint8Array(32).fill(43);
  const c = await core();
  c.source.files.set("ref", () => open(Buffer.alloc(1000, "план")));
  const runtime = start(c);
  const first = posted(post(1, "Экзамен 12 июня", { attachments: [media("ref")] }));
  c.source.tell(first);
  await soon(() => expect(c.bridge.store.seal.fileIds(ROOM)).toHaveLength(1));
  await soon(() => expect(texts(c)).toHaveLength(1));
  await runtime.stop();
  // What waits: an edit of what is out, a post whose file is spooled, and one whose bytes are fixed.
  const { outbox, store } = c.bridge;
  const later = start(c, {}, [], { destinations: [] });
  await later.stop();
  c.source.tell(edited(1, "Экзамен 14 июня", 1), posted(post(2, "Второй", { attachments: [media("ref2")] })));
  const held = start({ ...c, bridge: { ...c.bridge, sealedRooms: () => new Map() } });
  c.source.files.set("ref2", () => open(Buffer.alloc(1000, "второй план")));
  await accepted(c);
  await soon(() => expect(store.media.spools().size).toBe(1));
  await held.stop();
  const head = await outbox.claim(c.clock.now(), new Set());
  if ("next" in head) throw new Error("nothing waits");
  store.deliveries.fix(head.id, "1.0.9", new Uint8Array([1, 2, 3]), []);
  store.kept.of("matrix.campus").put("session", { token: "слово" });

  const vault = createVault(c.lib, old);
  const before = opened(c, vault);
  for (const [name, texts] of before) {
    expect(texts, name).not.toContain("does not open");
    expect(texts.length, name).toBeGreaterThan(0);
  }
  const hash = vault.hash("content", "text");
  reseal(c.db, { from: vault, to: createVault(c.lib, fresh), old }, () => {});
  const after = createVault(c.lib, fresh, readHashKey(c.db, createVault(c.lib, fresh)) ?? undefined);
  expect(opened(c, after)).toEqual(before);
  expect(after.hash("content", "text")).toEqual(hash);
  for (const [name, texts] of opened(c, vault))
    expect(new Set(texts), name).toEqual(new Set(["does not open"]));
});

function columnsOf(db: Db): readonly string[] {
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  return tables.flatMap((table) =>
    db
      .prepare<[], string>(`SELECT name FROM pragma_table_info('${table}')`)
      .pluck()
      .all()
      .map((column) => `${table}.${column}`),
  );
}
