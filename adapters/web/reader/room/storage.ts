import { concat, equal, number } from "../psr1/bytes.ts";
import { chainOf, type LinkKey } from "./book.ts";

/** What this device keeps of a room besides its records. */
export interface StoredRoom {
  /** Hex. */
  readonly id: string;
  readonly rootPk: Uint8Array;
  readonly salt: Uint8Array;
  readonly keys: readonly LinkKey[];
  /** Places that links named or the reader agreed to: addresses with scheme. */
  readonly origins: readonly string[];
  /** Places that an info named and the reader refused. */
  readonly refused: readonly string[];
  readonly certs: readonly Uint8Array[];
  readonly heads: readonly Uint8Array[];
  /** The place up to which was read: chain and seq. */
  readonly read: readonly [number, number] | null;
  /** Unix seconds of the last contact. */
  readonly contact: number | null;
}

export interface StoredRecord {
  /** Hex hash of the record. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Whether it was ever shown here. */
  readonly shown: boolean;
}

/**
 * Where rooms are kept on this device. Rejects when the device has no room left or allows no storage. Two pages may
 * have one room open: what either learned is kept, and what either forgot does not come back.
 */
export interface Storage {
  rooms(): Promise<readonly StoredRoom[]>;
  /** `fresh`: it was never kept before. Otherwise a room that is not there was forgotten, and nothing is written. */
  saveRoom(room: StoredRoom, fresh: boolean): Promise<void>;
  records(room: string): Promise<readonly StoredRecord[]>;
  /** Writes nothing for a room that is not there. */
  saveRecords(room: string, records: readonly StoredRecord[]): Promise<void>;
  forget(room: string): Promise<void>;
}

const sameBytes = (list: readonly Uint8Array[]) => (bytes: Uint8Array) => list.some((b) => equal(b, bytes));

/** A room as two pages know it: what this one has comes first, and of the other one nothing is lost. */
function merged(other: StoredRoom | undefined, own: StoredRoom): StoredRoom {
  if (other === undefined) return own;
  const key = (k: LinkKey) => concat(number(chainOf(k), 3), number(k.epoch, 4), k.key);
  const known = sameBytes(own.keys.map(key));
  const places = new Set([...own.origins, ...own.refused]);
  const [a, b] = [own.read ?? [0, -1], other.read ?? [0, -1]];
  return {
    ...own,
    keys: [...own.keys, ...other.keys.filter((k) => !known(key(k)))],
    certs: [...other.certs, ...own.certs.filter((c) => !sameBytes(other.certs)(c))],
    origins: [...own.origins, ...other.origins.filter((o) => !places.has(o))],
    refused: [...own.refused, ...other.refused.filter((o) => !places.has(o))],
    read: a[0] > b[0] || (a[0] === b[0] && a[1] >= b[1]) ? own.read : other.read,
    contact: Math.max(own.contact ?? 0, other.contact ?? 0) || null,
  };
}

const mergedRecord = (other: StoredRecord | undefined, own: StoredRecord): StoredRecord => ({
  ...own,
  shown: own.shown || other?.shown === true,
});

/** Keeps rooms until the page is closed: where the browser allows no more. */
export function memoryStorage(): Storage {
  const rooms = new Map<string, StoredRoom>();
  const records = new Map<string, Map<string, StoredRecord>>();
  return {
    rooms: async () => [...rooms.values()],
    async saveRoom(room, fresh) {
      if (fresh || rooms.has(room.id)) rooms.set(room.id, merged(rooms.get(room.id), room));
    },
    records: async (room) => [...(records.get(room)?.values() ?? [])],
    async saveRecords(room, list) {
      if (!rooms.has(room)) return;
      const own = records.get(room) ?? new Map<string, StoredRecord>();
      for (const record of list) own.set(record.hash, mergedRecord(own.get(record.hash), record));
      records.set(room, own);
    },
    async forget(room) {
      rooms.delete(room);
      records.delete(room);
    },
  };
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("storage"));
  });
const ended = (tx: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error("storage"));
    tx.onerror = () => reject(tx.error ?? new Error("storage"));
  });

/** IndexedDB, or memory where the browser refuses it (private windows, pages from disk). */
export async function browserStorage(): Promise<Storage> {
  let db: IDBDatabase;
  try {
    const request = indexedDB.open("postern", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("rooms", { keyPath: "id" });
      request.result.createObjectStore("records", { keyPath: ["room", "hash"] }).createIndex("room", "room");
    };
    db = await done(request);
  } catch {
    return memoryStorage();
  }
  const all = (room: string) => IDBKeyRange.bound([room, ""], [room, "\uffff"]);
  return {
    rooms: () => done<StoredRoom[]>(db.transaction("rooms").objectStore("rooms").getAll()),
    async saveRoom(room, fresh) {
      const tx = db.transaction("rooms", "readwrite");
      const over = ended(tx);
      const store = tx.objectStore("rooms");
      const other = await done<StoredRoom | undefined>(store.get(room.id));
      if (fresh || other !== undefined) store.put(merged(other, room));
      await over;
    },
    records: (room) =>
      done<StoredRecord[]>(db.transaction("records").objectStore("records").getAll(all(room))),
    async saveRecords(room, list) {
      const tx = db.transaction(["rooms", "records"], "readwrite");
      const over = ended(tx);
      const store = tx.objectStore("records");
      if ((await done(tx.objectStore("rooms").getKey(room))) !== undefined)
        for (const record of list) {
          const other = await done<StoredRecord | undefined>(store.get([room, record.hash]));
          store.put({ room, ...mergedRecord(other, record) });
        }
      await over;
    },
    async forget(room) {
      const tx = db.transaction(["rooms", "records"], "readwrite");
      tx.objectStore("rooms").delete(room);
      tx.objectStore("records").delete(all(room));
      await ended(tx);
    },
  };
}
