import type { Clock } from "../../bridge/model/effects.ts";
import type { Api } from "./api.ts";

/** What is waited after a 429 that names no time, ms. */
const UNNAMED = 5_000;

/**
 * An API that waits out the server's rate limit and asks again, for setting up: a 429 was certainly not done. Anything
 * else is answered as it comes. `longest`: ms that one call may wait in all; then the 429 is the answer.
 */
export function patient(api: Api, clock: Clock, longest: number): Api {
  return {
    async call(call, signal) {
      const until = clock.now() + longest;
      for (;;) {
        const answer = await api.call(call, signal);
        if (answer.kind !== "refused" || answer.status !== 429) return answer;
        // A stream has been read: only its owner can open it again.
        if (call.stream !== undefined) return answer;
        const pause = answer.retryAfter ?? UNNAMED;
        if (clock.now() + pause > until) return answer;
        await clock.sleep(pause, signal);
        signal.throwIfAborted();
      }
    },
  };
}
