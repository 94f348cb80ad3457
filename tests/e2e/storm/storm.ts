import { readFile } from "node:fs/promises";
import path from "node:path";
import { Agent, request } from "undici";
import { fastClock } from "../../../bridge/clock.ts";
import { type Failpoint, failpointNames } from "../../../bridge/failpoint.ts";
import { startMaxSimulator } from "../../../simulators/max/server.ts";
import { type Trouble, troubleNames } from "../../../simulators/max/troubles.ts";
import { root, tls } from "../../max-bot/tls.helper.ts";
import { configuredBridge } from "../configured-bridge.ts";
import type { Running } from "../processes.ts";
import { Chance } from "./chance.ts";
import { type Kind, Posts } from "./posts.ts";
import { readRoom } from "./readers.ts";
import { Skies } from "./skies.ts";
import { limits } from "./weather.ts";

export interface StormOptions {
  readonly announcements: number;
  /** Kills at moments that chance chooses, at least as many as there are troubles that only a restart ends. */
  readonly moments: number;
  readonly seed: number;
  /** The command line that runs, from the project's root; absent: that of the sources. */
  readonly program?: string;
  /** Told how it goes on. */
  readonly say: (line: string) => void;
}

export interface StormResult {
  /** What went wrong; empty: nothing. */
  readonly wrong: readonly string[];
  readonly announcements: number;
  readonly edits: number;
  readonly removals: number;
  readonly kills: number;
  /** How often the bridge met each of MAX's troubles. */
  readonly met: Readonly<Record<string, number>>;
}

/** So many times as fast as the world do bridge and MAX live. */
const SPEED = 30;
/** The longest that anything is waited for, ms of the world's time. */
const PATIENCE = 180_000;

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How often a state that is waited for is looked at, ms. */
const LOOK = 50;

class Stuck extends Error {}

/** One life of the bridge, from its start until it is killed. */
interface Life {
  /** Where it dies; null: at a moment that chance chooses. */
  readonly failpoint: Failpoint | null;
  /** The trouble that only its end ends. */
  readonly stop: Stop | null;
  readonly posts: number;
}

type Stop = "token" | "deprecated" | "denied" | "removed" | "expired";
const stops: readonly Stop[] = ["token", "deprecated", "denied", "removed", "expired"];

/** A bridge that is killed over and over, before a MAX that fails in every way, while posts go on being published. */
export async function storm(o: StormOptions): Promise<StormResult> {
  const chance = new Chance(o.seed);
  const begun = Date.now();
  const clock = fastClock(SPEED, begun);
  const max = await startMaxSimulator({ port: 0, clock, tls, settings: { ...limits, duplicates: 0.03 } });
  const { control } = max;
  const faculty = control.createChannel({ title: "Факультет" }).chatId;
  const group = control.createChannel({ title: "Группа" }).chatId;
  const bridge = await configuredBridge({
    ...(o.program === undefined ? {} : { program: o.program }),
    token: max.token,
    files: { "root.pem": root },
    env: { POSTERN_TEST_SPEED: `${SPEED}@${begun}` },
    yaml: ({ port }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url}, ca_file: ./root.pem }
rooms:
  one: { type: sealed, title: Первая }
  two: { type: sealed, title: Вторая }
mappings:
  - { source: faculty, channel: ${faculty}, rooms: [one] }
  - { source: faculty, channel: ${group}, rooms: [one, two] }
feed: { listen: "127.0.0.1:${port}", reader: false, limits: { requests_per_minute: 100000, streams: 1000 } }
log: { level: warn }
`,
  });
  const rooms = [
    { name: "one", chats: [faculty, group] },
    { name: "two", chats: [group] },
  ];
  const posts = await Posts.begin({
    control,
    chats: [faculty, faculty, faculty, faculty, group],
    chance,
    now: () => clock.now(),
  });
  const met = (trouble: Trouble): number => control.stats().met[trouble] ?? 0;
  const skies = new Skies(control, chance, met);
  const bridges: Running[] = [];
  const newest = () => bridges.at(-1);
  let alive = false;
  let kills = 0;

  const until = async (what: string, reached: () => boolean | Promise<boolean>): Promise<void> => {
    const end = Date.now() + PATIENCE;
    while (!(await reached())) {
      if (Date.now() > end) throw new Stuck(`${what} did not come; MAX's weather: ${skies.now}`);
      skies.look();
      await rest(LOOK);
    }
  };
  const metAgain = (trouble: Trouble, times: number): Promise<void> => {
    const before = met(trouble);
    return until(`"${trouble}"`, () => met(trouble) >= before + times);
  };

  /** How many records a room's head tells of. */
  const records = async (room: string): Promise<number> => {
    const file = path.join(bridge.folder, "data", "feed", bridge.roomId(room), "head");
    const head = await readFile(file).catch(() => null);
    return head === null ? 0 : Number(head.readBigUInt64BE(23)) + 1;
  };
  /** Posts that have certainly not come to some room yet. */
  const behind = async (): Promise<number> => {
    const each = await Promise.all(
      rooms.map(async ({ name, chats }) => posts.wanted(chats).length - (await records(name))),
    );
    return Math.max(...each);
  };

  /** Publishes `n` posts; a bridge that lives is waited for, so that it is never far behind. */
  const publish = async (n: number, needs: Kind | null = null): Promise<void> => {
    for (let i = 0; i < n; i++) {
      skies.look();
      posts.step((i === 0 ? needs : null) ?? skies.needs());
      skies.next();
      if (i % 5 === 0) strayUpdates(i);
      if (i % 20 !== 19 || !alive) continue;
      await until("the bridge", async () => {
        const pending = control.stats().updates.pending;
        return !alive || (pending < 150 && (await behind()) < 250);
      });
    }
  };

  /** Updates that are about nothing that is known. */
  const strayUpdates = (i: number): void => {
    const [chatId, at] = [chance.pick([faculty, group]), begun - 3_600_000];
    if (i % 3 === 0) control.unknownEdit({ chatId, text: "никто не видел", at });
    else if (i % 3 === 1) control.unknownRemoval({ chatId });
    else control.update({ update: { update_type: "something_new", chat_id: Number(chatId) } });
    if (chance.next() < 0.2) control.repeatUpdates({ last: 3 });
  };

  const start = (failpoint: string | null): Running => {
    const cache = { NODE_COMPILE_CACHE: path.join(bridge.folder, "compiled") };
    const started = bridge.start(failpoint ?? undefined, [], cache);
    bridges.push(started);
    alive = true;
    void started.ended.then(() => {
      if (newest() === started) alive = false;
    });
    return started;
  };
  const kill = async (): Promise<void> => {
    newest()?.process.kill("SIGKILL");
    await newest()?.ended;
    kills++;
  };

  const setBots = (rights: { readonly admin?: boolean; readonly member?: boolean }): void => {
    for (const chatId of [faculty, group]) control.setBot({ chatId, ...rights });
  };

  /** Lives with a trouble that only a restart ends. Ends dead. */
  const stopped = async (stop: Stop, n: number): Promise<void> => {
    if (stop === "deprecated") {
      control.set({ refuse: "deprecated" });
      start(null);
      await metAgain("token_deprecated", 1);
    } else if (stop === "token") {
      start(null);
      await publish(n);
      control.set({ refuse: "token" });
      await metAgain("token_refused", 1);
    } else if (stop === "denied") {
      setBots({ admin: false });
      start(null);
      await metAgain("denied", 2);
      await publish(n);
    } else if (stop === "removed") {
      start(null);
      await publish(Math.ceil(n / 2));
      const denied = metAgain("denied", 2);
      setBots({ member: false });
      await publish(5);
      await denied;
      setBots({ member: true });
      await publish(Math.ceil(n / 2));
    } else {
      await publish(5);
      control.set({ updateTtlMs: 1 });
      start(null);
      await metAgain("updates_expired", 1);
      control.set({ updateTtlMs: 86_400_000 });
      await publish(n);
    }
    await kill();
    control.set({ refuse: "nothing" });
    setBots({ admin: true });
  };

  const live = async ({ failpoint, stop, posts: n }: Life): Promise<void> => {
    if (stop !== null) return stopped(stop, n);
    skies.start();
    if (failpoint === null) {
      start(null);
      await publish(n);
      await rest(chance.below(60));
      return kill();
    }
    // Places that every announcement passes are passed some times before.
    const often = /^(prepare|tx2|tx3|send|carrier\.(segment|head))/.test(failpoint);
    const file = /^(media|file|carrier\.file)/.test(failpoint) ? "file" : null;
    const { ended } = start(`${failpoint}:${often ? 1 + chance.below(Math.max(1, n)) : 1}`);
    await publish(n, file);
    while (alive) {
      await publish(1, file);
      await Promise.race([ended, rest(500)]);
    }
    if ((await ended) !== "SIGKILL") throw new Stuck(`it ended by itself before ${failpoint}`);
    kills++;
  };

  const wrong: string[] = [];
  try {
    // Nothing was ever committed: both ways of answering without a marker are met, and no post is older than the start.
    for (const [failpoint, noMarker] of [
      ["tx1.before", "latest"],
      ["tx1.inside", "uncommitted"],
    ] as const) {
      control.set({ noMarker });
      await start(failpoint).ended;
      kills++;
    }
    const first = start(null);
    await first.line(/The bridge runs/);
    await until("the first look", () => control.stats().updates.waiting > 0);
    first.process.kill("SIGTERM");
    await first.ended;

    for (const life of plan(o, chance)) {
      await live(life);
      o.say(
        `${posts.all.length} announcements, ${kills} kills, the last ${life.failpoint ?? life.stop ?? "anywhere"}`,
      );
    }
    const last = start(null);
    while (posts.all.length < o.announcements)
      await publish(Math.min(20, o.announcements - posts.all.length));
    while (!skies.clear) {
      await publish(1);
      await until("the weather", skies.patience());
    }
    control.set({ duplicates: 0 });
    control.clearFaults();
    o.say("all is published");
    await strangers(max.url, max.token);
    await until("the last update", () => control.stats().updates.pending === 0);
    const read = async ({ name, chats }: (typeof rooms)[number]): Promise<void> => {
      const reading = { link: bridge.link(name), wanted: posts.wanted(chats), patience: PATIENCE };
      const differs = await readRoom({ ...reading, clock: { speed: SPEED, since: begun } });
      if (differs !== null) wrong.push(`room ${name}: ${differs}`);
      o.say(`room ${name}: ${differs ?? "right"}`);
    };
    await Promise.all(rooms.map(read));
    last.process.kill("SIGTERM");
    const how = await last.ended;
    if (how !== 0) wrong.push(`the last one ended by ${how}: ${last.output().slice(-2000)}`);
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    wrong.push(`${error.message}; the bridge says: ${newest()?.output().slice(-2000)}`);
  } finally {
    newest()?.process.kill("SIGKILL");
    await newest()?.ended;
    await max.close();
    await bridge.remove();
  }
  const stats = control.stats();
  if (stats.writes > 0) wrong.push(`the bridge tried to write into MAX ${stats.writes} times`);
  if (stats.mediaWithToken > 0) wrong.push(`the token went to media ${stats.mediaWithToken} times`);
  for (const trouble of troubleNames)
    if ((stats.met[trouble] ?? 0) === 0) wrong.push(`"${trouble}" was never met`);
  const { edits, removals } = posts;
  return { wrong, announcements: posts.all.length, edits, removals, kills, met: stats.met };
}

/** The lives in which the bridge is killed: once at every named place, and at moments. */
function plan(o: StormOptions, chance: Chance): readonly Life[] {
  const moments = Math.max(o.moments, stops.length);
  const lives = [
    ...failpointNames
      .filter((name) => name !== "tx1.before" && name !== "tx1.inside")
      .map((failpoint) => ({ failpoint, stop: null })),
    ...Array.from({ length: moments }, (_, i) => ({ failpoint: null, stop: stops[i] ?? null })),
  ];
  // Half as many to three halves as many posts as their even share.
  const share = Math.floor((o.announcements * 0.9) / lives.length);
  return chance.shuffled(lives).map((life) => ({ ...life, posts: Math.ceil(share * (0.5 + chance.next())) }));
}

/** Other programs of the same bot that are out of date: what they meet, a bridge never asks for. */
async function strangers(url: string, token: string): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: root } });
  for (const old of ["/chats", `/me?access_token=${token}`]) {
    const { body } = await request(url + old, { dispatcher, headers: { authorization: token } });
    await body.dump();
  }
  await dispatcher.close();
}
