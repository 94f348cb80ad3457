/**
 * Passes a small and a large file from MAX to a destination (`http`, or a `matrix` or `telegram` room), through a bridge in a process of its own that did
 * nothing before. Tells its parent the most memory during each, bytes.
 */
import { createMaxBotSource } from "../adapters/max-bot/source.ts";
import { systemClock, systemRandom } from "../bridge/clock.ts";
import { ChannelId } from "../bridge/model/ids.ts";
import { benchCore, SOURCE } from "./core.ts";
import { httpDestination } from "./http-destination.ts";
import { startLocalHttp } from "./local-http.ts";
import { matrixRoom } from "./matrix-room.ts";
import { startMax } from "./max.ts";
import { runCore } from "./running.ts";
import { telegramRoom } from "./telegram-room.ts";

/** How often memory is looked at, ms. */
const EVERY = 10;

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
const [where, ...sizes] = process.argv.slice(2);
const kinds = { matrix: matrixRoom, telegram: telegramRoom, http: httpDestination };
const kind = where === "matrix" || where === "telegram" ? where : "http";
const destinations = core.rooms.map((room) => kinds[kind](room, core.bridge, http));
const running = runCore(core, source, destinations, (d) => {
  // What went ahead without its file is followed by it.
  if (d.media.length > 0 && d.media.every((m) => m.state.kind === "ready")) delivered++;
});
/** The most memory while a file of `size` bytes passes. */
async function pass(size: number): Promise<number> {
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
}
const [small = 0, large = 0] = sizes.map(Number);
try {
  await running.reading;
  process.send?.({ small: await pass(small), large: await pass(large) });
} finally {
  await running.stop();
  await core.close();
  http.close();
  max.close();
}
process.disconnect?.();
