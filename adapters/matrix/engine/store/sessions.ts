import type { StoreFile } from "./file.ts";
import type { Sealing } from "./sealing.ts";

/** On which day (UTC, counted since 1970) each session of ours was first used in which room. Ids are kept as marks. */
export interface Sessions {
  /** The day of the room's newest session; null: it has none yet. */
  newest(room: string): number | null;
  /** Durable when it returns. A session that is known keeps its day. */
  used(room: string, session: string, day: number): void;
  /** The day of a session; null: it is not ours, or forgotten. */
  day(room: string, session: string): number | null;
  /** Forgets what was first used before `day`. */
  forget(day: number): void;
}

export function sessionsOf({ db }: StoreFile, seal: Sealing): Sessions {
  const markOf = (room: string, session: string): Uint8Array => seal.mark("sessions", `${room}\0${session}`);
  const newest = db
    .prepare<[Uint8Array], number | null>("SELECT max(day) FROM sessions WHERE room_mark = ?")
    .pluck();
  const day = db.prepare<[Uint8Array], number>("SELECT day FROM sessions WHERE mark = ?").pluck();
  const add = db.prepare("INSERT INTO sessions (mark, room_mark, day) VALUES (?, ?, ?)");
  const forget = db.prepare("DELETE FROM sessions WHERE day < ?");
  return {
    newest: (room) => newest.get(seal.mark("rooms", room)) ?? null,
    used(room, session, day_) {
      const mark = markOf(room, session);
      if (day.get(mark) === undefined) add.run(mark, seal.mark("rooms", room), day_);
    },
    day: (room, session) => day.get(markOf(room, session)) ?? null,
    forget: (before) => void forget.run(before),
  };
}
