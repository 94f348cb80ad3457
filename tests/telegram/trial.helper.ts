import type { Api, Call } from "../../adapters/telegram/api.ts";
import { telegramDestination } from "../../adapters/telegram/destination.ts";
import { answerHeld, heldOf } from "../../adapters/telegram/held.ts";
import { keptOf } from "../../adapters/telegram/kept.ts";
import { createOwnPosts } from "../../adapters/telegram/own-posts.ts";
import { createPaced } from "../../adapters/telegram/pace.ts";
import { progressOf } from "../../adapters/telegram/progress.ts";
import { createRates } from "../../adapters/telegram/rates.ts";
import { type Bridge, createBridge } from "../../bridge/bridge.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import type { SourceEvent } from "../../bridge/model/source.ts";
import { type Runtime, startRuntime } from "../../bridge/runtime.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { readyDatabase } from "../../bridge/store/db.ts";
import { createVault } from "../../bridge/vault/vault.ts";
import type { Chat } from "../../simulators/telegram/model.ts";
import { publishedLimits } from "../../simulators/telegram/settings.ts";
import type { Telegram } from "../../simulators/telegram/telegram.ts";
import { mapping, open, ScriptedSource } from "../core.helper.ts";
import { Chance } from "../sim/chance.ts";
import { Durable } from "../sim/database.ts";
import { SimulatedDisk } from "../sim/disk.ts";
import { type CrashPlan, type Scenario, scenarioOf } from "../sim/scenario.ts";
import { standIn } from "../sim/stand-in.ts";
import { type Life, World } from "../sim/world.ts";
import { apiOf, chatIn, simulated } from "./simulated.helper.ts";
import { events, POSTS, points, rooms } from "./trial-plan.helper.ts";
import { judge, ofAlbum } from "./verdict.helper.ts";

export interface TrialResult {
  readonly violations: readonly string[];
  readonly deaths: number;
  /** Sends that nobody knows the outcome of, and those of them that cannot be looked for. */
  readonly unknown: number;
  readonly doubles: number;
  readonly probes: number;
  readonly story: readonly string[];
}

const MOST_STEPS = 40_000;
const Sent = /^send/;

type Living = Life & { readonly bridge: Bridge; readonly keep: Keep; runtime: Runtime | null };

export interface TrialOptions {
  /** Ids that skip. Without, they rise by one, whoever else posts. */
  readonly skipping?: boolean;
  readonly told?: boolean;
}

/** In a quarter of the trials ids skip: then a post that was looked for may come twice, but none is lost. */
export const isSkipping = (seed: number): boolean => seed % 4 === 3;
/** In another quarter half of the albums are not taken, so that their files are sent one by one. */
const isApart = (seed: number): boolean => seed % 4 === 1;

/** One trial: plays the seed over as many lives as it takes, and judges what members of the rooms see then. */
export async function trial(seed: number, o: TrialOptions = {}): Promise<TrialResult> {
  const chance = new Chance(seed, 7);
  const crashes: CrashPlan[] = Array.from({ length: chance.between(1, 4) }, () => ({
    point: chance.pick(points),
    skip: chance.between(0, 12),
  }));
  const scenario: Scenario = { ...scenarioOf(seed), faults: [], crashes };
  const world = new World(scenario, o.told === true);
  const play = new Play(seed, world, chance, o);
  await play.toTheEnd();
  return play.result();
}

class Play {
  readonly #world: World;
  readonly #seed: number;
  readonly #disk: SimulatedDisk;
  readonly #durable = new Durable(false);
  readonly #telegram: Telegram;
  readonly #chats = new Map<RoomName, Chat>();
  readonly #source: ScriptedSource;
  readonly #events: ReturnType<typeof events>;
  readonly #mappings = [
    mapping({ rooms: rooms.map((room) => room.name), edits: "announce", removals: "remove" }),
  ];
  /** Sends of which nobody knows what came of them. */
  readonly #unknown = new Map<RoomName, number>();
  /** Since when a room's last send is counted among them, ms; a life that ends does not count it again. */
  readonly #counted = new Map<RoomName, number>();
  readonly #strict: boolean;
  #probes = 0;
  /** The latest time that a 429 which was heard has named. */
  #limitedUntil = 0;
  /** The newest message that the admin knows of, by room. */
  readonly #looked = new Map<RoomName, number>();
  #told: "nothing" | "first" | "all" = "nothing";
  #doubles = 0;
  #lives = 0;

  constructor(seed: number, world: World, chance: Chance, o: TrialOptions) {
    this.#seed = seed;
    this.#world = world;
    this.#strict = o.skipping !== true;
    this.#disk = new SimulatedDisk(world);
    const clock = { now: () => world.sourceNow(), sleep: async () => {} };
    this.#telegram = simulated(clock, {
      limits: publishedLimits,
      seed,
      recordBytes: 0,
      interleaveChance: seed % 3 === 0 ? 0 : 0.3,
      skipChance: o.skipping === true ? 0.3 : 0,
    });
    for (const { name, chat } of rooms) {
      const made = chatIn(this.#telegram, chat);
      this.#chats.set(name, made);
      made.lastId = 1;
    }
    const limited = { status: 429, description: "Too Many Requests: retry after 4", retryAfter: 4 };
    const notTaken = { status: 400, description: "Bad Request: group send failed" };
    const rules: Parameters<Telegram["faults"]["chance"]>[0]["rules"] = [
      { probability: 0.08, fault: { kind: "accepted_then_dropped" } },
      { probability: 0.06, fault: { kind: "dropped" } },
      { probability: 0.02, fault: { kind: "hang", accepted: seed % 2 === 0 } },
      { probability: 0.02, fault: { kind: "bad_gateway", accepted: true }, method: "send*" },
      { probability: 0.03, fault: { kind: "status", ...limited } },
      {
        probability: isApart(seed) ? 0.5 : 0,
        fault: { kind: "status", ...notTaken },
        method: "sendMediaGroup",
      },
    ];
    this.#telegram.faults.chance({ seed, rules });
    this.#source = new ScriptedSource(clock);
    this.#events = events(chance);
    for (let n = 1; n <= POSTS; n++)
      for (let i = 0; i < 3; i++)
        this.#source.files.set(`f${n}.${i}`, () => open(Buffer.from(`%PDF-1.4 ${n} ${i}`)));
  }

  /** The way to Telegram in one life. A life may end before a request has arrived, and after it. */
  #api(life: Living): Api {
    const way = apiOf(this.#telegram, this.#world.clock(life), (at, call) =>
      this.#world.outside(life, `${at} ${call.method}`),
    );
    return {
      call: async (call: Call, signal) => {
        if (call.method === "editMessageReplyMarkup") this.#probes++;
        if (this.#world.now() < this.#limitedUntil)
          this.#world.wrong(`${call.method} before the time of a 429`);
        const room = Sent.test(call.method) ? rooms.find((r) => r.chat === call.payload.chat_id) : undefined;
        if (room !== undefined) this.#counted.delete(room.name);
        const answer = await way.call(call, signal);
        if (answer.kind === "limited")
          // What leaves in this very moment cannot know of it yet.
          void this.#world.breathe().then(() => {
            if (!life.dead) this.#limitedUntil = Math.max(this.#limitedUntil, answer.until);
          });
        this.#world.note(`${call.method} ${answer.kind === "refused" ? answer.why : answer.kind}`);
        if (answer.kind === "lost" && room !== undefined) this.#countUnknown(room.name, this.#world.now());
        return answer;
      },
    };
  }

  #countUnknown(room: RoomName, at: number): void {
    if (this.#counted.get(room) === at) return;
    this.#counted.set(room, at);
    this.#unknown.set(room, (this.#unknown.get(room) ?? 0) + 1);
  }

  #begin(real: Awaited<ReturnType<typeof ready>>): Living {
    const world = this.#world;
    const lib = standIn(real, new Chance(this.#seed, 3));
    const vault = createVault(lib, new Uint8Array(32).fill(42));
    const { db } = this.#durable;
    const opened = readyDatabase(
      db,
      createVault(standIn(real, new Chance(this.#seed, 4)), new Uint8Array(32).fill(42)),
    );
    if (!opened.ok) throw new Error(opened.problem.code);
    const life: Life = { number: ++this.#lives, dead: false, freeze: () => this.#durable.freeze() };
    const clock = world.clock(life);
    const failpoints = world.failpoints(life);
    const random = world.chance;
    const info = {
      title: "Расписание",
      zone: "Europe/Moscow",
      lang: "ru",
      history: 14,
      origins: [],
    } as const;
    const timing = { slots: [], jitter: 0, silentHours: null };
    const bridge = createBridge({
      lib,
      vault,
      db,
      disk: this.#disk.of(life),
      dataFolder: "/data",
      mappings: this.#mappings,
      rooms: new Map(rooms.map(({ name }) => [name, { info, timing }])),
      clock,
      random,
      failpoints,
    });
    const keep = bridge.store.kept.of("telegram.bot");
    const living: Living = Object.assign(life, { bridge, keep, runtime: null });
    // Each room has had a post before: of the very first in a chat nobody knows where to look for it.
    for (const { name, chat } of rooms)
      if (this.#lives === 1) keep.put(`progress/${name}`, { delivery: null, own: { chat, ids: [1] } });
    for (const { name } of rooms) {
      const begun = progressOf(keep, name).get()?.begun ?? null;
      if (begun !== null && !begun.asked) this.#countUnknown(name, begun.at);
    }
    const kept = keptOf(keep);
    const rates = createRates({ clock, until: kept.limited.get(), keep: kept.limited.put });
    const api = createPaced(this.#api(living), rates, clock);
    const posts = createOwnPosts();
    const destinations = rooms.map((room) =>
      telegramDestination({
        room: room.name,
        api,
        posts,
        place: () => room.chat,
        topic: null,
        probe: () => room.probe,
        unsure: room.unsure,
        spooled: bridge.spooled,
        notBefore: rates.notBefore,
        changed: () => world.wrong(`${room.name}: a message of ours was changed by a look for another`),
        keep,
        held: () => false,
        receiptOf: (announcement, part) => bridge.store.map.receiptOf(room.name, announcement, part),
        lang: "ru",
        allows: bridge.allows,
        largestFile: 50_000_000,
        elsewhere: () => null,
        clock,
        random,
        failpoints,
      }),
    );
    const start = (): Runtime =>
      startRuntime({
        bridge,
        vault,
        sources: [this.#source],
        carriers: [],
        destinations,
        mappings: this.#mappings,
        lang: () => "ru",
        clock,
        random,
        failpoints,
        reports: {
          intake() {},
          delivery: (d, outcome) => {
            world.note(
              `${d.room} ${d.action} ${d.part} ${outcome.kind} ${"code" in outcome ? outcome.code : ""}`,
            );
            if (outcome.kind === "refused")
              world.wrong(`${d.room}: ${d.action} was refused: ${outcome.code}`);
          },
          media() {},
          carrier() {},
        },
        filesAtOnce: 2,
        fileDeadline: () => 60_000,
        copied: () => {},
      });
    const broke = (error: unknown): void => {
      if (!life.dead) world.wrong(`it broke: ${error instanceof Error ? error.stack : "?"}`);
    };
    // What a crash left is cleared away first, which takes its time.
    bridge.sweep().then(() => {
      living.runtime = start();
      living.runtime.ended.catch(broke);
    }, broke);
    return living;
  }

  /** The admin looks into the room and answers. */
  #asked(life: Living): void {
    for (const { name } of rooms) {
      if (heldOf(life.keep, name) === null) continue;
      const known = Math.max(progressOf(life.keep, name).own()?.ids.at(-1) ?? 0, this.#looked.get(name) ?? 0);
      const newest =
        [...(this.#chats.get(name)?.messages.values() ?? [])].filter((m) => m.author.isBot).at(-1)?.id ?? 0;
      this.#world.note(`${name}: the admin answers`);
      answerHeld(life.keep, name, newest > known ? "arrived" : "missing");
      this.#looked.set(name, newest);
      life.runtime?.wake();
    }
  }

  #waiting(life: Living): number {
    return life.bridge.store.lanes.lengths().reduce((sum, { n }) => sum + n, 0);
  }

  async toTheEnd(): Promise<void> {
    const world = this.#world;
    const tell = (batch: readonly SourceEvent[]): void => {
      if (batch.length > 0) this.#source.tell(...batch);
    };
    tell(this.#events.first);
    this.#told = "first";
    const real = await ready();
    let life = this.#begin(real);
    for (let steps = 0; world.violations.length === 0; steps++) {
      await world.breathe();
      if (life.dead) {
        this.#durable.next(null);
        life = this.#begin(real);
        await world.breathe();
      }
      const taken = life.bridge.store.sources.cursor(this.#source.name) === String(this.#source.told);
      if (taken && this.#waiting(life) === 0 && life.bridge.store.media.pending(1).length === 0) {
        if (this.#told === "all") break;
        this.#told = "all";
        tell(this.#events.then);
        continue;
      }
      if (!life.dead && steps % 5 === 0) this.#asked(life);
      if (!world.step() || steps > MOST_STEPS) world.wrong("it does not come to rest");
    }
    life.dead = true;
    this.#durable.freeze();
    this.#judge();
    this.#durable.next(null);
    this.#durable.close();
  }

  #judge(): void {
    for (const { name, probe, unsure } of rooms) {
      const chat = this.#chats.get(name);
      if (chat === undefined) throw new Error("no chat");
      const verdict = judge(chat, this.#events.expected, unsure === "hold", isApart(this.#seed));
      const unknown = this.#unknown.get(name) ?? 0;
      this.#doubles += verdict.doubles + verdict.albums;
      for (const what of verdict.wrong) this.#world.wrong(`${name}: ${what}`);
      const bare = [...chat.messages.values()].filter(
        (m) => m.author.isBot && !ofAlbum(m, isApart(this.#seed)) && m.markup === null,
      );
      if (probe && bare.length > 0) this.#world.wrong(`${name}: ${bare.length} have lost their button`);
      if (probe && this.#strict && verdict.doubles > 0)
        this.#world.wrong(`${name}: ${verdict.doubles} that can be looked for came twice`);
      if (verdict.doubles + verdict.albums > (unsure === "hold" ? 0 : unknown))
        this.#world.wrong(`${name}: ${verdict.doubles + verdict.albums} came twice, of ${unknown} unknown`);
    }
  }

  result(): TrialResult {
    const { violations, story, hits } = this.#world;
    const deaths = [...hits.values()].reduce((sum, n) => sum + n, 0);
    return {
      violations,
      deaths,
      unknown: [...this.#unknown.values()].reduce((sum, n) => sum + n, 0),
      doubles: this.#doubles,
      probes: this.#probes,
      story: story ?? [],
    };
  }
}
