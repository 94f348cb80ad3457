import { randomBytes } from "node:crypto";
import type { Clock, Random } from "./model/effects.ts";
import type { Millis } from "./model/ids.ts";

/** The longest that a timer can be set for, ms. */
const LONGEST = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, LONGEST));
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/**
 * For tests alone: a clock that runs `speed` times as fast as the machine's since `since` (ms UTC by the machine's),
 * so that deadlines, pauses and hourly looks shrink together. Processes that share both numbers agree on the time.
 */
export function fastClock(speed: number, since: Millis): Clock {
  return {
    // Finer than the machine's milliseconds, of which each is many here.
    now: () => Math.floor(since + (performance.timeOrigin + performance.now() - since) * speed),
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}

export const systemRandom: Random = {
  next: () => randomBytes(4).readUInt32BE() / 2 ** 32,
  bytes: (n) => randomBytes(n),
};
