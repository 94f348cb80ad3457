import type { AnnouncementId } from "../model/ids.ts";
import type { Route } from "../outbox/port.ts";
import { struck } from "../pipeline/clean.ts";
import { removedLine } from "../pipeline/removed-line.ts";
import type { DeliveryRow } from "./deliveries.ts";
import { byRoom, DEFAULT_RULES, isOut, type QueueTools, WHOLE } from "./queue.ts";

/**
 * What a removal means for each room, inside TX 1: what still waits is cancelled, and what a room has is taken back
 * with all that was said about it, struck through, or kept, as its mapping says. Where it is too late for taking it back
 * it is struck through, as long as its text is still kept.
 */
export function withdrawAnnouncement(t: QueueTools, id: AnnouncementId): void {
  const { announcements, deliveries, planning } = t;
  const state = announcements.get(id);
  if (state === undefined || state.removed === 1) return;
  const revision = state.revision + 1;
  const last = announcements.archived(id, state.revision) ?? announcements.payload(id, state.revision);
  const takeBack = (route: Route, rows: readonly DeliveryRow[]): void => {
    const own = rows.filter((row) => row.action !== "late" && row.action !== "digest");
    for (const part of new Set(own.map((row) => row.part)))
      t.queue(id, revision, route, { action: "remove", part });
  };
  let kept = false;
  let strikes = false;
  for (const [room, { route: original, rows }] of byRoom(deliveries.ofAnnouncement(id))) {
    t.touched.add(room);
    for (const row of rows) if (row.state === "queued") deliveries.finish(row.id, "cancelled");
    const out = rows.filter((row) => isOut(t, row));
    const rule = (planning.rules(original.mapping) ?? DEFAULT_RULES).removals;
    // Files that were to follow do so only where the announcement stays as it is.
    if (rule !== "keep") for (const row of out) if (row.lacking !== null) deliveries.setLacking(row.id, []);
    if (out.length === 0) continue;
    const route = { ...original, urgent: false };
    if (rule === "keep") {
      kept = true;
      continue;
    }
    const given = Math.min(...out.map((row) => Math.max(row.accepted_at, row.due_at, row.retry_at)));
    const late = t.now - given > planning.takesBack(room);
    // What a room was refused the rest of is taken away: struck through it would bring what it never had.
    const whole = out.some((row) => row.part === WHOLE && (row.state === "fixed" || row.state === "sent"));
    if (!whole || (rule === "remove" && (!late || last === null))) takeBack(route, out);
    else if (last !== null) {
      kept ||= rule === "strike";
      strikes = true;
      t.queue(id, revision, route, { action: "strike", part: WHOLE });
      const others = out.filter((row) => row.part !== WHOLE);
      if (rule === "remove") takeBack(route, others);
    } else {
      const line = removedLine(planning.lang(room));
      t.queue(id, revision, route, { action: "reply", part: `removed.${revision}`, line });
    }
  }
  if (strikes && last !== null)
    announcements.addRevision(id, revision, { ...last, clean: struck(last.clean), was: null }, t.now);
  announcements.remove(id, revision, kept);
}
