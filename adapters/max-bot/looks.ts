import type { ChannelId, Millis } from "../../bridge/model/ids.ts";
import type { ChannelPlan } from "./history.ts";

interface Look {
  /** Not before, by our clock. */
  at: Millis;
  /** Reads in a row that failed. */
  tries: number;
  denied: boolean;
}

/** A channel that may not be read is tried again after this, and as soon as it is heard of. */
const DENIED_PAUSE = 5 * 60_000;
/** Failed reads in a row after which the others go on without the channel. */
const PATIENCE = 6;
const ASIDE_PAUSE = 5 * 60_000;

/** Which channels' histories are to be read, and when. At first: all of them, at once. */
export function createLooks(channels: readonly ChannelPlan[], now: () => Millis) {
  const looks = new Map<ChannelId, Look>();

  /** `anew`: denials and failures so far count no more. */
  const ask = (o: { readonly at: Millis; readonly anew: boolean }): void => {
    for (const { channel } of channels)
      if (o.anew || !looks.has(channel)) looks.set(channel, { at: o.at, tries: 0, denied: false });
  };
  ask({ at: now(), anew: true });

  return {
    ask,
    due: (): readonly ChannelPlan[] =>
      channels.filter(({ channel }) => (looks.get(channel)?.at ?? Number.POSITIVE_INFINITY) <= now()),
    /** An update told of a post in the channel: if it was denied, it can be read again. */
    heardOf(channel: ChannelId) {
      const look = looks.get(channel);
      if (look?.denied === true) look.at = now();
    },
    done: (channel: ChannelId) => looks.delete(channel),
    denied(channel: ChannelId) {
      looks.set(channel, { at: now() + DENIED_PAUSE, tries: 0, denied: true });
    },
    /**
     * A read failed for the `tries`th time in a row. `aside`: the others go on without it, for now. Until then all
     * wait, so that what was missed comes before what is new.
     */
    failed(channel: ChannelId): { readonly tries: number; readonly aside: boolean } {
      const tries = (looks.get(channel)?.tries ?? 0) + 1;
      const aside = tries >= PATIENCE;
      looks.set(channel, { at: aside ? now() + ASIDE_PAUSE : now(), tries, denied: false });
      return { tries, aside };
    },
  };
}
