import { z } from "zod";
import type { Clock } from "../../bridge/model/effects.ts";
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

/**
 * The same way to the Bot API, within its rates: a call waits for its turn, in the order in which they came, and none
 * goes out while a 429 holds the bot. Ends waiting when the signal aborts: then it was certainly not sent.
 */
export function createPaced(api: Api, rates: Rates, clock: Clock): Api {
  return {
    async call(call, signal): Promise<Answer> {
      const price = priceOf(call);
      let at = 0;
      for (;;) {
        const heldAt = rates.heldUntil();
        at = price === null ? heldAt : rates.take(price.chat, price.cost);
        while (clock.now() < at && !signal.aborted) await clock.sleep(at - clock.now(), signal);
        if (signal.aborted) return { kind: "unreached", code: "ended" };
        // Held meanwhile: what was reserved before is worth nothing, or all who wait would go at once.
        if (rates.heldUntil() <= clock.now()) break;
      }
      const answer = await api.call(call, signal);
      if (price !== null) rates.used(price.chat, at);
      if (answer.kind === "limited") rates.limited(answer.until);
      return answer;
    },
  };
}
