import type { ChannelId, Millis } from "../../bridge/model/ids.ts";
import type { SourceEvent, SourceTrouble } from "../../bridge/model/source.ts";
import type { Answer, Client } from "./client.ts";
import { decodePost } from "./decode.ts";
import { Message, Messages } from "./wire.ts";

const PAGE = 100;
const DEADLINE = 30_000;

export interface ChannelPlan {
  readonly channel: ChannelId;
  readonly backfill:
    | { readonly kind: "none" }
    | { readonly kind: "count"; readonly count: number }
    | { readonly kind: "since"; readonly at: Millis };
}

/** What reading a channel's history gave. */
export type History =
  | { readonly kind: "read"; readonly events: readonly SourceEvent[]; readonly at: Millis }
  | { readonly kind: "denied" }
  | { readonly kind: "token" }
  | { readonly kind: "trouble"; readonly code: SourceTrouble; readonly retryAfter: number };

type Failed = Exclude<History, { kind: "read" }>;

function failure(answer: Exclude<Answer, { kind: "ok" }>): Failed {
  if (answer.kind === "trouble") return answer;
  if (answer.status === 401) return { kind: "token" };
  if (answer.status === 403 || answer.status === 404) return { kind: "denied" };
  return { kind: "trouble", code: "bad_answer", retryAfter: 0 };
}

interface Taken {
  readonly messages: readonly Message[];
  /** Entries that could not be read as messages. */
  readonly odd: number;
  /** Whether some could not be asked for: more than a page of the same millisecond. */
  readonly holes: boolean;
  /** MAX's time of the first page, whole seconds. */
  readonly at: Millis;
}

/**
 * Reads back, newest first, until `enough` (of what was read, and MAX's time of the first page) or the beginning.
 * Each message once; pages may overlap at their borders.
 */
async function back(
  client: Client,
  channel: ChannelId,
  enough: (messages: readonly Message[], at: Millis) => boolean,
  signal: AbortSignal,
): Promise<Taken | Failed> {
  const seen = new Map<string, Message>();
  let at: Millis | null = null;
  let before: number | null = null;
  let odd = 0;
  let holes = false;
  for (;;) {
    const query = {
      chat_id: channel,
      count: String(PAGE),
      ...(before === null ? {} : { before: String(before) }),
    };
    const answer = await client.get("/messages", query, DEADLINE, signal);
    if (answer.kind !== "ok") return failure(answer);
    const page = Messages.safeParse(answer.json);
    if (!page.success) return { kind: "trouble", code: "bad_answer", retryAfter: 0 };
    at ??= answer.at;
    const known = seen.size;
    let oldest: number | null = null;
    for (const item of page.data.messages) {
      const message = Message.safeParse(item);
      if (!message.success) odd++;
      else {
        seen.set(message.data.mid, message.data);
        oldest = Math.min(oldest ?? message.data.timestamp, message.data.timestamp);
      }
    }
    const messages = [...seen.values()];
    // A page shorter than asked for is no proof that there is no more: only nothing new is.
    const ended = seen.size === known && (oldest === null || before === null || before <= oldest);
    if (ended || oldest === null || enough(messages, at)) return { messages, odd, holes, at };
    // One more than the oldest of a full page, so that others of the same millisecond are not missed; but always onwards.
    const full = page.data.messages.length >= PAGE;
    holes ||= full && seen.size === known;
    before = full && seen.size > known ? oldest + 1 : oldest;
  }
}

/** Events of several histories as one: baselines first, then posts by their time, then the windows they were read in. */
export function inOrder(events: readonly SourceEvent[]): readonly SourceEvent[] {
  const rank = (e: SourceEvent): number => (e.type === "baseline" ? 0 : e.type === "snapshot" ? 1 : 2);
  const time = (e: SourceEvent): number => (e.type === "snapshot" ? e.post.postedAt : 0);
  return events.toSorted((a, b) => rank(a) - rank(b) || time(a) - time(b));
}

const snapshots = (messages: readonly Message[], at: Millis): readonly SourceEvent[] =>
  messages
    .toSorted((a, b) => a.timestamp - b.timestamp || (a.mid < b.mid ? -1 : 1))
    .map((m) => ({ type: "snapshot", post: decodePost(m), at }));

const skipped = (n: number): readonly SourceEvent[] =>
  Array.from({ length: n }, () => ({ type: "skipped", code: "odd_message" }));

export interface HistoryOptions {
  /** How far back missed posts, edits and removals are looked for, ms. */
  readonly reach: Millis;
  /** MAX's time of the newest update already received: what is read now is not older than that. */
  readonly seen: Millis;
}

export interface FirstContactOptions extends HistoryOptions {
  /** Since when (MAX's time) the channel's posts are wanted, if it could not be read at once; null: from now on. */
  readonly since: Millis | null;
  /** Whether to tell of all in reach, since the channel may have been read before. The baseline stays what it was. */
  readonly lost: boolean;
}

/** First contact with a channel: its present is the baseline, but for what `backfill` asks for. */
export async function firstContact(
  client: Client,
  plan: ChannelPlan,
  o: FirstContactOptions,
  signal: AbortSignal,
): Promise<History> {
  const { channel, backfill } = plan;
  /** From when on posts are told of, whatever `backfill` says. */
  const told = (at: Millis): Millis =>
    o.lost ? at - o.reach : Math.max(o.since ?? Number.POSITIVE_INFINITY, at - o.reach);
  const enough = (messages: readonly Message[], at: Millis): boolean => {
    const beyond = (from: Millis) => messages.some((m) => m.timestamp < from);
    if (told(at) < Number.POSITIVE_INFINITY && !beyond(told(at))) return false;
    if (backfill.kind === "count") return messages.length >= backfill.count;
    return backfill.kind === "none" || beyond(backfill.at);
  };
  const taken = await back(client, channel, enough, signal);
  if ("kind" in taken) return taken;
  const sorted = taken.messages.toSorted((a, b) => b.timestamp - a.timestamp);
  const filled =
    backfill.kind === "none"
      ? []
      : backfill.kind === "count"
        ? sorted.slice(0, backfill.count)
        : sorted.filter((m) => m.timestamp >= backfill.at);
  const present = o.since ?? Math.max(taken.at, (sorted[0]?.timestamp ?? 0) + 1);
  const oldest = filled.at(-1)?.timestamp ?? Number.POSITIVE_INFINITY;
  const at = Math.min(present, backfill.kind === "since" ? backfill.at : oldest);
  const wanted = sorted.filter((m) => filled.includes(m) || m.timestamp >= told(taken.at));
  const events: readonly SourceEvent[] = [
    { type: "baseline", channel, at },
    ...snapshots(wanted, Math.max(taken.at, o.seen)),
    ...skipped(taken.odd),
  ];
  return { kind: "read", events, at: taken.at };
}

/**
 * Everything posted in a channel within reach, as it stands now, and the window that was read completely. It reaches
 * beyond the last cursor on purpose: posts that were told of long ago are edited and removed, too. What stands there
 * unknown was missed, or is older than the baseline and refused by it.
 */
export async function reconcile(
  client: Client,
  channel: ChannelId,
  o: HistoryOptions,
  signal: AbortSignal,
): Promise<History> {
  const beyond = (messages: readonly Message[], at: Millis) =>
    messages.some((m) => m.timestamp < at - o.reach);
  const taken = await back(client, channel, beyond, signal);
  if ("kind" in taken) return taken;
  const from = taken.at - o.reach;
  const within = taken.messages.filter((m) => m.timestamp >= from);
  const posts = snapshots(within, Math.max(taken.at, o.seen));
  const ids = posts.flatMap((e) => (e.type === "snapshot" ? [e.post.foreignId] : []));
  const window: SourceEvent = { type: "window", channel, from, to: taken.at, ids };
  // An entry that was not read might be any post: nothing may count as vanished then.
  const whole = taken.odd === 0 && !taken.holes;
  const events = [...posts, ...skipped(taken.odd), ...(whole ? [window] : [])];
  return { kind: "read", events, at: taken.at };
}
