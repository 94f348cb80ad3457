import type { Millis, RoomName } from "../model/ids.ts";
import type { Db } from "./db.ts";

/** That somebody came into a room since its last digest; never who, nor how many. */
export interface Newcomers {
  /** When the first and the last of them came; null: nobody did. */
  readonly first: Millis | null;
  readonly last: Millis | null;
  /** The newest delivery that the last of them came too late for. */
  readonly upTo: number;
  /** When the last digest was queued; null: never. */
  readonly told: Millis | null;
}

/** One row for each room that somebody came into. */
export function newcomerStore(db: Db) {
  const get = db.prepare<[string], Newcomers>(
    "SELECT first_at AS first, last_at AS last, up_to AS upTo, told_at AS told FROM newcomers WHERE room = ?",
  );
  const came = db.prepare(
    `INSERT INTO newcomers (room, first_at, last_at, up_to) VALUES (?, ?, ?, ?)
     ON CONFLICT (room) DO UPDATE
     SET first_at = coalesce(first_at, excluded.first_at), last_at = excluded.last_at, up_to = excluded.up_to`,
  );
  const told = db.prepare(
    "UPDATE newcomers SET first_at = NULL, last_at = NULL, up_to = 0, told_at = ? WHERE room = ?",
  );
  const drop = db.prepare("DELETE FROM newcomers WHERE room = ?");
  return {
    of: (room: RoomName): Newcomers | null => get.get(room) ?? null,
    came: (room: RoomName, at: Millis, upTo: number) => came.run(room, at, at, upTo),
    told: (room: RoomName, at: Millis) => told.run(at, room),
    drop: (room: RoomName) => drop.run(room),
  };
}
export type NewcomerStore = ReturnType<typeof newcomerStore>;
