import { z } from "zod";
import { type AnnouncementId, type Millis, RoomName } from "../model/ids.ts";
import type { DeadLetter, DeadLetters, LetterRetry } from "../outbox/port.ts";
import { openJson, sealJson } from "../vault/vault.ts";
import type { AnnouncementStore } from "./announcements.ts";
import { atomically, type Db } from "./db.ts";
import { type DeliveryRow, type DeliveryStore, Extra } from "./deliveries.ts";
import type { LaneStore } from "./lanes.ts";

/** All that a refused delivery would bring. */
const kept = z.object({ payload: z.unknown(), extra: Extra });

interface Row {
  delivery: number;
  room: string;
  code: string;
  at: number;
  day: number | null;
  kept_sealed: Buffer | null;
}

/** Taking something back needs nothing but the names of what is to go. */
const needsNothing = (row: DeliveryRow): boolean => row.action === "remove";

/** Whether a delivery brings a revision's content. */
export const bringsContent = (row: Pick<DeliveryRow, "action">): boolean =>
  row.action !== "remove" && row.action !== "reply" && row.action !== "note";

/**
 * Refused deliveries. What each would bring is kept under the key of the day on which it was accepted, so that it is
 * gone with the archive's window, whatever else is kept.
 */
export function deadLetterStore(db: Db, announcements: AnnouncementStore, deliveries: DeliveryStore) {
  const put = db.prepare(
    "INSERT OR REPLACE INTO dead_letters (delivery, room, code, at, day, kept_sealed) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const get = db.prepare<[number], Row>("SELECT * FROM dead_letters WHERE delivery = ?");
  const all = db.prepare<[], Row>("SELECT * FROM dead_letters ORDER BY delivery");
  const ofAnnouncement = db.prepare<[string], Row>(
    `SELECT l.* FROM deliveries d JOIN dead_letters l ON l.delivery = d.id
     WHERE d.announcement = ? AND d.state = 'refused'`,
  );
  const any = db.prepare("SELECT 1 FROM dead_letters WHERE delivery > 0 LIMIT 1");
  const drop = db.prepare("DELETE FROM dead_letters WHERE delivery = ?");
  const forget = db.prepare(
    "UPDATE dead_letters SET kept_sealed = NULL WHERE day < ? AND kept_sealed IS NOT NULL",
  );
  const place = (id: number) => `dead_letters/${id}`;

  /** The room was given something newer, or what the letter brings was removed. */
  const superseded = (row: DeliveryRow): boolean => {
    const newer = deliveries
      .ofAnnouncement(row.announcement)
      .some(
        (d) =>
          d.room === row.room &&
          d.revision > row.revision &&
          (d.state === "queued" || d.state === "fixed" || d.state === "sent"),
      );
    const state = announcements.get(row.announcement);
    return newer || (state?.removed === 1 && row.revision < state.revision);
  };

  const open = (letter: Row): z.infer<typeof kept> | null => {
    const { day, kept_sealed: sealed } = letter;
    const under = day === null || sealed === null ? null : announcements.keptUnder(day);
    const value =
      under === null || sealed === null
        ? undefined
        : openJson(under, "archive", place(letter.delivery), sealed);
    return value === undefined ? null : kept.parse(value);
  };

  return {
    /** Records a refusal. Called while the delivery still has all that it brings. */
    bury(row: DeliveryRow, code: string, now: Millis) {
      const payload = bringsContent(row) ? announcements.payload(row.announcement, row.revision) : null;
      const lost = bringsContent(row) && payload === null;
      const keeper = lost ? null : announcements.keeper(row.accepted_at, now);
      const value = {
        payload: payload === null ? null : announcements.encode(payload),
        extra: deliveries.extraOf(row),
      };
      put.run(
        row.id,
        row.room,
        code,
        now,
        keeper?.day ?? null,
        keeper === null ? null : sealJson(keeper.vault, "archive", place(row.id), value),
      );
    },
    list: (): readonly DeadLetter[] =>
      all.all().flatMap((letter): DeadLetter[] => {
        const row = deliveries.get(letter.delivery);
        if (row === null) return [];
        return [
          {
            id: row.id,
            room: RoomName.parse(letter.room),
            action: row.action,
            code: letter.code,
            acceptedAt: row.accepted_at,
            refusedAt: letter.at,
            kept: needsNothing(row) || open(letter) !== null,
          },
        ];
      }),
    /** Puts a letter back into its lane. Inside a transaction, which must bring the lane's row in line. */
    retry(id: number, now: Millis): { readonly result: LetterRetry; readonly room: RoomName | null } {
      const letter = get.get(id);
      const row = letter === undefined ? null : deliveries.get(id);
      if (letter === undefined || row === null) return { result: "unknown", room: null };
      if (superseded(row)) {
        drop.run(id);
        return { result: "superseded", room: null };
      }
      const found = open(letter);
      if (found === null && !needsNothing(row)) return { result: "gone", room: null };
      if (bringsContent(row) && found !== null)
        announcements.restore(row.announcement, row.revision, announcements.decode(found.payload));
      deliveries.requeue(id, found?.extra ?? {}, now);
      drop.run(id);
      return { result: "queued", room: row.room };
    },
    drop: (id: number): boolean => drop.run(id).changes > 0,
    /** Letters of an announcement that a newer revision or a removal has made pointless: erased with what they kept. */
    dropSuperseded(id: AnnouncementId) {
      // As good as always there are none at all.
      if (any.get() === undefined) return;
      for (const { delivery } of ofAnnouncement.all(id)) {
        const row = deliveries.get(delivery);
        if (row !== null && superseded(row)) drop.run(delivery);
      }
    },
    /** What was kept on days whose key is gone is erased too. */
    forget: (firstDay: number) => forget.run(firstDay),
  };
}
export type DeadLetterStore = ReturnType<typeof deadLetterStore>;

/** The port over the store. */
export function deadLetters(
  db: Db,
  letters: DeadLetterStore,
  lanes: LaneStore,
  now: () => Millis,
): DeadLetters {
  return {
    list: async () => letters.list(),
    retry: async (id) =>
      atomically(db, () => {
        const { result, room } = letters.retry(id, now());
        if (room !== null) lanes.refresh(room);
        return result;
      }),
    drop: async (id) => atomically(db, () => letters.drop(id)),
  };
}
