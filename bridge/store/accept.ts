import type { AnnouncementId, MappingName, MediaId, Millis, RoomName, SourceName } from "../model/ids.ts";
import type { EditRule, RemovalRule } from "../model/mapping.ts";
import type { AcceptBatch, Accepted, Arrival, Route } from "../outbox/port.ts";
import { changeLine, significant } from "../pipeline/changes.ts";
import { struck as strike } from "../pipeline/clean.ts";
import type { AnnouncementStore, Payload } from "./announcements.ts";
import type { CounterStore } from "./counters.ts";
import type { DeliveryRow, DeliveryStore } from "./deliveries.ts";
import type { LaneStore } from "./lanes.ts";
import type { MediaStore } from "./media.ts";
import type { SightingStore } from "./sightings.ts";
import type { SourceStore } from "./sources.ts";

/** What the configuration says that TX 1 needs; null for a mapping that is no longer configured. */
export interface Planning {
  rules(mapping: MappingName): { readonly edits: EditRule; readonly removals: RemovalRule } | null;
  /** When a delivery accepted now is due in a room (slots, jitter, silent hours). */
  due(room: RoomName, mapping: MappingName, urgent: boolean): Millis;
  /** Language of the lines that Postern itself writes in a room. */
  lang(room: RoomName): "ru" | "en";
}

export interface AcceptStores {
  readonly sources: SourceStore;
  readonly sightings: SightingStore;
  readonly announcements: AnnouncementStore;
  readonly media: MediaStore;
  readonly deliveries: DeliveryStore;
  readonly lanes: LaneStore;
  readonly counters: CounterStore;
}

export interface AcceptEnvironment {
  readonly now: () => Millis;
  readonly newAnnouncement: () => AnnouncementId;
  readonly newMedia: () => MediaId;
  readonly planning: Planning;
  /** Erases what nobody needs any more of an announcement; called after a removal. */
  readonly erase: (id: AnnouncementId) => void;
}

type Content = Extract<Arrival, { type: "posted" | "edited" | "snapshot" }>;
const DEFAULT_RULES = { edits: "announce", removals: "remove" } as const;

/** The part of an announcement that destinations which take it whole send. */
const WHOLE = "whole";

/** The body of TX 1: decides what each arrival means and stores it. Runs inside one transaction. */
export function acceptBatch(stores: AcceptStores, env: AcceptEnvironment, batch: AcceptBatch): Accepted {
  const { sources, sightings, announcements, media, deliveries, lanes, counters } = stores;
  const touched = new Set<RoomName>();
  const tally = { posts: 0, edits: 0, removals: 0, ignored: 0 };
  const now = env.now();
  const source: SourceName = batch.source;

  const ignore = (code: string): void => {
    tally.ignored++;
    counters.add(code);
  };

  const payloadOf = (a: Content, id: AnnouncementId, was: Payload["was"]): Payload => ({
    clean: a.clean,
    postedAt: a.postedAt,
    replyTo: a.replyTo === null ? null : (sightings.find(source, a.replyTo)?.announcement ?? null),
    media: a.media.map((m) => media.note(env.newMedia, id, source, m, now)),
    was,
  });

  const queue = (
    id: AnnouncementId,
    revision: number,
    route: Route,
    delivery: { action: "post" | "edit" | "strike" | "reply" | "remove"; part: string; line?: string },
  ): void => {
    const inserted = deliveries.insert({
      ...route,
      ...delivery,
      announcement: id,
      revision,
      acceptedAt: now,
      dueAt: env.planning.due(route.room, route.mapping, route.urgent),
    });
    if (inserted && route.urgent) deliveries.hurry(route.room, now);
    touched.add(route.room);
  };

  const post = (a: Content): AnnouncementId => {
    const id = env.newAnnouncement();
    announcements.insertRow(id, a.postedAt, now);
    announcements.addRevision(id, 0, payloadOf(a, id, null), now);
    for (const route of a.routes) queue(id, 0, route, { action: "post", part: WHOLE });
    tally.posts++;
    return id;
  };

  const edit = (a: Content, id: AnnouncementId): void => {
    const state = announcements.get(id);
    if (state === undefined || state.removed === 1) return;
    const revision = state.revision + 1;
    const before = announcements.archived(id, state.revision) ?? announcements.payload(id, state.revision);
    const was = before === null || before.clean.text.text === a.clean.text.text ? null : before.clean.text;
    announcements.addRevision(id, revision, payloadOf(a, id, was), now);
    const have = roomsOf(deliveries.ofAnnouncement(id));
    const change = before === null ? null : significant(before.clean.text, a.clean.text);
    for (const [room, original] of have) {
      const route = a.routes.find((r) => r.room === room) ?? { ...original, urgent: false };
      queue(id, revision, route, { action: "edit", part: WHOLE });
      const rule = (env.planning.rules(route.mapping) ?? DEFAULT_RULES).edits;
      if (rule !== "announce" || before === null || change !== true) continue;
      const line = changeLine(before.clean.text, a.clean.text, env.planning.lang(room));
      queue(id, revision, route, { action: "reply", part: `change.${revision}`, line });
    }
    for (const route of a.routes)
      if (!have.has(route.room)) queue(id, revision, route, { action: "post", part: WHOLE });
    tally.edits++;
  };

  const content = (a: Content): void => {
    const known = sightings.find(source, a.foreignId);
    const contentHash = sightings.contentHash(a.fingerprint);
    if (known === null) {
      const baseline = sources.baseline(source, a.channel);
      if (baseline !== null && a.postedAt < baseline) return ignore("older_than_baseline");
      if (a.routes.length === 0) counters.add("no_mapping");
      const announcement = a.routes.length === 0 ? null : post(a);
      sightings.insert(source, { ...a, announcement, contentHash });
      return;
    }
    if (known.removed) return ignore("already_removed");
    if (a.type === "posted") return ignore("seen_before");
    if (a.at < known.asOf) return ignore("out_of_date");
    let announcement = known.announcement;
    if (Buffer.from(known.contentHash).equals(contentHash)) tally.ignored++;
    else if (announcement !== null) edit(a, announcement);
    else if (a.routes.length > 0) announcement = post(a);
    sightings.update(source, a.foreignId, { at: a.at, contentHash, announcement });
  };

  const removed = (a: Extract<Arrival, { type: "removed" }>): void => {
    const known = sightings.find(source, a.foreignId);
    if (known === null) return ignore("removal_of_unknown");
    if (known.removed) return ignore("already_removed");
    sightings.remove(source, a.foreignId);
    if (known.announcement === null) return;
    withdraw(known.announcement);
    tally.removals++;
  };

  const withdraw = (id: AnnouncementId): void => {
    const state = announcements.get(id);
    if (state === undefined) return;
    const revision = state.revision + 1;
    const rows = deliveries.ofAnnouncement(id);
    const last = announcements.archived(id, state.revision) ?? announcements.payload(id, state.revision);
    let kept = false;
    let struck = false;
    for (const [room, original] of roomsOf(rows)) {
      const own = rows.filter((row) => row.room === room);
      for (const row of own) if (row.state === "queued") deliveries.finish(row.id, "cancelled");
      touched.add(room);
      const out = own.filter((row) => row.state === "fixed" || row.state === "sent");
      if (out.length === 0) continue;
      const rule = (env.planning.rules(original.mapping) ?? DEFAULT_RULES).removals;
      const route = { ...original, urgent: false };
      kept ||= rule !== "remove";
      if (rule === "strike" && last !== null) {
        if (!struck)
          announcements.addRevision(id, revision, { ...last, clean: strike(last.clean), was: null }, now);
        struck = true;
        queue(id, revision, route, { action: "strike", part: WHOLE });
      } else if (rule === "strike") {
        const line = REMOVED_LINE[env.planning.lang(room)];
        queue(id, revision, route, { action: "reply", part: `removed.${revision}`, line });
      } else if (rule === "remove") {
        for (const part of new Set(out.filter((row) => row.action !== "late").map((row) => row.part)))
          queue(id, revision, route, { action: "remove", part });
      }
    }
    announcements.remove(id, revision, kept);
    env.erase(id);
  };

  for (const arrival of batch.arrivals) {
    if (arrival.type === "baseline") sources.setBaseline(source, arrival.channel, arrival.at);
    else if (arrival.type === "counted") ignore(arrival.code);
    else if (arrival.type === "removed") removed(arrival);
    else content(arrival);
  }
  sources.move(source, batch.cursor, batch.readAt);
  for (const room of touched) lanes.refresh(room);
  return { ...tally, rooms: [...touched] };
}

const REMOVED_LINE = {
  ru: "Это объявление удалено в исходном канале.",
  en: "This announcement was removed from the original channel.",
} as const;

/** The rooms an announcement went to, with the route of its first delivery there. */
function roomsOf(rows: readonly DeliveryRow[]): ReadonlyMap<RoomName, Route> {
  const rooms = new Map<RoomName, Route>();
  for (const row of rows) {
    if (row.state === "cancelled" || rooms.has(row.room)) continue;
    rooms.set(row.room, { room: row.room, mapping: row.mapping, urgent: row.urgent, pin: row.pin });
  }
  return rooms;
}
