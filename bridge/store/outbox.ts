import type { Failpoints } from "../failpoint.ts";
import type { AnnouncementId, MediaId, Millis, RoomName, SourceName } from "../model/ids.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Delivery, DeliveryMedia, Outbox, Prepared } from "../outbox/port.ts";
import { type AcceptEnvironment, type AcceptStores, acceptBatch } from "./accept.ts";
import { atomically, type Db } from "./db.ts";
import { bringsContent } from "./dead-letters.ts";
import type { DeliveryRow } from "./deliveries.ts";
import { type Gather, groupCommit } from "./group.ts";
import { type MessageMap, target } from "./message-map.ts";
import type { Planning } from "./planning.ts";
import { tellSilence } from "./silence.ts";

/** The sealed rooms' logs, as TX 2 sees them: appends a record and says under which key it stands. */
export interface RecordAppender {
  append(
    room: RoomName,
    payload: unknown,
    announcement: AnnouncementId,
  ): { readonly key: string; readonly bytes: Uint8Array };
}

export interface OutboxOptions {
  readonly db: Db;
  readonly stores: AcceptStores;
  readonly map: MessageMap;
  readonly log: RecordAppender;
  readonly planning: Planning;
  readonly now: () => Millis;
  readonly newAnnouncement: () => AnnouncementId;
  readonly announcementOf: AcceptEnvironment["announcementOf"];
  readonly newMedia: () => MediaId;
  readonly failpoints: Failpoints;
  /** The wait before another try where none was named, by the tries so far, ms. */
  readonly pause: (tries: number) => Millis;
  /** Called after a commit with attachments whose spooled bytes nobody needs any more. */
  readonly spent: (media: readonly MediaId[]) => void;
  /** When TX 2 and TX 3 of several rooms are committed together; absent: each at once, by itself. */
  readonly gather?: Gather;
}

/** How long a message's readable id is kept for windows to ask for: well beyond the farthest reach. */
const READABLE_IDS = 60 * 86_400_000;

/** What the media stage needs of the outbox besides its own rows. */
export interface MediaResults {
  /** An attachment is spooled or given up: rooms that went without it get it (or its line) as a follow-up. */
  mediaSettled(media: MediaId, record: () => void): void;
}

/** What the watch over silent sources needs of the outbox. */
export interface Silences {
  /** A source was not heard for `unheard` ms: rooms that were not told yet get one note each. Answers these rooms. */
  silent(source: SourceName, unheard: Millis): Promise<readonly RoomName[]>;
}

/** The outbox on SQLite. */
export function sqliteOutbox(o: OutboxOptions): Outbox & MediaResults & Silences {
  const { db, stores, map, failpoints } = o;
  const { announcements, deliveries, media, lanes } = stores;

  /** Inside a transaction: erases what every room has. Returns attachments whose spooled bytes may go. */
  const erase = (id: AnnouncementId): readonly MediaId[] => {
    const rows = deliveries.statesOf(id);
    const open = rows.filter((r) => r.state === "queued" || r.state === "fixed");
    const lacking = deliveries.lacking(id);
    stores.letters.dropSuperseded(id);
    announcements.erasePayloads(id, new Set([...open, ...lacking].map((r) => r.revision)));
    if (open.length > 0 || lacking.length > 0) return [];
    if (announcements.get(id)?.removed === 1) media.abandon(id);
    const spent = media.readyOf(id);
    for (const m of spent) media.spent(m);
    return spent;
  };

  const together: ReturnType<typeof groupCommit> =
    o.gather === undefined ? async (work) => atomically(db, work) : groupCommit(db, o.gather);

  const within = <T>(work: (spent: MediaId[]) => T extends Promise<unknown> ? never : T): T => {
    const spent: MediaId[] = [];
    const result = atomically(db, () => work(spent));
    if (spent.length > 0) o.spent(spent);
    return result;
  };

  /** Queues the follow-up that brings (or gives up) an attachment which `row` went without. */
  const follow = (row: DeliveryRow, which: MediaId): void => {
    const alike = deliveries
      .ofAnnouncement(row.announcement)
      .filter((d) => d.room === row.room && target(d.part) === target(row.part));
    if (alike.some((d) => d.revision > row.revision && d.state !== "cancelled")) return;
    const part = `late.${which}`;
    const before = alike.filter(
      (d) => d.revision === row.revision && (d.part === part || d.part.startsWith(`${part}.`)),
    );
    // Another room's want, or another file's follow-up, asked for it before.
    if (before.some((d) => d.state === "queued" && d.id !== row.id)) return;
    deliveries.insert({
      room: row.room,
      announcement: row.announcement,
      // A follow-up that lost its spooled file went without it: the next is another, under a key of its own.
      part: before.length === 0 ? part : `${part}.${before.length}`,
      revision: row.revision,
      action: "late",
      mapping: row.mapping,
      urgent: false,
      pin: row.pin,
      acceptedAt: o.now(),
      dueAt: o.now(),
    });
    lanes.refresh(row.room);
  };

  const mediaOf = (ids: readonly MediaId[], clean: Delivery["clean"]): readonly DeliveryMedia[] =>
    ids.flatMap((id, index): DeliveryMedia[] => {
      const row = media.state(id);
      const shown = clean?.media[index];
      if (row === null || shown === undefined) return [];
      const state: DeliveryMedia["state"] =
        row.state === "ready" && row.spool !== null
          ? { kind: "ready", meta: row.spool.meta }
          : row.state === "failed"
            ? { kind: "failed", code: row.code ?? "unknown" }
            : row.state === "spent"
              ? { kind: "spent" }
              : { kind: "pending" };
      return [{ id, ordinal: shown.ordinal, kind: row.kind, name: shown.name, state }];
    });

  const openDelivery = (row: DeliveryRow): Delivery => {
    const payload = bringsContent(row) ? announcements.payload(row.announcement, row.revision) : null;
    const extra = deliveries.extraOf(row);
    const shown = o.planning.rules(row.mapping)?.edits !== "replace";
    const before = extra.was === undefined ? (payload?.was ?? null) : extra.was;
    const was = before?.text === payload?.clean.text.text ? null : before;
    return {
      id: row.id,
      room: row.room,
      announcement: row.announcement,
      part: row.part,
      revision: row.revision,
      action: row.action,
      mapping: row.mapping,
      urgent: row.urgent,
      pin: row.pin,
      acceptedAt: row.accepted_at,
      tries: row.tries,
      fixed: deliveries.fixedOf(row),
      postedAt: announcements.get(row.announcement)?.posted_at ?? row.accepted_at,
      clean: payload?.clean ?? null,
      was: shown ? was : null,
      line: extra.line ?? null,
      why: extra.why ?? null,
      replyTo: row.action === "reply" ? row.announcement : (payload?.replyTo ?? null),
      media: payload === null ? [] : mediaOf(payload.media, payload.clean),
    };
  };

  return {
    cursor: async (source) => stores.sources.cursor(source),

    async accept(batch) {
      failpoints("tx1.before");
      const result = within((spent) => {
        const env: AcceptEnvironment = { ...o, stands: map.stands, erase: (id) => spent.push(...erase(id)) };
        const accepted = acceptBatch(stores, env, batch);
        failpoints("tx1.inside");
        return accepted;
      });
      failpoints("tx1.after");
      return result;
    },

    missing: async (source, channel, from, to, ids) =>
      stores.sightings.missing(source, channel, from, to, ids),

    async claim(now, busy, served) {
      for (;;) {
        const found = lanes.next(now, busy, served);
        if ("next" in found) return found;
        const { room } = found;
        const head = lanes.head(room);
        const row = head === null ? null : deliveries.get(head);
        if (row === null) throw new Error("a lane without a head");
        // What was due before the silent hours and did not get out waits for their end, as what comes within them.
        const until =
          row.state === "fixed" || lanes.urgent(room) ? null : o.planning.silentUntil(room, row.mapping);
        if (until === null || until <= now) return openDelivery(row);
        atomically(db, () => {
          deliveries.due(row.id, until);
          lanes.refresh(room);
        });
      }
    },

    async fix(delivery, prepared: Prepared, lacking) {
      failpoints("tx2.before");
      const fixed = await together(() => {
        const row = deliveries.get(delivery.id);
        if (row === null || row.state === "cancelled" || row.revision !== delivery.revision) return null;
        const before = deliveries.fixedOf(row);
        if (before !== null) return before;
        const made =
          prepared.kind === "bytes"
            ? { key: `${row.id}`, bytes: prepared.bytes }
            : o.log.append(row.room, prepared.build(map.nextRevision(row)), row.announcement);
        map.fixed(row);
        // What became ready since it was prepared follows at once; the rest when it comes.
        const settled = lacking.filter((id) => {
          const state = media.state(id)?.state;
          return state !== "pending" && state !== "spent";
        });
        const awaited = lacking.filter((id) => !settled.includes(id));
        deliveries.fix(row.id, made.key, made.bytes, awaited);
        for (const id of settled) follow(row, id);
        for (const id of awaited) media.refetch(id, o.now());
        failpoints("tx2.inside");
        return made;
      });
      failpoints("tx2.after");
      return fixed;
    },

    async settle(delivery, outcome: Outcome) {
      failpoints("tx3.before");
      const spent: MediaId[] = [];
      await together(() => {
        const row = deliveries.get(delivery.id);
        if (row === null || (row.state !== "queued" && row.state !== "fixed")) return;
        // An edit brought it up to date meanwhile: what came of it as it was counts for nothing.
        if (row.revision !== delivery.revision) return;
        if (outcome.kind === "sent") {
          deliveries.finish(row.id, "sent");
          if (outcome.receipt !== null) map.receipt(row, outcome.receipt);
        } else if (outcome.kind === "refused") {
          stores.letters.bury(row, outcome.code, o.now());
          if (outcome.partly !== undefined) map.receipt(row, outcome.partly);
          deliveries.finish(row.id, "refused");
        } else {
          const soon = o.now() + o.pause(row.tries);
          if (outcome.kind === "retry" && outcome.anew === true) deliveries.unfix(row.id);
          deliveries.retry(row.id, outcome.kind === "retry" && outcome.at > o.now() ? outcome.at : soon);
        }
        if (outcome.kind === "sent" || outcome.kind === "refused") spent.push(...erase(row.announcement));
        lanes.refresh(row.room);
        failpoints("tx3.inside");
      });
      if (spent.length > 0) o.spent(spent);
      failpoints("tx3.after");
    },

    async forget(now) {
      atomically(db, () => {
        announcements.forgetDays(now);
        stores.letters.forget(announcements.firstDay(now));
        stores.sightings.eraseIds(now - READABLE_IDS);
      });
      db.pragma("wal_checkpoint(TRUNCATE)");
    },

    silent: async (source, unheard) =>
      atomically(db, () => {
        const rooms = tellSilence({ ...stores, ...o, now: o.now() }, source, unheard);
        for (const room of rooms) lanes.refresh(room);
        return [...rooms];
      }),

    async mediaLost(id) {
      atomically(db, () => {
        media.lost(id, o.now());
      });
    },

    mediaSettled(id, record) {
      within((spent) => {
        record();
        const announcement = media.announcementOf(id);
        if (announcement === null) return;
        for (const row of deliveries.lacking(announcement)) {
          if (!row.media.includes(id)) continue;
          follow(row, id);
          deliveries.setLacking(
            row.id,
            row.media.filter((m) => m !== id),
          );
        }
        spent.push(...erase(announcement));
      });
    },
  };
}
