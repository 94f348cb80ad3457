import type { Keep } from "../model/keep.ts";
import { openJson, sealJson, type Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

/** What adapters must keep, sealed, by owner and place. */
export function keptStore(db: Db, vault: Vault) {
  const get = db
    .prepare<[string, string], Buffer>("SELECT value_sealed FROM kept WHERE owner = ? AND place = ?")
    .pluck();
  const put = db.prepare("INSERT OR REPLACE INTO kept (owner, place, value_sealed) VALUES (?, ?, ?)");
  const drop = db.prepare("DELETE FROM kept WHERE owner = ? AND place = ?");
  const places = db
    .prepare<[string, string, string], string>(
      "SELECT place FROM kept WHERE owner = +? AND substr(place, 1, length(?)) = +? ORDER BY place",
    )
    .pluck();
  const among = db
    .prepare<[string, string, string], number>(
      "SELECT 1 FROM kept WHERE owner >= +? AND owner < +? AND place = +? LIMIT 1",
    )
    .pluck();
  const row = (owner: string, place: string): string => `kept/${owner}/${place}`;

  return {
    /** Whether one of the owners whose names begin so keeps something at that place. */
    among: (beginning: string, place: string): boolean =>
      among.get(beginning, `${beginning}\u{10ffff}`, place) !== undefined,
    /** The part of one owner, `matrix.campus`: all that its adapter may see. */
    of: (owner: string): Keep => ({
      get(place) {
        const sealed = get.get(owner, place);
        if (sealed === undefined) return undefined;
        const value = openJson(vault, "kept", row(owner, place), sealed);
        if (value === undefined) throw new Error("something kept that the vault does not open");
        return value;
      },
      put(place, value) {
        put.run(owner, place, sealJson(vault, "kept", row(owner, place), value));
      },
      drop(place) {
        drop.run(owner, place);
      },
      places: (beginning) => places.all(owner, beginning, beginning),
      together(work) {
        // Within a transaction it is a part of that: a savepoint.
        db.transaction(work).immediate();
      },
    }),
  };
}
