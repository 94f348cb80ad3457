import type { AnnouncementId, Millis, RoomName, SourceName } from "../model/ids.ts";
import type { NoteReason } from "../outbox/port.ts";
import { backLine, silentLine } from "../pipeline/silence-lines.ts";
import type { AnnouncementStore } from "./announcements.ts";
import type { BlindStore } from "./blind.ts";
import type { DeliveryStore } from "./deliveries.ts";
import type { Planning, SilenceRule } from "./planning.ts";
import type { SourceStore } from "./sources.ts";

/** What the notes of a silence are written with, inside a transaction. */
export interface SilenceTools {
  readonly sources: SourceStore;
  readonly announcements: AnnouncementStore;
  readonly deliveries: DeliveryStore;
  readonly blind: BlindStore;
  readonly planning: Planning;
  readonly newAnnouncement: () => AnnouncementId;
  readonly now: Millis;
}

/** Queues a note. It has an id of its own, since it belongs to no announcement of a source. */
function note(t: SilenceTools, rule: SilenceRule, why: NoteReason, line: string): void {
  const announcement = t.newAnnouncement();
  t.announcements.insertRow(announcement, t.now, t.now);
  t.deliveries.insert({
    room: rule.room,
    mapping: rule.mapping,
    announcement,
    part: "note",
    revision: 0,
    action: "note",
    urgent: false,
    pin: false,
    acceptedAt: t.now,
    dueAt: t.planning.due(rule.room, rule.mapping, false),
    line,
    why,
  });
}

/**
 * A source was not heard for `unheard` ms: each room that waits no longer than that, and was not told yet, gets one
 * note. Answers these rooms. A source that was never read has given nobody anything, so nobody is told.
 */
export function tellSilence(t: SilenceTools, source: SourceName, unheard: Millis): readonly RoomName[] {
  const since = t.sources.readAt(source);
  if (since === null) return [];
  const told = t.blind.of(source);
  const due = t.planning.silence(source).filter((rule) => rule.after <= unheard && !told.has(rule.room));
  for (const rule of due) {
    t.blind.put(source, { room: rule.room, since, until: null, caught: 0 });
    note(t, rule, "silent", silentLine(since, rule.zone, t.planning.lang(rule.room)));
  }
  return due.map((rule) => rule.room);
}

export interface Heard {
  readonly readAt: Millis;
  /** More of what was missed follows. */
  readonly behind: boolean;
  /** New posts of this batch for each room. */
  readonly posts: ReadonlyMap<RoomName, number>;
}

/**
 * A batch of a source is accepted, its cursor not moved yet: rooms that were told of its silence, or that would have
 * been had the bridge run, get one note when all that was missed is read. Answers the rooms that got one.
 */
export function tellRecovery(t: SilenceTools, source: SourceName, heard: Heard): readonly RoomName[] {
  const before = t.sources.readAt(source);
  // The first contact ends no silence.
  if (before === null) return [];
  const rows = t.blind.of(source);
  const rules = t.planning.silence(source);
  const told: RoomName[] = [];
  for (const rule of rules) {
    const row =
      rows.get(rule.room) ??
      (heard.readAt - before > rule.after
        ? { room: rule.room, since: before, until: null, caught: 0 }
        : null);
    // A batch that tells no newer time (a source notes down when it may ask again) ends nothing.
    if (row === null || (row.until === null && heard.readAt <= row.since)) continue;
    const until = row.until ?? heard.readAt;
    const caught = row.caught + (heard.posts.get(rule.room) ?? 0);
    if (heard.behind) t.blind.put(source, { ...row, until, caught });
    else {
      t.blind.end(source, rule.room);
      note(t, rule, "back", backLine(row.since, until, caught, rule.zone, t.planning.lang(rule.room)));
      told.push(rule.room);
    }
  }
  // Rooms that nobody tells of silences any more.
  for (const room of rows.keys()) if (!rules.some((rule) => rule.room === room)) t.blind.end(source, room);
  return told;
}
