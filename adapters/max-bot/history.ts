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
  /** MAX's time of the first page, whole seconds. */
  readonly at: Millis;
  /** Whether the beginning of the history was reached. */
  readonly whole: boolean;
}

/** Reads back, newest first, until `enough` or the beginning. Each message once; pages may overlap at their borders. */
async function back(
  client: Client,
  channel: ChannelId,
  enough: (messages: readonly Message[]) => boolean,
  signal: AbortSignal,
): Promise<Taken | Failed> {
  const seen = new Map<string, Message>();
  let at: Millis | null = null;
  let before: number | null = null;
  let odd = 0;
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
        seen.set(message.data.body.mid, message.data);
        oldest = Math.min(oldest ?? message.data.timestamp, message.data.timestamp);
      }
    }
    const messages = [...seen.values()];
    const whole: boolean = page.data.messages.length < PAGE;
    if (whole || oldest === null || enough(messages)) return { messages, odd, at, whole };
    // One more than the oldest, so that others of the same millisecond are not missed; but always onwards.
    before = seen.size === known ? oldest : oldest + 1;
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
    .toSorted((a, b) => a.timestamp - b.timestamp || (a.body.mid < b.body.mid ? -1 : 1))
    .map((m) => ({ type: "snapshot", post: decodePost(m), at }));

const skipped = (n: number): readonly SourceEvent[] =>
  Array.from({ length: n }, () => ({ type: "skipped", code: "odd_message" }));

/**
 * First contact with a channel: its present is the baseline, but for what `backfill` asks for.
 * `limit`: most messages that are ever taken.
 */
export async function firstContact(client: Client, plan: ChannelPlan, signal: AbortSignal): Promise<History> {
  const { channel, backfill } = plan;
  const enough = (messages: readonly Message[]): boolean => {
    if (backfill.kind === "none") return true;
    if (backfill.kind === "count") return messages.length >= backfill.count;
    return messages.some((m) => m.timestamp < backfill.at);
  };
  const taken = await back(client, channel, enough, signal);
  if ("kind" in taken) return taken;
  const sorted = taken.messages.toSorted((a, b) => b.timestamp - a.timestamp);
  const wanted =
    backfill.kind === "none"
      ? []
      : backfill.kind === "count"
        ? sorted.slice(0, backfill.count)
        : sorted.filter((m) => m.timestamp >= backfill.at);
  const newest = sorted[0]?.timestamp ?? 0;
  const from =
    backfill.kind === "since" ? backfill.at : (wanted.at(-1)?.timestamp ?? Math.max(taken.at, newest + 1));
  const events: SourceEvent[] = [{ type: "baseline", channel, at: from }, ...snapshots(wanted, taken.at)];
  return { kind: "read", events: [...events, ...skipped(taken.odd)], at: taken.at };
}

/** Everything posted in a channel since a moment, as it stands now, and the window that was read completely. */
export async function reconcile(
  client: Client,
  channel: ChannelId,
  reach: number,
  now: Millis,
  signal: AbortSignal,
): Promise<History> {
  let from = now - reach;
  const taken = await back(client, channel, (messages) => messages.some((m) => m.timestamp < from), signal);
  if ("kind" in taken) return taken;
  from = taken.at - reach;
  const within = taken.messages.filter((m) => m.timestamp >= from);
  const posts = snapshots(within, taken.at);
  const ids = posts.flatMap((e) => (e.type === "snapshot" ? [e.post.foreignId] : []));
  const window: SourceEvent = { type: "window", channel, from, to: taken.at, ids };
  // An entry that could not be read might be any post: nothing may count as vanished then.
  return {
    kind: "read",
    events: [...posts, ...skipped(taken.odd), ...(taken.odd === 0 ? [window] : [])],
    at: taken.at,
  };
}
