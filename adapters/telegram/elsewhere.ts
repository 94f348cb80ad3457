import type { Clock } from "../../bridge/model/effects.ts";
import type { MediaId, Millis } from "../../bridge/model/ids.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Delivery } from "../../bridge/outbox/port.ts";
import type { Locate, Located } from "../../bridge/seal/locate.ts";

export interface ElsewhereOptions {
  readonly locate: Locate;
  /** The reader page's address, with a closing slash; null: none is known. */
  readonly page: () => string | null;
  /** Bytes: the largest file that the bot's server takes. */
  readonly largestFile: number;
  readonly clock: Clock;
}

/** So long a post with a file that is too large waits for the sealed room to have it, and how often that is looked at. */
const PATIENCE: Millis = 2 * 60_000;
const AGAIN: Millis = 2_000;

/** Points from clear rooms to the sealed room of the same mapping, for files that Telegram does not take. */
export function createElsewhere(o: ElsewhereOptions) {
  const since = new Map<number, Millis>();
  const tooLarge = ({ media }: Delivery): readonly MediaId[] =>
    media.flatMap(({ id, state }) => (state.kind === "ready" && state.meta.size > o.largestFile ? [id] : []));
  const find = (d: Delivery): Located => o.locate(d.mapping, d.announcement, tooLarge(d));

  /** Both rooms are served at the same time: whether the sealed one is worth waiting for. */
  const waits = (d: Delivery): boolean => {
    if (o.page() === null || tooLarge(d).length === 0 || find(d).kind !== "soon") {
      since.delete(d.id);
      return false;
    }
    const now = o.clock.now();
    const first = since.get(d.id) ?? now;
    since.set(d.id, first);
    if (now - first < PATIENCE && now >= first) return true;
    since.delete(d.id);
    return false;
  };

  return {
    /** The locator of the announcement in a sealed room that has all of it, never a join link; null: there is none. */
    link(d: Delivery): string | null {
      const page = o.page();
      const found = page === null ? null : find(d);
      return page !== null && found?.kind === "there" ? found.link(page) : null;
    },
    /** The same destination, which gives the sealed room a little time to be first where it holds what this one cannot. */
    first: (destination: Destination): Destination => ({
      ...destination,
      async prepare(delivery, signal) {
        if (!waits(delivery)) return destination.prepare(delivery, signal);
        const at = o.clock.now() + AGAIN;
        return { kind: "outcome", outcome: { kind: "retry", at, code: "too_large" } };
      },
    }),
  };
}
