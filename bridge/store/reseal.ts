import { z } from "zod";
import type { Purpose, Vault } from "../vault/vault.ts";
import { atomically, type Db } from "./db.ts";
import { readHashKey, writeHashKey } from "./hash-key.ts";

type Key = string | number | Uint8Array;

interface Column {
  readonly table: string;
  /** The primary key, as the place is made of it. */
  readonly key: readonly string[];
  readonly column: string;
  readonly purpose: Purpose;
  readonly place: (...key: readonly Key[]) => string;
}

const joined =
  (table: string, ending = "") =>
  (...key: readonly Key[]): string =>
    `${[table, ...key.map((k) => (typeof k === "object" ? Buffer.from(k).toString("hex") : k))].join("/")}${ending}`;

const column = (
  table: string,
  key: readonly string[],
  name: string,
  purpose: Purpose,
  place = joined(table),
): Column => ({ table, key, column: name, purpose, place });

/**
 * Everything that the vault's own key seals, as the stores seal it. What is sealed under a day's key (archive, dead
 * letters) or a file's stays as it is: those keys are here.
 */
export const sealedColumns: readonly Column[] = [
  column("vault_check", ["id"], "sealed", "check", () => "vault_check"),
  column("sources", ["name"], "cursor_sealed", "cursor"),
  column("sightings", ["source", "foreign_hash"], "foreign_sealed", "foreign", (_source, hash = "") =>
    joined("sightings")(hash),
  ),
  column("revisions", ["announcement", "revision"], "payload_sealed", "payload"),
  column("media", ["id"], "ref_sealed", "media"),
  column("media", ["id"], "spool_sealed", "spool"),
  column("deliveries", ["id"], "extra_sealed", "payload", joined("deliveries", "/extra")),
  column("deliveries", ["id"], "fixed_sealed", "payload", joined("deliveries", "/fixed")),
  column("message_map", ["room", "announcement", "part"], "receipt_sealed", "receipt"),
  column("archive_days", ["day"], "key_sealed", "dayKey", (day = "") => `day/${String(day)}`),
  column("seal_certs", ["root_pk", "serial"], "online_sealed", "seal"),
  column("seal_rooms", ["room"], "key_sealed", "seal", joined("seal_rooms", "/key")),
  column("seal_files", ["room", "media"], "entry_sealed", "seal"),
  column("kept", ["owner", "place"], "value_sealed", "kept"),
];

/** Columns whose name says that they are sealed, and which another key than the vault's seals. */
export const underOtherKeys: readonly string[] = ["archive.payload_sealed", "dead_letters.kept_sealed"];

/** Something sealed does not open under the key that the database is under. */
export class Unopened extends Error {}

const key = z.array(z.union([z.string(), z.number(), z.instanceof(Uint8Array)]));

export interface Keys {
  readonly from: Vault;
  readonly to: Vault;
  /** The key of `from`: hashes go on under it. */
  readonly old: Uint8Array;
}

/**
 * Seals everything anew under another vault key, in one transaction: after a crash the database is under one key, all of
 * it. Throws {@link Unopened} where something does not open, and nothing is changed then. `inside` is called before it is committed.
 */
export function reseal(db: Db, { from, to, old }: Keys, inside: () => void): void {
  atomically(db, () => {
    for (const c of sealedColumns) {
      const where = c.key.map((name) => `${name} = ?`).join(" AND ");
      const rows = db
        .prepare(`SELECT ${c.key.join(", ")} FROM ${c.table} WHERE ${c.column} IS NOT NULL`)
        .raw()
        .all();
      const get = db.prepare<Key[], Uint8Array>(`SELECT ${c.column} FROM ${c.table} WHERE ${where}`).pluck();
      const put = db.prepare(`UPDATE ${c.table} SET ${c.column} = ? WHERE ${where}`);
      for (const row of rows) {
        const at = key.parse(row);
        const sealed = get.get(...at);
        const place = c.place(...at);
        const plain = sealed === undefined ? null : from.open(c.purpose, place, sealed);
        if (plain === null) throw new Unopened(`${c.table}.${c.column}`);
        put.run(to.seal(c.purpose, place, plain), ...at);
      }
    }
    writeHashKey(db, to, readHashKey(db, from) ?? old);
    inside();
  });
  db.pragma("wal_checkpoint(TRUNCATE)");
}
