import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { ChannelId, Cursor, Millis } from "../../bridge/model/ids.ts";
import type { SourceEvent, SourceSignal } from "../../bridge/model/source.ts";
import type { Client } from "./client.ts";
import { decode, encode, gap, type Place } from "./cursor.ts";
import { type ChannelPlan, firstContact, type History, inOrder, reconcile } from "./history.ts";
import { decodeUpdate } from "./updates.ts";
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
const DEADLINE = (HOLD + 20) * 1000;
/** MAX allows two polls a second. */
const SPACING = 550;
/** MAX keeps updates for 24 h; past this the backlog counts as expired. */
const BACKLOG = 20 * 3_600_000;
/** Histories are looked at anew this often, should an update have been lost without a sign. */
const EVERY = 3_600_000;
const DENIED_PAUSE = 5 * 60_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const SLICE = 100;

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
  let place: Place = decode(cursor);
  let tries = 0;
  let polledAt: Millis = Number.NEGATIVE_INFINITY;
  let lookedAt = clock.now();
  const toLookAt = new Set<ChannelId>(ids);
  const denied = new Map<ChannelId, Millis>();

  const pause = (retryAfter: number): Millis => {
    const step = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries++) * (1 + o.random.next() / 4);
    return clock.now() + Math.max(retryAfter, Math.round(step));
  };
  const wait = (until: Millis): Promise<void> => clock.sleep(Math.max(0, until - clock.now()), signal);
  const due = (): readonly ChannelPlan[] =>
    o.channels.filter((c) => toLookAt.has(c.channel) && (denied.get(c.channel) ?? 0) <= clock.now());

  /** Reads one channel's history, however often it takes. */
  async function* read(plan: ChannelPlan): AsyncGenerator<SourceSignal, Read | "denied" | "stop"> {
    for (;;) {
      const fresh = !place.known.includes(plan.channel);
      const history = fresh
        ? await firstContact(client, plan, signal)
        : await reconcile(client, plan.channel, o.reach, clock.now(), signal);
      if (signal.aborted) return "stop";
      if (history.kind === "token") {
        yield { kind: "stopped", code: "token_refused" };
        return "stop";
      }
      if (history.kind === "denied") {
        denied.set(plan.channel, clock.now() + DENIED_PAUSE);
        yield { kind: "denied", channel: plan.channel };
        return "denied";
      }
      if (history.kind === "read") {
        tries = 0;
        denied.delete(plan.channel);
        return history;
      }
      const retryAt = pause(history.retryAfter);
      yield { kind: "trouble", code: history.code, retryAt };
      await wait(retryAt);
      if (signal.aborted) return "stop";
    }
  }

  /** The histories of channels as batches that leave the marker where it is. Answers whether to go on. */
  async function* lookAt(plans: readonly ChannelPlan[]): AsyncGenerator<SourceSignal, boolean> {
    const looked: { readonly channel: ChannelId; readonly history: Read }[] = [];
    for (const plan of plans) {
      const history = yield* read(plan);
      if (history === "stop") return false;
      if (history !== "denied") looked.push({ channel: plan.channel, history });
    }
    if (looked.length === 0) return true;
    // All channels together, by time: one room may be fed by several of them.
    const events = inOrder(looked.flatMap((l) => l.history.events));
    const readAt = Math.min(...looked.map((l) => l.history.at));
    const known = [...new Set([...place.known, ...looked.map((l) => l.channel)])];
    const slices = Math.max(1, Math.ceil(events.length / SLICE));
    for (let i = 0; i < slices; i++) {
      // A channel counts as known only with the last of its events: a crash before reads it anew.
      if (i === slices - 1) place = { ...place, known };
      yield {
        kind: "batch",
        events: events.slice(i * SLICE, (i + 1) * SLICE),
        cursor: encode(place),
        readAt,
      };
    }
    for (const { channel } of looked) toLookAt.delete(channel);
    return true;
  }

  while (!signal.aborted) {
    await wait(polledAt + SPACING);
    if (signal.aborted) return;
    polledAt = clock.now();
    const timeout = due().length > 0 ? 0 : HOLD;
    const query = {
      timeout: String(timeout),
      limit: "100",
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
      const retryAt = pause(answer.kind === "trouble" ? answer.retryAfter : 0);
      const webhook = answer.kind === "refused" && answer.status === 405;
      const code = answer.kind === "trouble" ? answer.code : webhook ? "webhook_set" : "bad_answer";
      yield { kind: "trouble", code, retryAt };
      await wait(retryAt);
      continue;
    }
    tries = 0;
    const { updates, marker } = parsed.data;
    const next = marker == null ? place.marker : String(marker);
    const expired = place.at !== null && answer.at - place.at > BACKLOG;
    const held: SourceEvent[] = [];
    let lost = expired || gap(place.marker, next, updates.length) || clock.now() - lookedAt > EVERY;
    for (const update of updates) {
      const { event, access } = decodeUpdate(update, ids);
      held.push(event);
      lost ||= access;
    }
    if (lost) {
      lookedAt = clock.now();
      for (const id of ids) toLookAt.add(id);
      denied.clear();
    }
    const pending = due();
    if (pending.length > 0 && !(yield* lookAt(pending))) return;
    place = { ...place, marker: next, at: answer.at };
    yield { kind: "batch", events: held, cursor: encode(place), readAt: answer.at };
  }
}
