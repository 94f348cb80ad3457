import type Database from "better-sqlite3";
import type { Millis } from "../../../../bridge/model/ids.ts";
import { packed, unpacked } from "./packing.ts";
import { isLong, patched, patchOf } from "./patch.ts";
import type { Sealing } from "./sealing.ts";

/** A record as a store of IndexedDB has it: its key as a text (key.ts), its value as bytes (packing.ts). */
export interface StoredRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** The store of the keys that open messages, the own ones among them: the one whose records grow old. */
export const RECEIVED = "inbound_group_sessions3";
const DAY: Millis = 86_400_000;
/** When a day (UTC) began. */
export const dayOf = (at: Millis): Millis => Math.floor(at / DAY) * DAY;

/** A record of the file that does not open: it was changed by somebody else. */
export class Damaged extends Error {}

/** The records of all stores of a file, sealed, with marks for keys. `id` and `name` are those of a store. */
export interface Records {
  put(id: number, name: string, record: StoredRecord, own: boolean): void;
  remove(id: number, name: string, key: string): void;
  /** All records of a store. */
  clear(id: number): void;
  /** Call where a store or a whole database goes. */
  forget(): void;
  /** Throws {@link Damaged}. */
  of(id: number, name: string): readonly StoredRecord[];
  /** Keys of {@link RECEIVED} that were put first on days before: of own ones, and of all the rest. Throws {@link Damaged}. */
  bornBefore(own: Millis, others: Millis): readonly string[];
}

/** How the file has it: whole, and what its value has become since. */
interface Row {
  readonly mark: Buffer;
  readonly record_sealed: Buffer;
  readonly patch_sealed: Buffer | null;
}

/** A long value as it stands whole in the file, and in which row. */
interface Base {
  readonly row: number;
  /** The end of the sealed record, which authenticates it. */
  readonly tag: Buffer;
  readonly value: Uint8Array;
}

const ROWS =
  "SELECT mark, record_sealed, patch_sealed FROM records LEFT JOIN patches ON patches.record = records.id";

const place = (store: string, mark: Buffer): string => `${store}/${mark.toString("base64")}`;

/** A patch opens with the very record that it was made for: sealed bytes end with what authenticates them. */
const patchPlace = (of: string, tag: Buffer): string => `${of}/${tag.toString("base64")}`;
const tagOf = (sealed: Buffer): Buffer => Buffer.from(sealed.subarray(-16));

/** What a record's value begins with: its key, after its length. */
function heading(key: string): Buffer {
  const size = Buffer.byteLength(key);
  const bytes = Buffer.allocUnsafe(4 + size);
  bytes.writeUInt32BE(size);
  bytes.write(key, 4);
  return bytes;
}

function split(record: Buffer): StoredRecord {
  const end = 4 + record.readUInt32BE(0);
  return { key: record.toString("utf8", 4, end), value: record.subarray(end) };
}

/** Call its functions within the file's transactions; after one that failed nothing of it may be used any more. */
export function recordsOf(db: Database.Database, seal: Sealing, now: () => Millis): Records {
  const put = db
    .prepare<[number, Buffer, Buffer, number, number], number>(
      "INSERT INTO records (store, mark, record_sealed, born, own) VALUES (?, ?, ?, ?, ?) ON CONFLICT (store, mark) DO UPDATE SET record_sealed = excluded.record_sealed RETURNING id",
    )
    .pluck();
  const putPatch = db.prepare(
    "INSERT INTO patches (record, patch_sealed) VALUES (?, ?) ON CONFLICT (record) DO UPDATE SET patch_sealed = excluded.patch_sealed",
  );
  const removePatch = db.prepare("DELETE FROM patches WHERE record = ?");
  const remove = db.prepare("DELETE FROM records WHERE store = ? AND mark = ?");
  const clear = db.prepare("DELETE FROM records WHERE store = ?");
  const all = db.prepare<[number], Row>(`${ROWS} WHERE store = ?`);
  const born = db.prepare<[string, Millis, Millis], Row>(
    `${ROWS} JOIN stores ON stores.id = records.store WHERE stores.name = ? AND born < iif(own, ?, ?)`,
  );

  /** Of each store's records those that were put by this process and are long. */
  const bases = new Map<number, Map<string, Base>>();
  const basesOf = (id: number): Map<string, Base> => {
    const found = bases.get(id) ?? new Map<string, Base>();
    bases.set(id, found);
    return found;
  };

  const open = (where: string, sealed: Buffer): Buffer => {
    const bytes = seal.open(where, sealed);
    if (bytes === null) throw new Damaged("a record that does not open");
    return bytes;
  };
  const opened = (name: string, row: Row): StoredRecord => {
    const at = place(name, row.mark);
    const { key, value } = split(open(at, row.record_sealed));
    const whole = unpacked(value);
    if (row.patch_sealed === null) return { key, value: whole };
    return { key, value: patched(whole, open(patchPlace(at, tagOf(row.record_sealed)), row.patch_sealed)) };
  };

  return {
    put(id, name, { key, value }, own) {
      const mark = seal.mark(name, key);
      const at = place(name, mark);
      const base = basesOf(id).get(key);
      const patch = base === undefined ? null : patchOf(base.value, value);
      if (base !== undefined && patch !== null) {
        putPatch.run(base.row, seal.seal(patchPlace(at, base.tag), patch));
        return;
      }
      const sealed = seal.seal(at, heading(key), packed(value));
      // Of anything else the time would tell when somebody came, to whoever has the file.
      const aged = name === RECEIVED;
      const row = put.get(id, mark, sealed, aged ? dayOf(now()) : 0, aged && own ? 1 : 0);
      if (row === undefined) throw new Error("a record that was put has no row");
      removePatch.run(row);
      if (isLong(value)) basesOf(id).set(key, { row, tag: tagOf(sealed), value });
      else basesOf(id).delete(key);
    },
    remove(id, name, key) {
      basesOf(id).delete(key);
      remove.run(id, seal.mark(name, key));
    },
    clear(id) {
      bases.delete(id);
      clear.run(id);
    },
    forget: () => bases.clear(),
    of: (id, name) => all.all(id).map((row) => opened(name, row)),
    bornBefore: (ownBefore, othersBefore) =>
      born.all(RECEIVED, dayOf(ownBefore), dayOf(othersBefore)).map((row) => opened(RECEIVED, row).key),
  };
}
