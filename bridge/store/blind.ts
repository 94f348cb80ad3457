import { type Millis, RoomName, type SourceName } from "../model/ids.ts";
import type { Db } from "./db.ts";

/** What a room was or will be told of a source that is not read. Times are the source's own, ms UTC. */
export interface Blind {
  readonly room: RoomName;
  /** When the source was last read before. */
  readonly since: Millis;
  /** When it was read again; what was missed is still being read. null: it is not read yet. */
  readonly until: Millis | null;
  /** Posts that came for the room since it is read again. */
  readonly caught: number;
}

/** One row for each room that has to be told of a silence or of its end. */
export function blindStore(db: Db) {
  const all = db.prepare<[string], { room: string; since: number; until: number | null; caught: number }>(
    "SELECT room, since, until, caught FROM blind WHERE source = +? ORDER BY room",
  );
  const put = db.prepare(
    `INSERT INTO blind (source, room, since, until, caught) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source, room) DO UPDATE SET until = excluded.until, caught = excluded.caught`,
  );
  const end = db.prepare("DELETE FROM blind WHERE source = +? AND room = ?");
  return {
    of: (source: SourceName): ReadonlyMap<RoomName, Blind> =>
      new Map(
        all.all(source).map((row) => {
          const room = RoomName.parse(row.room);
          return [room, { ...row, room }];
        }),
      ),
    put: (source: SourceName, b: Blind) => put.run(source, b.room, b.since, b.until, b.caught),
    end: (source: SourceName, room: RoomName) => end.run(source, room),
  };
}
export type BlindStore = ReturnType<typeof blindStore>;
