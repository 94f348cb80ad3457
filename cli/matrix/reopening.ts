import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { AccountProblem } from "./accounts.ts";

/** How often it is tried, ms. */
const EVERY: Millis = 60_000;
/** What may be over with nobody's doing: a disk that was full, a command that held the keys when the bridge began. */
const PASSING: ReadonlySet<string> = new Set<AccountProblem>(["store_disk", "store_in_use"]);

/** Whether an account that is closed for this reason is opened again without anybody's doing. */
export const isReopened = (problem: string): boolean => PASSING.has(problem);

export interface ReopeningOptions {
  readonly clock: Clock;
  /** Why accounts are closed, as of now. */
  readonly problems: () => readonly AccountProblem[];
  /** Opens all accounts anew. */
  readonly renew: () => Promise<void>;
}

/** Opens accounts again that are closed for what passes, until `signal` aborts. Rejects where {@link ReopeningOptions.renew} does. */
export async function reopening(o: ReopeningOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await o.clock.sleep(EVERY, signal);
    if (!signal.aborted && o.problems().some(isReopened)) await o.renew();
  }
}
