import { z } from "zod";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Answer, Api, Call } from "./api.ts";
import { ChatId } from "./ids.ts";
import type { Rates } from "./rates.ts";

const Addressed = z.object({ chat_id: ChatId, media: z.array(z.unknown()).exactOptional() });

/** What a call counts for: the bot and a chat, the bot alone, or nothing. */
function priceOf({ method, payload }: Call): { readonly chat: ChatId | null; readonly cost: number } | null {
  if (/^(get|answer|deleteWebhook)/.test(method)) return null;
  const to = Addressed.safeParse(payload);
  if (!to.success || /^(delete|pin|unpin|leave)/.test(method)) return { chat: null, cost: 1 };
  const items = method === "sendMediaGroup" ? (to.data.media?.length ?? 1) : 1;
  return { chat: to.data.chat_id, cost: items };
}

/** A queue for each chat: whose turn it is waits for the chat's tokens, the others for their turn. */
function createTurns() {
  const tails = new Map<ChatId, Promise<void>>();
  return async (chat: ChatId, signal: AbortSignal): Promise<() => void> => {
    const before = tails.get(chat) ?? Promise.resolve();
    const { promise: mine, resolve } = Promise.withResolvers<void>();
    const tail = before.then(() => mine);
    tails.set(chat, tail);
    void tail.then(() => {
      if (tails.get(chat) === tail) tails.delete(chat);
    });
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    const onAbort = (): void => abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", onAbort);
    await Promise.race([before, aborted]);
    signal.removeEventListener("abort", onAbort);
    return resolve;
  };
}

/**
 * The same way to the Bot API, within its rates: a call waits for its turn, in each chat in the order in which they
 * came, and none goes out while a 429 holds the bot. Ends waiting when the signal aborts: then it was certainly not sent.
 */
export function createPaced(api: Api, rates: Rates, clock: Clock): Api {
  const turn = createTurns();

  const until = async (at: () => Millis, signal: AbortSignal): Promise<void> => {
    for (let ahead = at() - clock.now(); ahead > 0 && !signal.aborted; ahead = at() - clock.now())
      await clock.sleep(ahead, signal);
  };

  /** Resolves when the tokens are there, or the signal aborted; from when on they could be used, ms. */
  const tokens = async (chat: ChatId | null, cost: number, signal: AbortSignal): Promise<Millis> => {
    const over = chat === null ? () => {} : await turn(chat, signal);
    try {
      for (;;) {
        await until(() => rates.inChat(chat, cost), signal);
        if (signal.aborted) return 0;
        const at = rates.take(chat, cost);
        await until(() => at, signal);
        // Held meanwhile: what was taken before is worth nothing, or all who wait would go at once.
        if (signal.aborted || rates.heldUntil() <= clock.now()) return at;
      }
    } finally {
      over();
    }
  };

  return {
    async call(call, signal): Promise<Answer> {
      const price = priceOf(call);
      const at = price === null ? 0 : await tokens(price.chat, price.cost, signal);
      await until(rates.heldUntil, signal);
      if (signal.aborted) return { kind: "unreached", code: "ended" };
      const answer = await api.call(call, signal);
      if (price !== null) rates.used(price.chat, at);
      if (answer.kind === "limited") rates.limited(answer.until);
      return answer;
    },
  };
}
