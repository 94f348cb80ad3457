import type { Failpoints } from "./failpoint.ts";
import type { Clock } from "./model/effects.ts";
import type { MappingName, Millis, SourceName } from "./model/ids.ts";
import type { Mapping } from "./model/mapping.ts";
import type { RawMedia, RawPost } from "./model/post.ts";
import type { Source, SourceEvent, SourceSignal } from "./model/source.ts";
import type { Accepted, Arrival, ArrivingMedia, Outbox, Route } from "./outbox/port.ts";
import { scrub } from "./pipeline/clean.ts";
import { route } from "./pipeline/policy.ts";
import { isFull, type Space } from "./space.ts";

/** More than this many posts and this share of a window gone at once is no removal but a question to the rep. */
const VANISHED_COUNT = 5;
const VANISHED_SHARE = 0.1;

export type IntakeReport =
  | {
      readonly kind: "accepted";
      readonly source: SourceName;
      readonly accepted: Accepted;
      readonly readAt: Millis;
    }
  | { readonly kind: "trouble" | "stopped"; readonly source: SourceName; readonly code: string }
  | { readonly kind: "denied"; readonly source: SourceName }
  | { readonly kind: "vanished"; readonly source: SourceName; readonly count: number };

export interface IntakeOptions {
  readonly source: Source;
  readonly outbox: Outbox;
  readonly mappings: readonly Mapping[];
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  readonly space: Space;
  readonly lang: (mapping: MappingName) => "ru" | "en";
  readonly report: (report: IntakeReport) => void;
}

/** First and longest pause after a source broke, ms. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5 * 60_000;

/**
 * Reads one source: decode → scrub → policy → TX 1. Nothing of a batch is stored but in its transaction, and the
 * next batch is asked for only after it. A source that throws, which its port forbids, is begun anew from its cursor
 * after a growing pause, so that it holds up no other; what the store throws ends the reading. Without room on the
 * disk nothing is read: the cursor stays, and the source is begun anew from it when there is room.
 */
export async function runIntake(o: IntakeOptions, signal: AbortSignal): Promise<void> {
  const { source, outbox } = o;
  const own = o.mappings.filter((m) => m.source === source.name);
  for (let tries = 0; !signal.aborted; tries++) {
    await o.space.wait(signal);
    if (signal.aborted) return;
    const cursor = await outbox.cursor(source.name);
    let refused: { readonly error: unknown } | null = null;
    let full = false;
    try {
      for await (const said of source.events(cursor, signal)) {
        // What comes after the end is not taken: the cursor has not moved, so it comes again.
        if (signal.aborted) return;
        if (said.kind === "batch") {
          full = !o.space.hasRoom();
          if (full) break;
          try {
            await accept(o, own, said, signal);
          } catch (error) {
            full = isFull(error);
            if (full) o.space.foundFull();
            else refused = { error };
            break;
          }
          tries = 0;
        } else if (said.kind === "denied") o.report({ kind: "denied", source: source.name });
        else o.report({ kind: said.kind, source: source.name, code: said.code });
        if (signal.aborted) return;
      }
      if (refused === null && !full) return;
    } catch {
      // The source's own error may carry texts and tokens: only that there was one is told.
    }
    if (refused !== null) throw refused.error;
    if (full) continue;
    o.report({ kind: "trouble", source: source.name, code: "internal" });
    await o.clock.sleep(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 20)), signal);
  }
}

async function accept(
  o: IntakeOptions,
  mappings: readonly Mapping[],
  batch: Extract<SourceSignal, { kind: "batch" }>,
  signal: AbortSignal,
): Promise<void> {
  const arrivals: Arrival[] = [];
  for (const event of batch.events) {
    if (event.type === "window") arrivals.push(...(await vanished(o, event, signal)));
    else arrivals.push(...arrivalsOf(o, mappings, event));
  }
  const accepted = await o.outbox.accept({
    source: o.source.name,
    cursor: batch.cursor,
    readAt: batch.readAt,
    behind: batch.behind === true,
    arrivals,
  });
  o.report({ kind: "accepted", source: o.source.name, accepted, readAt: batch.readAt });
}

/** Posts that a completely read window lacks and that the source confirms gone. */
async function vanished(
  o: IntakeOptions,
  window: Extract<SourceEvent, { type: "window" }>,
  signal: AbortSignal,
): Promise<readonly Arrival[]> {
  const { channel, from, to, ids } = window;
  const { missing, known } = await o.outbox.missing(o.source.name, channel, from, to, ids);
  if (missing.length > VANISHED_COUNT && missing.length > known * VANISHED_SHARE) {
    o.report({ kind: "vanished", source: o.source.name, count: missing.length });
    return [];
  }
  const gone: Arrival[] = [];
  for (const { foreignId } of missing) {
    const presence = await o.source.gone(channel, foreignId, signal).catch(() => "unknown");
    if (presence === "gone") gone.push({ type: "removed", channel, foreignId, at: to });
  }
  return gone;
}

function arrivalsOf(
  o: IntakeOptions,
  mappings: readonly Mapping[],
  event: Exclude<SourceEvent, { type: "window" }>,
): readonly Arrival[] {
  if (event.type === "baseline" || event.type === "removed") return [event];
  if (event.type === "skipped") return [{ type: "counted", code: event.code }];
  const { post } = event;
  const { plans, undecided } = route(mappings, post);
  const [first, ...others] = mappings.filter((m) => m.channel === post.channel);
  const scrubbed = scrub(post, {
    lang: first === undefined ? "ru" : o.lang(first.name),
    timezone: first?.timezone ?? "Europe/Moscow",
  });
  const routes = plans.map(
    (p): Route => ({ room: p.room, mapping: p.mapping.name, urgent: p.urgent, pin: p.pin }),
  );
  // An edit that no mapping wants any more still goes to the rooms that have its post, with its files.
  const wanting =
    plans.length > 0 ? plans.map((p) => p.mapping) : first === undefined ? [] : [first, ...others];
  const media = scrubbed.media.map((m): ArrivingMedia => {
    const limits = wanting.map((w) => (w.attachments.includes(m.kind) ? w.largestFile : 0));
    return { ...m, limit: Math.max(0, ...limits) };
  });
  const arrival: Arrival = {
    type: event.type,
    channel: post.channel,
    foreignId: post.foreignId,
    postedAt: post.postedAt,
    at: event.at,
    fingerprint: fingerprint(post),
    clean: scrubbed.clean,
    media,
    replyTo: post.replyTo ?? null,
    routes,
  };
  return undecided ? [arrival, { type: "counted", code: "pattern_too_slow" }] : [arrival];
}

/** The raw content in a canonical form: equal exactly when nothing that is mirrored was edited. */
function fingerprint(post: RawPost): string {
  const content = (c: Pick<RawPost, "body" | "attachments">) => [
    c.body.text,
    c.body.marks.map((m) => [m.kind, m.start, m.end, m.url ?? null]),
    c.attachments.map((a) => (a.type === "media" ? mediaIdentity(a) : a)),
  ];
  return JSON.stringify([
    content(post),
    post.forward === undefined ? null : content(post.forward),
    post.replyTo ?? null,
  ]);
}

const mediaIdentity = (m: RawMedia) => ["media", m.kind, m.identity];
