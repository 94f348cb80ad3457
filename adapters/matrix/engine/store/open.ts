import { StoreHandle } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Millis } from "../../../../bridge/model/ids.ts";
import type { Committed } from "./change.ts";
import { type FileProblem, openFile, type StoreFailpoints } from "./file.ts";
import { keyOf } from "./key.ts";
import { done, rebuild } from "./rebuild.ts";
import { Damaged, RECEIVED } from "./records.ts";
import { sealing } from "./sealing.ts";
import { type Sessions, sessionsOf } from "./sessions.ts";
import { installIndexedDb, writeThrough } from "./write-through.ts";

/** Where the engine keeps what it knows. */
export interface CryptoStore {
  readonly handle: StoreHandle;
  readonly sessions: Sessions;
  /** Whatever sessions `work` makes are of this device's own, for others to read. */
  making<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Whatever `work` changes is committed at its end, all of it or nothing: for what the engine does in several
   * transactions and could not do again after half of them. Nothing may leave the process within it.
   */
  together<T>(work: () => Promise<T>): Promise<T>;
  /** Forgets keys that open what was sent: of own sessions made before `own`, of others' received before `others`. */
  forget(own: Millis, others: Millis): Promise<void>;
  /** Call when the engine over it is closed. `broken`: the engine is not asked to let go of anything any more. */
  close(broken: boolean): Promise<void>;
}

export interface StoreOptions {
  /** The SQLite file; null: nothing lasts. */
  readonly file: string | null;
  /** 32 random bytes or more, as text. */
  readonly passphrase: string;
  /** Makes the file where there is none. Where a store is known to have been, its loss must be noticed. */
  readonly create: boolean;
  readonly now: () => Millis;
  /** Told when the disk did not take a change. The engine never hears that the change is complete. */
  readonly failed: (error: unknown) => void;
  /** For measurements: the engine's own store in memory, or IndexedDB that is not written through. */
  readonly only?: "memory" | "indexeddb";
  /** For tests. */
  readonly failpoints?: StoreFailpoints;
}

/** The library says what it does to whoever asks. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The engine's database. */
const CRYPTO = "::matrix-sdk-crypto";

let opened = 0;

/** Opens the store with all that it had when its last transaction was complete. */
export async function openStore(
  o: StoreOptions,
): Promise<
  { readonly ok: true; readonly store: CryptoStore } | { readonly ok: false; readonly problem: FileProblem }
> {
  const seal = sealing(o.passphrase);
  const found = openFile(o.file, seal, o.create, o.now, o.failpoints ?? (() => undefined));
  if (!found.ok) return found;
  const { file } = found;
  // A name of its own in this process: one that is opened again finds nothing of the last time in memory.
  const name = `postern-${++opened}`;
  const factory = installIndexedDb();
  const names: string[] = [];
  let dead = false;
  let held: Committed[] | null = null;
  let detach = (): void => undefined;
  const close = async (broken: boolean): Promise<void> => {
    detach();
    // Databases that are still open are never removed.
    if (!broken) for (const name of names) await removed(factory, name);
    file.close();
  };
  try {
    if (o.only === undefined) {
      for (const stored of file.databases()) {
        const whole = `${name}${stored.name}`;
        names.push(whole);
        await rebuild(factory, whole, stored);
      }
      detach = writeThrough(name, {
        commit(part) {
          // After one that failed, memory and file differ: whatever follows would be built on what is not there.
          if (dead) throw new Error("the store has failed before");
          if (!names.includes(`${name}${part.database}`)) names.push(`${name}${part.database}`);
          if (held === null) file.commit([part]);
          else held.push(part);
        },
        drop: file.drop,
        failed(error) {
          dead = true;
          o.failed(error);
        },
      });
    }
    // Without a key of the engine's own: all that leaves the memory is sealed by the file.
    const handle = await StoreHandle.open(o.only === "memory" ? null : name, null, silent);
    const store: CryptoStore = {
      handle,
      sessions: sessionsOf(file, seal),
      async making(work) {
        file.own(true);
        try {
          return await work();
        } finally {
          file.own(false);
        }
      },
      async together(work) {
        const parts: Committed[] = [];
        held = parts;
        try {
          return await work();
        } finally {
          held = null;
          try {
            if (parts.length > 0) file.commit(parts);
          } catch (error) {
            dead = true;
            o.failed(error);
          }
        }
      },
      async forget(own, others) {
        const keys = file.bornBefore(own, others);
        if (keys.length > 0) await deleteKeys(factory, `${name}${CRYPTO}`, keys);
      },
      close(broken) {
        // It holds the databases open as well.
        if (!broken) handle.free();
        return close(broken);
      },
    };
    return { ok: true, store };
  } catch (error) {
    await close(true);
    if (error instanceof Damaged) return { ok: false, problem: "damaged" };
    throw error;
  }
}

/** Frees what a database holds in memory. */
const removed = (factory: IDBFactory, name: string): Promise<void> =>
  new Promise((resolve) => {
    const request = factory.deleteDatabase(name);
    request.addEventListener("success", () => resolve());
    request.addEventListener("error", () => resolve());
  });

/** By a transaction of IndexedDB, so that memory and file forget together. */
async function deleteKeys(factory: IDBFactory, database: string, keys: readonly string[]): Promise<void> {
  const connection = await done(factory.open(database));
  const tx = connection.transaction(RECEIVED, "readwrite");
  const complete = new Promise<void>((resolve, reject) => {
    tx.addEventListener("complete", () => resolve());
    tx.addEventListener("abort", () => reject(tx.error));
  });
  for (const key of keys) tx.objectStore(RECEIVED).delete(keyOf(key));
  await complete;
  connection.close();
}
