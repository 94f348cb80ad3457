import type { StoredDatabase } from "./file.ts";
import { keyOf } from "./key.ts";
import { valueIn } from "./packing.ts";

export const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

/** Makes a database of IndexedDB as the file has it, under another name. Call before its writes go to a journal. */
export async function rebuild(factory: IDBFactory, name: string, stored: StoredDatabase): Promise<void> {
  const request = factory.open(name, stored.version);
  let failure: { readonly error: unknown } | null = null;
  request.addEventListener("upgradeneeded", () => {
    try {
      fill(request.result, stored);
    } catch (error) {
      failure = { error };
      request.transaction?.abort();
    }
  });
  const thrown = (): void => {
    if (failure !== null) throw failure.error;
  };
  try {
    (await done(request)).close();
  } finally {
    thrown();
  }
}

function fill(database: IDBDatabase, stored: StoredDatabase): void {
  for (const { name, keyPath, indexes, records } of stored.stores) {
    const store = database.createObjectStore(name, { keyPath });
    for (const { name, keyPath, unique, multiEntry } of indexes)
      store.createIndex(name, keyPath, { unique, multiEntry });
    for (const { key, value } of records()) {
      // A store with a path finds the key within the value.
      if (keyPath === null) store.put(valueIn(value), keyOf(key));
      else store.put(valueIn(value));
    }
  }
}
