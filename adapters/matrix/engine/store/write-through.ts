/**
 * IndexedDB for the engine, which knows no other store: fake-indexeddb holds the working set in memory, and what a
 * transaction changed goes to a {@link Journal} in its `complete` event, before the engine hears of it. A database whose
 * name begins with no journal's prefix stays in memory.
 *
 * Stores with generated keys are refused: what they make would have to be read back. The engine has none.
 */

import * as fake from "fake-indexeddb";
import type { Change, Journal } from "./change.ts";
import { keyText } from "./key.ts";
import { bytesOf } from "./packing.ts";

/** A call that was made, in its place among the others; null until it is known to have succeeded. */
interface Entry {
  change: Change | null;
}

const journals = new Map<string, Journal>();
/** Connections that a journal's databases were used through, by its prefix. */
const connections = new Map<string, Set<IDBDatabase>>();
const recorded = new WeakMap<IDBTransaction, Entry[]>();
/** What the upgrade of a database that is under way has recorded. */
const upgrading = new WeakMap<IDBDatabase, Entry[]>();

const journalOf = (database: string): readonly [string, Journal] | undefined =>
  [...journals].find(([prefix]) => database.startsWith(prefix));

/** Notes a change down once `request` has succeeded. */
function record(tx: IDBTransaction, request: IDBRequest, change: () => Change): void {
  const entries = recorded.get(tx);
  if (entries === undefined) return;
  const entry: Entry = { change: null };
  entries.push(entry);
  request.addEventListener("success", () => {
    entry.change = change();
  });
}

function recordPut(store: IDBObjectStore, request: IDBRequest<IDBValidKey>, value: unknown): void {
  if (!recorded.has(store.transaction)) return;
  // Now, since the caller may change it before the request is served.
  const bytes = bytesOf(value);
  const { name } = store;
  record(store.transaction, request, () => ({
    kind: "put",
    store: name,
    key: keyText(request.result),
    value: bytes,
  }));
}

const storeOf = (cursor: IDBCursor): IDBObjectStore =>
  "objectStore" in cursor.source ? cursor.source.objectStore : cursor.source;

const listOf = (path: string | Iterable<string>): string | readonly string[] =>
  typeof path === "string" ? path : [...path];

function wrapStore(of: IDBObjectStore): void {
  const { put, add, delete: remove, clear, createIndex, deleteIndex } = of;
  of.put = function (...args) {
    const request = put.apply(this, args);
    recordPut(this, request, args[0]);
    return request;
  };
  of.add = function (...args) {
    const request = add.apply(this, args);
    recordPut(this, request, args[0]);
    return request;
  };
  of.delete = function (query) {
    // A range is the keys that it has at its turn: requests of a transaction are served in order.
    const found = recorded.has(this.transaction) ? this.getAllKeys(query) : null;
    const request = remove.call(this, query);
    const { name } = this;
    if (found !== null)
      record(this.transaction, request, () => ({
        kind: "delete",
        store: name,
        keys: found.result.map(keyText),
      }));
    return request;
  };
  of.clear = function () {
    const request = clear.call(this);
    const { name } = this;
    record(this.transaction, request, () => ({ kind: "clear", store: name }));
    return request;
  };
  of.createIndex = function (name, keyPath, options) {
    const index = createIndex.call(this, name, keyPath, options);
    recorded.get(this.transaction)?.push({
      change: {
        kind: "make_index",
        store: this.name,
        index: name,
        keyPath: listOf(keyPath),
        unique: options?.unique ?? false,
        multiEntry: options?.multiEntry ?? false,
      },
    });
    return index;
  };
  of.deleteIndex = function (name) {
    deleteIndex.call(this, name);
    recorded.get(this.transaction)?.push({ change: { kind: "drop_index", store: this.name, index: name } });
  };
}

function wrapCursor(of: IDBCursor): void {
  const { update, delete: remove } = of;
  of.update = function (value) {
    const request = update.call(this, value);
    recordPut(storeOf(this), request, value);
    return request;
  };
  of.delete = function () {
    const request = remove.call(this);
    const { name, transaction } = storeOf(this);
    const keys = [keyText(this.primaryKey)];
    record(transaction, request, () => ({ kind: "delete", store: name, keys }));
    return request;
  };
}

function wrapDatabase(of: IDBDatabase): void {
  const { createObjectStore, deleteObjectStore, transaction } = of;
  of.createObjectStore = function (name, options) {
    const durable = journalOf(this.name) !== undefined;
    if (durable && options?.autoIncrement === true) throw new Error("a store with generated keys");
    const store = createObjectStore.call(this, name, options);
    const keyPath = options?.keyPath ?? null;
    recorded.get(store.transaction)?.push({
      change: { kind: "make_store", store: name, keyPath: keyPath === null ? null : listOf(keyPath) },
    });
    return store;
  };
  of.deleteObjectStore = function (name) {
    const change: Change = { kind: "drop_store", store: name };
    deleteObjectStore.call(this, name);
    if (journalOf(this.name) !== undefined) upgrading.get(this)?.push({ change });
  };
  of.transaction = function (stores, mode, options) {
    const tx = transaction.call(this, stores, mode, options);
    const found = journalOf(this.name);
    if (found === undefined) return tx;
    const [prefix, journal] = found;
    connections.get(prefix)?.add(this);
    if (tx.mode === "readonly") return tx;
    const entries: Entry[] = [];
    recorded.set(tx, entries);
    if (tx.mode === "versionchange") upgrading.set(this, entries);
    // The first to hear of it, since nobody else has the transaction yet.
    tx.addEventListener("complete", (event) => {
      const changes = entries.flatMap((entry) => entry.change ?? []);
      if (changes.length === 0 && tx.mode !== "versionchange") return;
      try {
        journal.commit({ database: this.name.slice(prefix.length), version: this.version, changes });
      } catch (error) {
        // The engine must not learn of it as done.
        event.stopImmediatePropagation();
        journal.failed(error);
      }
    });
    return tx;
  };
}

function wrapFactory(of: IDBFactory): void {
  const { deleteDatabase } = of;
  of.deleteDatabase = function (name) {
    const request = deleteDatabase.call(this, name);
    const found = journalOf(name);
    if (found === undefined) return request;
    const [prefix, journal] = found;
    request.addEventListener("success", (event) => {
      try {
        journal.drop(name.slice(prefix.length));
      } catch (error) {
        event.stopImmediatePropagation();
        journal.failed(error);
      }
    });
    return request;
  };
}

let installed = false;

/** Gives this process an IndexedDB, as the engine looks for it. */
export function installIndexedDb(): IDBFactory {
  if (installed) return fake.indexedDB;
  installed = true;
  wrapStore(fake.IDBObjectStore.prototype);
  wrapCursor(fake.IDBCursor.prototype);
  wrapDatabase(fake.IDBDatabase.prototype);
  wrapFactory(fake.IDBFactory.prototype);
  // The engine's glue asks for these by their global names, to know what it was given.
  for (const [name, value] of Object.entries({
    indexedDB: fake.indexedDB,
    IDBCursor: fake.IDBCursor,
    IDBCursorWithValue: fake.IDBCursorWithValue,
    IDBDatabase: fake.IDBDatabase,
    IDBFactory: fake.IDBFactory,
    IDBIndex: fake.IDBIndex,
    IDBKeyRange: fake.IDBKeyRange,
    IDBObjectStore: fake.IDBObjectStore,
    IDBOpenDBRequest: fake.IDBOpenDBRequest,
    IDBRequest: fake.IDBRequest,
    IDBTransaction: fake.IDBTransaction,
    IDBVersionChangeEvent: fake.IDBVersionChangeEvent,
  }))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return fake.indexedDB;
}

/**
 * From now on every database whose name begins with `prefix` is told to `journal`. Answers how to end that; its databases
 * are closed then, whoever may still hold them.
 */
export function writeThrough(prefix: string, journal: Journal): () => void {
  journals.set(prefix, journal);
  connections.set(prefix, new Set());
  return () => {
    for (const connection of connections.get(prefix) ?? []) connection.close();
    connections.delete(prefix);
    journals.delete(prefix);
  };
}
