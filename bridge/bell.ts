import type { Clock } from "./model/effects.ts";
import type { Millis } from "./model/ids.ts";

/** Wakes one waiting loop. A ring while nobody waits is kept for the next wait, so that none is missed. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at `until` (ms UTC; null: no such time) or when `signal` aborts. */
  wait(until: Millis | null, signal: AbortSignal): Promise<void>;
}

/** The longest single sleep: a clock that is set back must not hold a loop for ever. */
const LONGEST = 60_000;

/** Without a reason of its own an abort makes an error, with its stack, each time. */
const WOKEN = "woken";

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wakeUp: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      wakeUp?.();
    },
    async wait(until, signal) {
      if (!rung && !signal.aborted) {
        const stop = new AbortController();
        const wake = () => stop.abort(WOKEN);
        wakeUp = wake;
        signal.addEventListener("abort", wake, { once: true });
        const ms = until === null ? LONGEST : Math.min(LONGEST, Math.max(0, until - clock.now()));
        await clock.sleep(ms, stop.signal);
        signal.removeEventListener("abort", wake);
        wakeUp = null;
      }
      rung = false;
    },
  };
}
