import type { AnnouncementId } from "../model/ids.ts";
import type { RichText } from "../model/rich-text.ts";
import type { Route } from "../outbox/port.ts";
import { changeLine, significant, unknownChangeLine } from "../pipeline/changes.ts";
import type { CleanAnnouncement } from "../pipeline/clean.ts";
import type { Payload } from "./announcements.ts";
import type { DeliveryRow } from "./deliveries.ts";
import { byRoom, DEFAULT_RULES, isOut, type QueueTools, WHOLE } from "./queue.ts";

export interface Edited {
  readonly clean: CleanAnnouncement;
  readonly routes: readonly Route[];
  /** The payload of the new revision. */
  readonly payload: (was: RichText | null) => Payload;
}

/**
 * What an edit means for each room, inside TX 1. False: the announcement is gone, so nothing is done.
 *
 * - A room that has the announcement gets the edit, also when no mapping wants it any more: nobody is left with a text
 *   that was taken back.
 * - What still waits is brought up to date in its place. Nobody saw what was before, so nothing is said of it; what no
 *   mapping wants any more is not sent at all.
 * - A room that a mapping wants it in only now gets it as a post.
 */
export function editAnnouncement(t: QueueTools, id: AnnouncementId, a: Edited): boolean {
  const { announcements, deliveries, media, planning } = t;
  const state = announcements.get(id);
  if (state === undefined || state.removed === 1) return false;
  const revision = state.revision + 1;
  const before = announcements.archived(id, state.revision) ?? announcements.payload(id, state.revision);
  const payload = a.payload(before?.clean.text ?? null);
  announcements.addRevision(id, revision, payload, t.now);
  const told = state.facts_hash;
  const factsChanged = told === null || !told.equals(announcements.factsHash(a.clean.text));

  /** What the readers of a room have before them; null: nobody knows any more. */
  const shownText = (waiting: DeliveryRow | undefined): RichText | null => {
    if (waiting === undefined) return before?.clean.text ?? null;
    // Of what it was refused the rest of, and gets again, it has some.
    if (waiting.action === "post") return announcements.payload(id, waiting.revision)?.clean.text ?? null;
    const { was } = deliveries.extraOf(waiting);
    return was === undefined ? (announcements.payload(id, waiting.revision)?.was ?? null) : was;
  };

  /** The line of a short reply, where the mapping asks for one. */
  const lineFor = (route: Route, shown: RichText | null, wasTold: boolean): string | null => {
    const { edits } = planning.rules(route.mapping) ?? DEFAULT_RULES;
    const lang = planning.lang(route.room);
    if (edits === "replace") return null;
    if (shown === null) return factsChanged || wasTold ? unknownChangeLine(lang) : null;
    return edits === "announce" && significant(shown, a.clean.text)
      ? changeLine(shown, a.clean.text, lang)
      : null;
  };

  const rooms = byRoom(deliveries.ofAnnouncement(id));
  for (const [room, { route: original, rows }] of rooms) {
    t.touched.add(room);
    const wanted = a.routes.find((r) => r.room === room);
    const out = rows.some((row) => isOut(t, row));
    const queued = rows.filter((row) => row.state === "queued");
    if (wanted === undefined && !out) {
      for (const row of queued) deliveries.finish(row.id, "cancelled");
      continue;
    }
    const route = wanted ?? { ...original, urgent: false };
    const waiting = queued.findLast((row) => row.part === WHOLE);
    const shown = out ? shownText(waiting) : null;
    let wasTold = false;
    if (waiting === undefined) t.queue(id, revision, route, { action: "edit", part: WHOLE });
    else {
      deliveries.revise(waiting.id, revision, { ...route, urgent: route.urgent || waiting.urgent }, shown);
      for (const row of queued) {
        if (row.action !== "reply" || row.id < waiting.id) continue;
        deliveries.finish(row.id, "cancelled");
        wasTold = true;
      }
    }
    const line = out ? lineFor(route, shown, wasTold) : null;
    if (line !== null) t.queue(id, revision, route, { action: "reply", part: `change.${revision}`, line });
  }
  for (const route of a.routes) {
    if (rooms.has(route.room)) continue;
    t.queue(id, revision, route, { action: "post", part: WHOLE });
    for (const m of payload.media) media.refetch(m, t.now);
  }
  return true;
}
