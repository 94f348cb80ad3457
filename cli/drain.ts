import type { Clock } from "../bridge/model/effects.ts";
import type { Millis } from "../bridge/model/ids.ts";

/** What is under way may take so long to finish at an end; with what comes after, a stop stays within 10 s. */
const DRAIN: Millis = 8_000;

/** Does `work`, whose signal aborts when the time to drain is over. */
export async function drainTime(
  clock: Clock,
  work: (cut: AbortSignal) => Promise<void> | undefined,
): Promise<void> {
  const cut = new AbortController();
  const done = new AbortController();
  void clock.sleep(DRAIN, done.signal).then(() => {
    if (!done.signal.aborted) cut.abort();
  });
  await work(cut.signal);
  done.abort();
}
