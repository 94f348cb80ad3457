import { z } from "zod";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Answer, Api } from "./api.ts";
import type { Offset, Place } from "./kept.ts";
import { faultOf } from "./look.ts";
import { type Update, updateOf } from "./update.ts";

/** What the loop tells about itself. */
export type UpdatesStatus =
  /** All that Telegram had until `at` was heard. */
  | { readonly kind: "heard"; readonly at: Millis }
  | { readonly kind: "trouble"; readonly code: string; readonly until: Millis };

export interface UpdatesOptions {
  readonly api: Api;
  readonly offset: Place<Offset>;
  /** Takes one update. What must survive a crash is to be durable when it resolves; after a crash it may come again. */
  readonly take: (update: Update, signal: AbortSignal) => Promise<void>;
  readonly status: (status: UpdatesStatus) => void;
  readonly clock: Clock;
  readonly random: Random;
}

/** How long Telegram holds an empty answer, s, and how much longer is waited for it, ms. */
const HOLD = 30;
const DEADLINE: Millis = (HOLD + 20) * 1_000;
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** An empty answer that was not held at all is no reason to ask again at once, ms. */
const SPACING: Millis = 1_000;
/** While the token is not valid, ms: it may be given back, but hardly soon. */
const UNAUTHORIZED_PAUSE = 10 * 60_000;
/** After a quiet week Telegram may begin to count anew: a place that is older than this is not asked from, ms. */
const OLDEST: Millis = 6 * 24 * 3_600_000;

const Batch = z.array(z.unknown());

/**
 * Hears what Telegram has for the bot, until `signal` aborts: messages and its own standing in chats, nothing else. Each
 * question has a connection of its own, so that one which is held keeps no send waiting.
 */
export async function hearUpdates(o: UpdatesOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;

  /** Where to ask from; null: from the first that Telegram has. */
  const place = (): number | null => {
    const kept = o.offset.get();
    return kept !== null && o.clock.now() - kept.at < OLDEST ? kept.next : null;
  };
  const ask = (from: number | null): Promise<Answer> => {
    const offset = from === null ? {} : { offset: from };
    const payload = { ...offset, timeout: HOLD, allowed_updates: ["message", "my_chat_member"] };
    return o.api.call({ method: "getUpdates", payload, deadline: DEADLINE }, signal);
  };

  /** How many came; null: it was no answer to the question. */
  const takeAll = async (answer: Answer, from: number | null): Promise<number | null> => {
    const batch = answer.kind === "ok" ? Batch.safeParse(answer.result) : null;
    if (batch?.success !== true) return null;
    const updates = batch.data
      .map(updateOf)
      .filter((update) => update !== null)
      .filter(({ id }) => from === null || id >= from);
    for (const update of updates) {
      await o.take(update, signal);
      // What was cut off is told again.
      if (signal.aborted) return updates.length;
    }
    const ids = updates.map(({ id }) => id);
    if (ids.length > 0) o.offset.put({ next: Math.max(...ids) + 1, at: o.clock.now() });
    // With updates that have no number, or were taken before, it would ask for the same again and again.
    return ids.length === 0 && batch.data.length > 0 ? null : ids.length;
  };

  while (!signal.aborted) {
    const from = place();
    const askedAt = o.clock.now();
    const answer = await ask(from);
    if (signal.aborted) return;
    const came = await takeAll(answer, from);
    if (came !== null) {
      failures = 0;
      if (!signal.aborted) o.status({ kind: "heard", at: o.clock.now() });
      if (came === 0 && o.clock.now() < askedAt + SPACING) await o.clock.sleep(SPACING, signal);
      continue;
    }
    failures++;
    const { code, until } = answer.kind === "ok" ? { code: "bad_answer", until: null } : faultOf(answer);
    const grown = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(failures - 1, 10));
    const pause = code === "unauthorized" ? UNAUTHORIZED_PAUSE : grown;
    const again = until ?? o.clock.now() + Math.ceil(pause * (0.5 + o.random.next() / 2));
    o.status({ kind: "trouble", code, until: again });
    while (o.clock.now() < again && !signal.aborted) await o.clock.sleep(again - o.clock.now(), signal);
  }
}
