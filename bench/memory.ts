import { createMaxBotSource } from "../adapters/max-bot/source.ts";
import { systemClock, systemRandom } from "../bridge/clock.ts";
import { ChannelId } from "../bridge/model/ids.ts";
import { benchCore, SOURCE } from "./core.ts";
import { httpDestination } from "./http-destination.ts";
import { startLocalHttp } from "./local-http.ts";
import { startMax } from "./max.ts";
import type { Measurement } from "./measured.ts";
import { pairs } from "./pairs.ts";
import { runCore } from "./running.ts";

const MB = 1_000_000;
const LARGE = 500 * MB;
const SMALL = MB;
/** How often memory is looked at, ms. */
const EVERY = 10;

/** By how much the bridge's memory grows while a large file passes from MAX to a local HTTP destination. */
export const memory: Measurement = async () => {
  const max = await startMax();
  const http = await startLocalHttp();
  const chatId = await max.channel("Лекции");
  const channel = ChannelId.parse(chatId);
  const core = await benchCore(1, channel);
  const source = createMaxBotSource({
    name: SOURCE,
    token: max.token,
    baseUrl: max.url,
    ca: null,
    proxy: null,
    channels: [{ channel, backfill: { kind: "none" } }],
    reach: 86_400_000,
    clock: systemClock,
    random: systemRandom,
  });
  let delivered = 0;
  const destinations = core.rooms.map((room) => httpDestination(room, core.bridge, http));
  const running = runCore(core, source, destinations, (d) => {
    // What went ahead without its file is followed by it.
    if (d.media.length > 0 && d.media.every((m) => m.state.kind === "ready")) delivered++;
  });
  /** The most memory while a file of `size` bytes passes. */
  const pass = (size: number) => async (): Promise<number> => {
    const goal = delivered + 1;
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, EVERY);
    const arrived = running.until(() => delivered >= goal);
    await max.publishFile(chatId, size);
    await arrived;
    clearInterval(timer);
    return Math.max(peak, process.memoryUsage.rss());
  };
  try {
    await running.reading;
    const made = await pairs({ baseline: pass(SMALL), measured: pass(LARGE), within: 60_000 });
    const [large, small] = [made.measured, made.baseline].map((bytes) => Math.round(bytes / MB));
    return [
      {
        name: `memory while a file of ${LARGE / MB} MB passes from MAX to HTTP, beyond that for ${SMALL / MB} MB`,
        value: made.difference / MB,
        unit: "MB",
        aim: { atMost: 64 },
        detail: `${large} MB, ${small} MB; ${made.count} pairs`,
      },
    ];
  } finally {
    await running.stop();
    await core.close();
    http.close();
    max.close();
  }
};
