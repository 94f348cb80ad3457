import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { SourceName } from "../../bridge/model/ids.ts";
import type { Source } from "../../bridge/model/source.ts";
import { createDispatcher } from "../net/dispatcher.ts";
import { check } from "./check.ts";
import { createClient } from "./client.ts";
import type { ChannelPlan } from "./history.ts";
import { lookUpSurely } from "./lookup.ts";
import { createMedia } from "./media.ts";
import { poll } from "./poll.ts";

export interface MaxBotOptions {
  readonly name: SourceName;
  readonly token: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** PEM trusted by this source alone, besides the usual roots. */
  readonly ca: string | null;
  /** http, https or socks5, for this source alone. */
  readonly proxy: string | null;
  readonly channels: readonly ChannelPlan[];
  /** How far back histories are read, ms. */
  readonly reach: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** The MAX bot API as a source: long polling, reconciled with the channels' histories. It can only ask. */
export function createMaxBotSource(o: MaxBotOptions): Source {
  const dispatcher = createDispatcher(o);
  const client = createClient({ ...o, dispatcher, proxied: o.proxy !== null });
  return {
    name: o.name,
    events: (cursor, signal) => poll({ ...o, client }, cursor, signal),
    media: createMedia({ client, dispatcher, clock: o.clock }),
    async gone(channel, id, signal) {
      const message = await lookUpSurely(client, channel, id, signal);
      return message === "gone" || message === "unknown" ? message : "there";
    },
    check: (signal) =>
      check(
        client,
        o.channels.map((c) => c.channel),
        signal,
      ),
  };
}
