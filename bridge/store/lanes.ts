import { type Millis, RoomName } from "../model/ids.ts";
import type { Db } from "./db.ts";

const none: ReadonlySet<RoomName> = new Set();

/**
 * One row for each room that has a backlog, indexed by (priority, due time): finding the next delivery costs the
 * same with a thousand queued as with a million. A lane's due time is that of its head, since nothing overtakes. An
 * urgent delivery anywhere in it ends its waiting for slots, jitter and silent hours, but not for a retry's time.
 */
export function laneStore(db: Db) {
  const head = db.prepare<[string], { id: number; due_at: number; retry_at: number; accepted_at: number }>(
    `SELECT id, due_at, retry_at, accepted_at FROM deliveries
     WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY id LIMIT 1`,
  );
  const urgent = db
    .prepare<[string], number>(
      "SELECT 1 FROM deliveries WHERE room = ? AND urgent = 1 AND state IN ('queued', 'fixed') LIMIT 1",
    )
    .pluck();
  const put = db.prepare(
    `INSERT INTO lanes (room, priority, due_at) VALUES (?, ?, ?)
     ON CONFLICT (room) DO UPDATE SET priority = excluded.priority, due_at = excluded.due_at`,
  );
  const drop = db.prepare("DELETE FROM lanes WHERE room = ?");
  const soonest = db.prepare<[number, number], { room: string; due_at: number }>(
    "SELECT room, due_at FROM lanes WHERE priority = +? ORDER BY due_at, room LIMIT +?",
  );
  const lengths = db.prepare<[], { room: string; n: number }>(
    "SELECT room, count(*) AS n FROM deliveries WHERE state IN ('queued', 'fixed') GROUP BY room",
  );

  return {
    /** Brings the room's row in line with its queue. Called at the end of every transaction that touched it. */
    refresh(room: RoomName) {
      const first = head.get(room);
      if (first === undefined) {
        drop.run(room);
        return;
      }
      const hurried = urgent.get(room) !== undefined;
      const due = hurried ? Math.min(first.accepted_at, first.due_at) : first.due_at;
      put.run(room, hurried ? 0 : 1, Math.max(first.retry_at, due));
    },
    /** Whether an urgent delivery waits in the room, so that what is before it may not wait. */
    urgent: (room: RoomName): boolean => urgent.get(room) !== undefined,
    head: (room: RoomName): number | null => head.get(room)?.id ?? null,
    /**
     * The due room that presses most and is not in `busy`: urgent lanes first, then those that are not in `served`, then
     * by due time. Where none is due, when the next falls due (null: nothing waits).
     */
    next(
      now: Millis,
      busy: ReadonlySet<RoomName>,
      served: ReadonlySet<RoomName> = none,
    ): { readonly room: RoomName } | { readonly next: Millis | null } {
      const taken: ReadonlySet<string> = busy;
      const turned: ReadonlySet<string> = served;
      let next: Millis | null = null;
      for (const priority of [0, 1]) {
        const free = soonest
          .all(priority, busy.size + served.size + 1)
          .filter(({ room }) => !taken.has(room));
        const [first] = free;
        if (first === undefined) continue;
        const due = free.find(({ room, due_at }) => due_at <= now && !turned.has(room)) ?? first;
        if (due.due_at <= now) return { room: RoomName.parse(due.room) };
        next = next === null ? first.due_at : Math.min(next, first.due_at);
      }
      return { next };
    },
    /** Deliveries waiting in each room that has any: for `status`. */
    lengths: () => lengths.all(),
  };
}
export type LaneStore = ReturnType<typeof laneStore>;
