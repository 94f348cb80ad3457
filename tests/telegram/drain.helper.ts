import { telegramDestination } from "../../adapters/telegram/destination.ts";
import { ChatId } from "../../adapters/telegram/ids.ts";
import { createOwnPosts } from "../../adapters/telegram/own-posts.ts";
import { createPaced } from "../../adapters/telegram/pace.ts";
import { createRates } from "../../adapters/telegram/rates.ts";
import { createBridge } from "../../bridge/bridge.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { runIntake } from "../../bridge/intake.ts";
import { ChannelId, Cursor, MappingName, RoomName } from "../../bridge/model/ids.ts";
import { createWorker } from "../../bridge/outbox/worker.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { boundless } from "../../bridge/space.ts";
import { readyDatabase } from "../../bridge/store/db.ts";
import { createVault } from "../../bridge/vault/vault.ts";
import { publishedLimits } from "../../simulators/telegram/settings.ts";
import type { Telegram } from "../../simulators/telegram/telegram.ts";
import { mapping, post, posted, SOURCE } from "../core.helper.ts";
import { Chance } from "../sim/chance.ts";
import { Durable } from "../sim/database.ts";
import { SimulatedDisk } from "../sim/disk.ts";
import { scenarioOf } from "../sim/scenario.ts";
import { standIn } from "../sim/stand-in.ts";
import { World } from "../sim/world.ts";
import { apiOf, chatIn, simulated } from "./simulated.helper.ts";

export interface Drained {
  /** From the first request to the last, ms on the simulated clock. */
  readonly took: number;
  /** What the published buckets allow at best, ms. */
  readonly ideal: number;
  readonly refused: number;
  /** Requests that came before the time which a 429 had named. */
  readonly early: number;
  /** Posts that are not there once and in their order. */
  readonly wrong: readonly string[];
}

/** The least time for so many messages, spread evenly over so many channels, by the buckets that Telegram publishes. */
function idealOf(channels: number, each: number): number {
  const { perSecond, burst, chatPerSecond, groupPerMinute, groupBurst } = publishedLimits;
  const all = (channels * each - burst) / perSecond;
  const one = Math.max((each - 1) / chatPerSecond, ((each - groupBurst) * 60) / groupPerMinute);
  return Math.max(all, one, 0) * 1_000;
}

/** Posts `each` announcements to each of so many channels at once, and lets the bridge send them. */
export async function drain(
  channels: number,
  each: number,
  provoke: (telegram: Telegram, at: (ms: number, what: () => void) => void) => void = () => {},
): Promise<Drained> {
  const world = new World({ ...scenarioOf(1), faults: [], crashes: [] }, false);
  const lib = standIn(await ready(), new Chance(1, 3));
  const vault = createVault(lib, new Uint8Array(32).fill(42));
  const durable = new Durable(true);
  if (!readyDatabase(durable.db, vault).ok) throw new Error("no database");
  const life = { number: 1, dead: false, freeze: () => durable.freeze() };
  const clock = world.clock(life);
  const telegram = simulated(clock, { limits: publishedLimits, recordBytes: 0 });
  const rooms = Array.from({ length: channels }, (_, i) => ({
    name: RoomName.parse(`room${String(i).padStart(3, "0")}`),
    channel: ChannelId.parse(`-${1_000 + i}`),
    chat: ChatId.parse(-1_001_000_000_000 - i),
  }));
  const chats = rooms.map(({ chat }) => chatIn(telegram, chat));
  const mappings = rooms.map(({ name, channel }) =>
    mapping({ name: MappingName.parse(name), channel, rooms: [name] }),
  );
  const info = { title: "Расписание", zone: "Europe/Moscow", lang: "ru", history: 14, origins: [] } as const;
  const timing = { slots: [], jitter: 0, silentHours: null };
  const bridge = createBridge({
    lib,
    vault,
    db: durable.db,
    disk: new SimulatedDisk(world).of(life),
    dataFolder: "/data",
    mappings,
    rooms: new Map(rooms.map(({ name }) => [name, { info, timing }])),
    clock,
    random: world.chance,
    failpoints: noFailpoints,
  });
  const events = rooms.flatMap(({ channel }, room) =>
    Array.from({ length: each }, (_, n) => posted(post(room * each + n + 1, `Пост №${n + 1}`, { channel }))),
  );
  await runIntake(
    {
      source: {
        name: SOURCE,
        media: async () => ({ kind: "gone" }),
        gone: async () => "unknown",
        check: async () => [],
        async *events() {
          yield { kind: "batch", events, cursor: Cursor.parse("1"), readAt: clock.now() };
        },
      },
      outbox: bridge.outbox,
      mappings,
      clock,
      failpoints: noFailpoints,
      space: boundless(clock),
      lang: () => "ru",
      report: () => {},
    },
    new AbortController().signal,
  );

  let early = 0;
  let until = 0;
  const net = apiOf(telegram, clock, () => clock.sleep(world.chance.between(10, 60)));
  const keep = bridge.store.kept.of("telegram.bot");
  const rates = createRates({ clock, until: null, keep: () => {}, used: { until: null, put: () => {} } });
  const posts = createOwnPosts();
  const api = createPaced(
    {
      async call(call, signal) {
        if (clock.now() < until) early++;
        const answer = await net.call(call, signal);
        if (answer.kind === "limited")
          void world.breathe().then(() => {
            until = Math.max(until, answer.until);
          });
        return answer;
      },
    },
    rates,
    clock,
  );
  const destinations = rooms.map(({ name, chat }) =>
    telegramDestination({
      room: name,
      api,
      posts,
      place: () => chat,
      topic: null,
      probe: () => true,
      unsure: "resend",
      spooled: bridge.spooled,
      notBefore: rates.notBefore,
      changed: () => {},
      keep,
      held: () => false,
      receiptOf: (announcement, part) => bridge.store.map.receiptOf(name, announcement, part),
      lang: "ru",
      allows: bridge.allows,
      largestFile: 50_000_000,
      elsewhere: () => null,
      clock,
      random: world.chance,
      failpoints: noFailpoints,
    }),
  );
  const stop = new AbortController();
  const worker = createWorker({
    outbox: bridge.outbox,
    destinations: new Map(destinations.map((d) => [d.room, d])),
    clock,
    random: world.chance,
    failpoints: noFailpoints,
    space: boundless(clock),
    concurrency: 8,
    report: () => {},
  });
  const from = world.mono;
  provoke(telegram, (ms, what) => world.later(from + ms, what));
  const ended = worker.run(stop.signal, new AbortController().signal);
  const sent = () => telegram.journal.entries.filter((e) => e.done).length;
  for (let steps = 0; sent() < channels * each; steps++) {
    await world.breathe();
    if (!world.step() || steps > 200_000) break;
  }
  const took = (telegram.journal.entries.at(-1)?.at ?? 0) - (world.sourceNow() - world.mono + from);
  stop.abort();
  for (let over = false; !over; ) {
    void ended.then(() => {
      over = true;
    });
    await world.breathe();
    if (!over) world.step();
  }
  durable.close();
  const wrong = chats.flatMap((chat) => {
    const said = [...chat.messages.values()].map((m) =>
      m.content.kind === "text" ? m.content.body.text : "",
    );
    const right = Array.from({ length: each }, (_, n) => `Пост №${n + 1}`);
    return said.join() === right.join() ? [] : [`${chat.id}: ${said.join()}`];
  });
  const refused = telegram.journal.entries.filter((e) => e.status === 429).length;
  return { took, ideal: idealOf(channels, each), refused, early, wrong };
}
