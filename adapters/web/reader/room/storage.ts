import type { LinkKey } from "./book.ts";

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

/** Where rooms are kept on this device. Rejects when the device has no room left or allows no storage. */
export interface Storage {
  rooms(): Promise<readonly StoredRoom[]>;
  saveRoom(room: StoredRoom): Promise<void>;
  records(room: string): Promise<readonly StoredRecord[]>;
  saveRecords(room: string, records: readonly StoredRecord[]): Promise<void>;
  forget(room: string): Promise<void>;
}

/** Keeps rooms until the page is closed: where the browser allows no more. */
export function memoryStorage(): Storage {
  const rooms = new Map<string, StoredRoom>();
  const records = new Map<string, Map<string, StoredRecord>>();
  return {
    rooms: async () => [...rooms.values()],
    saveRoom: async (room) => void rooms.set(room.id, room),
    records: async (room) => [...(records.get(room)?.values() ?? [])],
    async saveRecords(room, list) {
      const own = records.get(room) ?? new Map<string, StoredRecord>();
      for (const record of list) own.set(record.hash, record);
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
    async saveRoom(room) {
      const tx = db.transaction("rooms", "readwrite");
      tx.objectStore("rooms").put(room);
      await ended(tx);
    },
    records: (room) =>
      done<StoredRecord[]>(db.transaction("records").objectStore("records").getAll(all(room))),
    async saveRecords(room, list) {
      const tx = db.transaction("records", "readwrite");
      for (const record of list) tx.objectStore("records").put({ room, ...record });
      await ended(tx);
    },
    async forget(room) {
      const tx = db.transaction(["rooms", "records"], "readwrite");
      tx.objectStore("rooms").delete(room);
      tx.objectStore("records").delete(all(room));
      await ended(tx);
    },
  };
}
