import type { AnnouncementId, ForeignId, MediaId, Millis, RoomName, SourceName } from "../model/ids.ts";
import type { AcceptBatch, Accepted, Arrival } from "../outbox/port.ts";
import type { AnnouncementStore, Payload } from "./announcements.ts";
import type { BlindStore } from "./blind.ts";
import type { CounterStore } from "./counters.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import type { DeliveryRow, DeliveryStore } from "./deliveries.ts";
import { type Edited, editAnnouncement } from "./edit.ts";
import type { LaneStore } from "./lanes.ts";
import type { MediaStore } from "./media.ts";
import type { Planning } from "./planning.ts";
import { type Queue, WHOLE } from "./queue.ts";
import type { SightingStore } from "./sightings.ts";
import { tellRecovery } from "./silence.ts";
import type { SourceStore } from "./sources.ts";
import { withdrawAnnouncement } from "./withdraw.ts";

export interface AcceptStores {
  readonly sources: SourceStore;
  readonly sightings: SightingStore;
  readonly announcements: AnnouncementStore;
  readonly media: MediaStore;
  readonly deliveries: DeliveryStore;
  readonly lanes: LaneStore;
  readonly counters: CounterStore;
  readonly letters: DeadLetterStore;
  readonly blind: BlindStore;
}

export interface AcceptEnvironment {
  readonly now: () => Millis;
  readonly newAnnouncement: () => AnnouncementId;
  /** The id for life of what a source's message becomes: the same whenever it is asked for. */
  readonly announcementOf: (source: SourceName, foreignId: ForeignId) => AnnouncementId;
  readonly newMedia: () => MediaId;
  readonly planning: Planning;
  /** Whether some of what a delivery brings stands in its room, though it was refused. */
  readonly stands: (row: DeliveryRow) => boolean;
  /** Erases what nobody needs any more of an announcement; called after an edit and a removal. */
  readonly erase: (id: AnnouncementId) => void;
}

type Content = Extract<Arrival, { type: "posted" | "edited" | "snapshot" }>;

/** The body of TX 1: decides what each arrival means and stores it. Runs inside one transaction. */
export function acceptBatch(stores: AcceptStores, env: AcceptEnvironment, batch: AcceptBatch): Accepted {
  const { sources, sightings, announcements, media, deliveries, lanes, counters } = stores;
  const touched = new Set<RoomName>();
  const posts = new Map<RoomName, number>();
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

  const queue: Queue = (id, revision, route, delivery) => {
    const dueAt = env.planning.due(route.room, route.mapping, route.urgent);
    deliveries.insert({ ...route, ...delivery, announcement: id, revision, acceptedAt: now, dueAt });
    touched.add(route.room);
    if (delivery.action === "post") posts.set(route.room, (posts.get(route.room) ?? 0) + 1);
  };
  const tools = {
    announcements,
    deliveries,
    media,
    planning: env.planning,
    stands: env.stands,
    now,
    queue,
    touched,
  };

  const post = (a: Content): AnnouncementId => {
    const id = env.announcementOf(source, a.foreignId);
    announcements.insertRow(id, a.postedAt, now);
    announcements.addRevision(id, 0, payloadOf(a, id, null), now);
    for (const route of a.routes) queue(id, 0, route, { action: "post", part: WHOLE });
    tally.posts++;
    return id;
  };

  const edit = (a: Content, id: AnnouncementId): void => {
    const edited: Edited = { clean: a.clean, routes: a.routes, payload: (was) => payloadOf(a, id, was) };
    if (!editAnnouncement(tools, id, edited)) return;
    env.erase(id);
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
    withdrawAnnouncement(tools, known.announcement);
    env.erase(known.announcement);
    tally.removals++;
  };

  for (const arrival of batch.arrivals) {
    if (arrival.type === "baseline") sources.setBaseline(source, arrival.channel, arrival.at);
    else if (arrival.type === "counted") ignore(arrival.code);
    else if (arrival.type === "removed") removed(arrival);
    else content(arrival);
  }
  const { readAt, behind = false } = batch;
  const told = tellRecovery({ ...stores, ...env, now }, source, { readAt, behind, posts });
  for (const room of told) touched.add(room);
  sources.move(source, batch.cursor, batch.readAt);
  for (const room of touched) lanes.refresh(room);
  return { ...tally, rooms: [...touched] };
}
