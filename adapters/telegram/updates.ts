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

  const ask = (): Promise<Answer> => {
    const kept = o.offset.get();
    const from = kept !== null && o.clock.now() - kept.at < OLDEST ? { offset: kept.next } : {};
    const payload = { ...from, timeout: HOLD, allowed_updates: ["message", "my_chat_member"] };
    return o.api.call({ method: "getUpdates", payload, deadline: DEADLINE }, signal);
  };

  /** False: it was no answer to the question. */
  const takeAll = async (answer: Answer): Promise<boolean> => {
    const batch = answer.kind === "ok" ? Batch.safeParse(answer.result) : null;
    if (batch?.success !== true) return false;
    const updates = batch.data.map(updateOf);
    for (const update of updates) {
      if (update === null) continue;
      await o.take(update, signal);
      // What was cut off is told again.
      if (signal.aborted) return true;
    }
    const ids = updates.flatMap((update) => (update === null ? [] : [update.id]));
    if (ids.length > 0) o.offset.put({ next: Math.max(...ids) + 1, at: o.clock.now() });
    // Of updates without a number it could never ask for the next.
    return ids.length > 0 || updates.length === 0;
  };

  while (!signal.aborted) {
    const answer = await ask();
    if (signal.aborted) return;
    if (await takeAll(answer)) {
      failures = 0;
      if (!signal.aborted) o.status({ kind: "heard", at: o.clock.now() });
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
