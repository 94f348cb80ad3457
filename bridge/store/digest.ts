import type { AnnouncementId, Millis, RoomName } from "../model/ids.ts";
import { digestLine } from "../pipeline/digest-lines.ts";
import type { AnnouncementStore } from "./announcements.ts";
import { atomically, type Db } from "./db.ts";
import type { DeliveryStore } from "./deliveries.ts";
import type { LaneStore } from "./lanes.ts";
import type { MediaStore } from "./media.ts";
import type { NewcomerStore } from "./newcomers.ts";
import type { Planning } from "./planning.ts";

export interface DigestOptions {
  readonly db: Db;
  readonly stores: {
    readonly announcements: AnnouncementStore;
    readonly deliveries: DeliveryStore;
    readonly lanes: LaneStore;
    readonly media: MediaStore;
    readonly newcomers: NewcomerStore;
  };
  readonly planning: Planning;
  readonly now: () => Millis;
  readonly newAnnouncement: () => AnnouncementId;
  readonly rooms: () => Iterable<RoomName>;
}

/** What a messenger that cannot show newcomers what was said before needs of the core. */
export interface Digests {
  /** Somebody came into a room: what it was given before is repeated when it is time. */
  joined(room: RoomName): void;
  /** The room makes way for another, which nobody came into yet: who came into the old one is not waited for. */
  replaced(room: RoomName): void;
  /** Whether there is anything that would be repeated for those who come now. */
  offers(room: RoomName): boolean;
  /** Queues the digests that are due. Answers their rooms. */
  queue(): readonly RoomName[];
}

/** A digest waits until nobody has come for so long, and no longer than an hour for the first of them, ms. */
const QUIET = 10 * 60_000;
const LONGEST_WAIT = 3_600_000;
/** Those who are there already are not to be tired: one digest a day at most, and no more than so many posts. */
const DAY = 86_400_000;
const MOST = 100;

/**
 * Digests for those who come later. Each announcement is repeated by a delivery of its own, `digest`, so that edits and
 * removals find the repetition as they find the announcement. What was struck out, removed or is older than the room's
 * `history` is not repeated; nor is what the newcomers could read by themselves.
 */
export function createDigests(o: DigestOptions): Digests {
  const { announcements, deliveries, lanes, media, newcomers } = o.stores;

  const dueAt = (room: RoomName): Millis | null => {
    const row = newcomers.of(room);
    if (row === null || row.first === null || row.last === null) return null;
    const rested = Math.min(row.last + QUIET, row.first + LONGEST_WAIT);
    return row.told === null ? rested : Math.max(rested, row.told + DAY);
  };

  const repeatable = (room: RoomName, upTo: number, now: Millis) => {
    const history = o.planning.history(room);
    if (history <= 0) return [];
    // By days, as the archive is kept.
    const since = (Math.floor(now / DAY) - history) * DAY;
    return deliveries.repeatable(room, upTo, since).flatMap(({ announcement, mapping }) => {
      const revision = announcements.get(announcement)?.revision ?? 0;
      const payload = announcements.archived(announcement, revision);
      return payload === null ? [] : [{ announcement, mapping, revision, payload }];
    });
  };

  const tell = (room: RoomName, now: Millis): boolean => {
    const upTo = newcomers.of(room)?.upTo ?? 0;
    newcomers.told(room, now);
    const history = o.planning.history(room);
    const items = repeatable(room, upTo, now).slice(-MOST);
    const [first] = items;
    if (first === undefined) return false;
    const base = {
      room,
      urgent: false,
      pin: false,
      acceptedAt: now,
      dueAt: o.planning.due(room, first.mapping, false),
    };
    const header = o.newAnnouncement();
    announcements.insertRow(header, now, now);
    const line = digestLine(items.length, history, o.planning.lang(room));
    deliveries.insert({
      ...base,
      mapping: first.mapping,
      announcement: header,
      part: "note",
      revision: 0,
      action: "note",
      line,
    });
    for (const { announcement, mapping, revision, payload } of items) {
      announcements.restore(announcement, revision, payload);
      // Another room in its place may be told again on the same day.
      const part = `digest.${now}`;
      deliveries.insert({ ...base, mapping, announcement, part, revision, action: "digest" });
      // Videos are not fetched once more for those who may not even want them.
      for (const id of payload.media) if (media.state(id)?.kind !== "video") media.refetch(id, now);
    }
    lanes.refresh(room);
    return true;
  };

  /** The newest delivery that the room had. */
  const newest = (room: RoomName): number => {
    const head = lanes.head(room);
    return head === null ? deliveries.newest() : head - 1;
  };

  return {
    joined: (room) => void newcomers.came(room, o.now(), newest(room)),
    replaced: (room) => void newcomers.drop(room),
    offers: (room) => repeatable(room, newest(room), o.now()).length > 0,
    queue() {
      const now = o.now();
      const due = [...o.rooms()].filter((room) => (dueAt(room) ?? Number.POSITIVE_INFINITY) <= now);
      return due.length === 0 ? [] : atomically(o.db, () => due.filter((room) => tell(room, now)));
    },
  };
}
