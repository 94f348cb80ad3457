import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { ChannelId, Cursor, Millis } from "../../bridge/model/ids.ts";
import type { SourceEvent, SourceSignal, SourceTrouble } from "../../bridge/model/source.ts";
import type { Answer, Client } from "./client.ts";
import { decode, encode, gap, type Place, start } from "./cursor.ts";
import { createHeld } from "./held.ts";
import { type ChannelPlan, firstContact, type History, reconcile } from "./history.ts";
import { createLooks } from "./looks.ts";
import { type Decoded, decodeUpdate } from "./updates.ts";
import { Updates } from "./wire.ts";

export interface PollOptions {
  readonly client: Client;
  readonly channels: readonly ChannelPlan[];
  /** How far back histories are read, ms. */
  readonly reach: number;
  readonly clock: Clock;
  readonly random: Random;
}

type Read = Extract<History, { kind: "read" }>;

/** How long MAX may hold an empty answer, seconds (its own cap). */
const HOLD = 30;
/** Updates in one answer: when it is full, more wait. */
const LIMIT = 100;
const DEADLINE = (HOLD + 20) * 1000;
/** MAX allows two polls a second. */
const SPACING = 550;
/** MAX keeps updates for 24 h; past this the backlog counts as expired. */
const BACKLOG = 20 * 3_600_000;
/** Histories are looked at anew this often, should an update have been lost without a sign. */
const EVERY = 3_600_000;
/** A marker that jumps is no proof of a loss: looks for that reason alone are this far apart. */
const JUMPS = 60_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** A pause that MAX asked for is stored, to be kept over a restart, if it is longer than this. */
const REMEMBERED = 2_000;
const DAY = 24 * 3_600_000;
const SLICE = 100;
/** MAX's Date header tells whole seconds. */
const SECOND = 999;

/**
 * Follows MAX by long polling. Updates are asked for first and held back until the histories before them were
 * read; a marker moves only with the batch that it follows.
 */
export async function* poll(
  o: PollOptions,
  cursor: Cursor | null,
  signal: AbortSignal,
): AsyncIterable<SourceSignal> {
  const { client, clock } = o;
  const ids = new Set(o.channels.map((c) => c.channel));
  const kept = cursor === null ? start : decode(cursor);
  let place: Place = kept ?? start;
  let tries = 0;
  let openAt: Millis = Math.min(place.closed, clock.now() + DAY);
  let lookedAt = clock.now();
  let jumpedAt: Millis = Number.NEGATIVE_INFINITY;
  const looks = createLooks(o.channels, () => clock.now());
  const held = createHeld();

  /** When to try again after the `n`th failure: as MAX says after a 429, else after growing pauses. */
  const pause = (n: number, code: SourceTrouble, retryAfter: number): Millis => {
    if (code === "rate_limited" && retryAfter > 0) return clock.now() + retryAfter;
    const step = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (n - 1)) * (1 + o.random.next() / 4);
    return clock.now() + Math.max(retryAfter, Math.round(step));
  };
  const wait = (until: Millis): Promise<void> => clock.sleep(Math.max(0, until - clock.now()), signal);
  const isKnown = (channel: ChannelId): boolean => place.known.includes(channel);

  /** Notes since when channels that were never read are wanted. Answers those for which that is now. */
  const noteWanted = (at: Millis): ReadonlySet<ChannelId> => {
    const fresh = [...ids].filter((id) => !isKnown(id) && place.since[id] === undefined);
    place = { ...place, since: { ...place.since, ...Object.fromEntries(fresh.map((id) => [id, at])) } };
    return new Set(fresh);
  };

  /** What keeps old posts out of a channel whose history cannot be read yet, while its updates are told. */
  const baselines = (): readonly SourceEvent[] =>
    o.channels.flatMap(({ channel, backfill }): readonly SourceEvent[] => {
      const since = place.since[channel];
      if (isKnown(channel) || since === undefined || backfill.kind === "count") return [];
      return [
        { type: "baseline", channel, at: backfill.kind === "since" ? Math.min(since, backfill.at) : since },
      ];
    });

  /** The histories that are due, all read or none. `again`: one failed, ask anew. */
  async function* readDue(
    now: ReadonlySet<ChannelId>,
    seen: Millis,
  ): AsyncGenerator<SourceSignal, ReadonlyMap<ChannelId, Read> | "again" | "stop"> {
    const read = new Map<ChannelId, Read>();
    for (const plan of looks.due()) {
      const { channel } = plan;
      const since = now.has(channel) ? null : (place.since[channel] ?? null);
      const history = isKnown(channel)
        ? await reconcile(client, channel, { reach: o.reach, seen }, signal)
        : await firstContact(client, plan, { reach: o.reach, seen, since, lost: kept === null }, signal);
      if (signal.aborted) return "stop";
      if (history.kind === "read") read.set(channel, history);
      else if (history.kind === "token") {
        yield { kind: "stopped", code: "token_refused" };
        return "stop";
      } else if (history.kind === "denied") {
        looks.denied(channel);
        yield { kind: "denied", channel };
      } else {
        const failed = looks.failed(channel);
        const retryAt = pause(failed.tries, history.code, history.retryAfter);
        yield { kind: "trouble", code: history.code, retryAt };
        if (failed.aside) continue;
        await wait(retryAt);
        return "again";
      }
    }
    return read;
  }

  /**
   * Histories as batches that leave the marker where it is. All channels together: they may share a room. `begun`:
   * MAX's time before the first was read.
   */
  function* tell(read: ReadonlyMap<ChannelId, Read>, begun: Millis): Generator<SourceSignal> {
    if (read.size === 0) return;
    const events = held.from(
      [...read.values()].flatMap((history) => history.events),
      begun,
    );
    const readAt = Math.min(...[...read.values()].map((history) => history.at));
    const slices = Math.max(1, Math.ceil(events.length / SLICE));
    for (let i = 0; i < slices; i++) {
      // A channel counts as known only with the last of its events: a crash before reads it anew.
      if (i === slices - 1) {
        const since = Object.entries(place.since).filter(([id]) => ![...read.keys()].some((r) => r === id));
        const known = [...new Set([...place.known, ...read.keys()])];
        place = { ...place, known, since: Object.fromEntries(since) };
      }
      const slice = events.slice(i * SLICE, (i + 1) * SLICE);
      // What the held back updates bring follows.
      yield { kind: "batch", events: slice, cursor: encode(place), readAt, behind: true };
    }
    for (const channel of read.keys()) looks.done(channel);
  }

  /** What makes the histories worth a look: a sign that updates were lost, or that enough time has passed. */
  const ask = (at: Millis, next: string | null, updates: readonly Decoded[]): void => {
    const now = clock.now();
    if (updates.some((u) => u.access)) looks.ask({ at: now, anew: true });
    else if ((place.at !== null && at - place.at > BACKLOG) || now - lookedAt > EVERY)
      looks.ask({ at: now, anew: false });
    else if (gap(place.marker, next, updates.length)) {
      jumpedAt = Math.max(now, jumpedAt + JUMPS);
      looks.ask({ at: jumpedAt, anew: false });
      return;
    } else return;
    lookedAt = now;
  };

  while (!signal.aborted) {
    await wait(openAt);
    if (signal.aborted) return;
    openAt = clock.now() + SPACING;
    const query = {
      timeout: String(looks.due().length > 0 || held.any ? 0 : HOLD),
      limit: String(LIMIT),
      ...(place.marker === null ? {} : { marker: place.marker }),
    };
    const answer = await client.get("/updates", query, DEADLINE, signal);
    if (signal.aborted) return;
    if (answer.kind === "refused" && (answer.status === 401 || answer.status === 403)) {
      yield { kind: "stopped", code: answer.status === 401 ? "token_refused" : "access_denied" };
      return;
    }
    const parsed = answer.kind === "ok" ? Updates.safeParse(answer.json) : null;
    if (answer.kind !== "ok" || parsed?.success !== true) {
      const { code, retryAfter } = troubleOf(answer);
      openAt = pause(++tries, code, retryAfter);
      const { at } = place;
      if (code === "rate_limited" && retryAfter > REMEMBERED && at !== null) {
        place = { ...place, closed: openAt };
        yield { kind: "batch", events: [], cursor: encode(place), readAt: at, behind: true };
      }
      yield { kind: "trouble", code, retryAt: openAt };
      continue;
    }
    tries = 0;
    const next = parsed.data.marker ?? place.marker;
    const updates = parsed.data.updates.map((item) => decodeUpdate(item, ids, answer.at + SECOND));
    for (const { channel } of updates) if (channel !== null) looks.heardOf(channel);
    ask(answer.at, next, updates);
    const now = noteWanted(answer.at);
    const seen = Math.max(0, ...updates.map((u) => u.at));
    const read = yield* readDue(now, seen);
    if (read === "stop") return;
    if (read === "again") continue;
    yield* tell(read, answer.at);
    if (signal.aborted) return;
    place = { ...place, marker: next, at: answer.at, closed: 0 };
    const events = [...baselines(), ...held.among(updates, read.size === 0)];
    const behind = updates.length >= LIMIT;
    yield { kind: "batch", events, cursor: encode(place), readAt: answer.at, behind };
  }
}

function troubleOf(answer: Answer): { readonly code: SourceTrouble; readonly retryAfter: number } {
  if (answer.kind === "trouble") return answer;
  return {
    code: answer.kind === "refused" && answer.status === 405 ? "webhook_set" : "bad_answer",
    retryAfter: 0,
  };
}
