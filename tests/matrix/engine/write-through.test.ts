import { IDBKeyRange } from "fake-indexeddb";
import { expect, onTestFinished, test } from "vitest";
import type { Journal } from "../../../adapters/matrix/engine/store/change.ts";
import { openFile, type StoreFile } from "../../../adapters/matrix/engine/store/file.ts";
import { rebuild } from "../../../adapters/matrix/engine/store/rebuild.ts";
import { sealing } from "../../../adapters/matrix/engine/store/sealing.ts";
import { installIndexedDb, writeThrough } from "../../../adapters/matrix/engine/store/write-through.ts";

const factory = installIndexedDb();
let named = 0;

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
const complete = (tx: IDBTransaction): Promise<string> =>
  new Promise((resolve) => {
    for (const type of ["complete", "abort"]) tx.addEventListener(type, () => resolve(type));
  });

/** A file and a database over it, and what a restart would find. */
async function world(
  upgrade: (database: IDBDatabase) => void,
  journalOf = (file: StoreFile): Journal => ({
    drop: file.drop,
    commit: (part) => file.commit([part]),
    failed() {},
  }),
) {
  const opened = openFile(
    null,
    sealing("passphrase"),
    true,
    () => 0,
    () => undefined,
  );
  if (!opened.ok) throw new Error(opened.problem);
  const { file } = opened;
  const prefix = `test-${++named}`;
  const detach = writeThrough(prefix, journalOf(file));
  onTestFinished(() => {
    detach();
    file.close();
  });
  const openAt = async (version: number, change: (database: IDBDatabase) => void): Promise<IDBDatabase> => {
    const request = factory.open(`${prefix}::db`, version);
    request.addEventListener("upgradeneeded", () => change(request.result));
    return await done(request);
  };
  const database = await openAt(1, upgrade);
  return {
    file,
    database,
    openAt,
    /** All stores with their records and indexes, as they are after a restart. */
    async afterRestart() {
      const [stored] = file.databases();
      if (stored === undefined) return null;
      const name = `rebuilt-${++named}`;
      await rebuild(factory, name, stored);
      const rebuilt = await done(factory.open(name));
      return await seen(rebuilt);
    },
    now: () => seen(database),
  };
}

async function seen(database: IDBDatabase) {
  const stores: Record<string, unknown> = {};
  for (const name of database.objectStoreNames) {
    const store = database.transaction(name).objectStore(name);
    const indexes: Record<string, unknown> = {};
    for (const index of store.indexNames) {
      const { keyPath, unique, multiEntry } = store.index(index);
      indexes[index] = { keyPath, unique, multiEntry, keys: await done(store.index(index).getAllKeys()) };
    }
    stores[name] = { keys: await done(store.getAllKeys()), values: await done(store.getAll()), indexes };
  }
  return { version: database.version, stores };
}

test("a restart finds what complete transactions put, added, deleted and cleared", async () => {
  const w = await world((db) => {
    db.createObjectStore("a").createIndex("by", ["n", "s"], { unique: false });
    db.createObjectStore("b", { keyPath: "id" }).createIndex("tag", "tags", { multiEntry: true });
    db.createObjectStore("c");
  });
  const tx = w.database.transaction(["a", "b", "c"], "readwrite");
  const [a, b, c] = [tx.objectStore("a"), tx.objectStore("b"), tx.objectStore("c")];
  const value = {
    n: 1,
    s: "x",
    bytes: new Uint8Array([1, 2, 255]),
    at: new Date(5),
    big: 5n,
    set: new Set(["я"]),
  };
  const keys: readonly IDBValidKey[] = [
    "текст",
    1,
    1.5,
    new Date(7),
    [1, "a", ["b"]],
    new Uint8Array([9, 8]).buffer,
  ];
  for (const key of keys) a.put(value, key);
  value.n = 2;
  b.add({ id: "one", tags: ["x", "y"] });
  b.put({ id: "one", tags: ["z"] });
  b.put({ id: "two", tags: [] });
  for (let i = 0; i < 10; i++) c.put({ i }, i);
  c.delete(IDBKeyRange.bound(2, 5));
  c.delete(9);
  b.delete("two");
  expect(await complete(tx)).toBe("complete");
  expect(await w.afterRestart()).toEqual(await w.now());

  const clearing = w.database.transaction("c", "readwrite");
  clearing.objectStore("c").clear();
  clearing.objectStore("c").put("after", "it");
  await complete(clearing);
  expect(await w.afterRestart()).toEqual(await w.now());
});

test("a restart finds what a long value became in small steps, and what was put in its place", async () => {
  const w = await world((db) => void db.createObjectStore("a"));
  const long = (step: number): string =>
    Buffer.from(`${"x".repeat(30)}${step}${"y".repeat(9_000)}`)
      .toString("base64")
      .replace(/=+$/, "");
  const sizes = (): unknown => w.file.db.prepare("SELECT length(patch_sealed) FROM patches").pluck().all();
  const put = async (...values: readonly unknown[]): Promise<void> => {
    const tx = w.database.transaction("a", "readwrite");
    for (const value of values) tx.objectStore("a").put(value, "key");
    await complete(tx);
    expect(await w.afterRestart()).toEqual(await w.now());
  };
  await put(long(1));
  expect(sizes()).toEqual([]);
  for (const step of [2, 10, 9, 1]) await put(long(step));
  expect(sizes()).toEqual([expect.any(Number)]);
  // All of it at once, and what is nothing like it between two that are.
  await put("z".repeat(9_000), long(3), long(4), long(5));
  await put("z".repeat(9_000));
  expect(sizes()).toEqual([]);
  await put(long(6), long(7), "short");
  await put(long(8), long(9));

  const tx = w.database.transaction("a", "readwrite");
  tx.objectStore("a").delete("key");
  tx.objectStore("a").put(long(9), "key");
  tx.objectStore("a").clear();
  tx.objectStore("a").put(long(9), "key");
  await complete(tx);
  expect(await w.afterRestart()).toEqual(await w.now());
  await put(long(10));
});

test("what a cursor changes is found after a restart too", async () => {
  const w = await world((db) => void db.createObjectStore("a").createIndex("n", "n"));
  const fill = w.database.transaction("a", "readwrite");
  for (let i = 0; i < 6; i++) fill.objectStore("a").put({ n: 10 - i }, `k${i}`);
  await complete(fill);
  const tx = w.database.transaction("a", "readwrite");
  const request = tx.objectStore("a").index("n").openCursor();
  request.addEventListener("success", () => {
    const cursor = request.result;
    if (cursor === null) return;
    if (cursor.primaryKey === "k1") cursor.delete();
    else if (cursor.primaryKey === "k4") cursor.update({ n: 6, changed: true });
    cursor.continue();
  });
  await complete(tx);
  const found = await w.now();
  expect(found.stores.a).toMatchObject({ keys: ["k0", "k2", "k3", "k4", "k5"] });
  expect(await w.afterRestart()).toEqual(found);
});

test("an aborted transaction, and a request that failed, leave nothing", async () => {
  const w = await world((db) => void db.createObjectStore("a"));
  const good = w.database.transaction("a", "readwrite");
  good.objectStore("a").put("first", 1);
  const twice = good.objectStore("a").add("second", 1);
  twice.addEventListener("error", (event) => {
    event.preventDefault();
    event.stopPropagation();
  });
  expect(await complete(good)).toBe("complete");
  const before = await w.now();
  const bad = w.database.transaction("a", "readwrite");
  const put = bad.objectStore("a").put("never", 2);
  put.addEventListener("success", () => bad.abort());
  expect(await complete(bad)).toBe("abort");
  expect(await w.afterRestart()).toEqual(before);
});

test("stores and indexes that later versions make and drop are found after a restart", async () => {
  const w = await world((db) => {
    db.createObjectStore("old");
    db.createObjectStore("kept").createIndex("gone", "x");
  });
  const tx = w.database.transaction(["old", "kept"], "readwrite");
  tx.objectStore("old").put(1, 1);
  tx.objectStore("kept").put({ x: 1 }, 1);
  await complete(tx);
  w.database.close();
  const next = await w.openAt(2, (db) => {
    db.deleteObjectStore("old");
    db.createObjectStore("old").put("new", "key");
    db.createObjectStore("fresh");
  });
  next.close();
  expect(await w.afterRestart()).toMatchObject({
    version: 2,
    stores: { old: { keys: ["key"], values: ["new"] }, kept: { keys: [1] }, fresh: { keys: [] } },
  });
});

test("nobody hears that a transaction is complete whose commit failed, and no later one is committed", async () => {
  const failures: unknown[] = [];
  let fails = false;
  const w = await world(
    (db) => void db.createObjectStore("a"),
    (file) => ({
      drop: file.drop,
      commit(part) {
        if (fails) throw new Error("no room");
        file.commit([part]);
      },
      failed: (error) => void failures.push(error),
    }),
  );
  fails = true;
  const tx = w.database.transaction("a", "readwrite");
  tx.objectStore("a").put(1, 1);
  let heard = false;
  void complete(tx).then(() => {
    heard = true;
  });
  tx.oncomplete = () => {
    heard = true;
  };
  const later = w.database.transaction("a", "readwrite");
  void complete(later).then(() => {
    heard = true;
  });
  later.objectStore("a").put(2, 2);
  // Each step of a transaction is a turn of the event loop.
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(heard).toBe(false);
  expect(failures).toHaveLength(1);
  expect(await w.afterRestart()).toMatchObject({ stores: { a: { keys: [] } } });
});

test("a database that is deleted is gone after a restart", async () => {
  const w = await world((db) => void db.createObjectStore("a"));
  const { name } = w.database;
  w.database.close();
  await done(factory.deleteDatabase(name));
  expect(await w.afterRestart()).toBeNull();
});
