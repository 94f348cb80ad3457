import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Failpoint } from "../../../bridge/failpoint.ts";
import { generateBytes } from "../../../simulators/max/generated.ts";
import type { Running } from "../processes.ts";
import { startWorld, type World } from "./bridge.helper.ts";
import { faults, type Rule } from "./faults.helper.ts";
import type { Homeserver } from "./homeserver.helper.ts";
import { type Reader, shown, startReader, type Told } from "./nio.helper.ts";

/** Where a trial kills the bridge: at a place of its own, or when the homeserver is told of something. */
export interface Kill {
  readonly name: string;
  readonly failpoint?: Failpoint;
  /** Laid on the way to the homeserver; `kill` ends the bridge at that moment. */
  readonly rule?: (kill: () => void) => Rule;
  /** It happens to posts with files alone. */
  readonly files?: boolean;
}

const at = (failpoint: Failpoint, files = false): Kill => ({ name: failpoint, failpoint, files });
const SEND = /\/send\/m\.room\.encrypted\//;
const sending = (name: string, fault: Rule["fault"], more: Partial<Rule> = {}, files = false): Kill => ({
  name,
  files,
  rule: (kill) => ({ method: "PUT", path: SEND, fault, times: 1, met: kill, ...more }),
});
/** The answer is lost once and the bridge lives on, until it comes to a place of its own. */
const dropped = (failpoint: Failpoint): Kill => ({
  name: `answer lost, ${failpoint}`,
  failpoint,
  rule: () => ({ method: "PUT", path: SEND, fault: faults.cutAfter, times: 1 }),
});

/** Every step of sending; those before all others first. */
export const kills: readonly Kill[] = [
  sending("after the homeserver's acceptance", faults.cutAfter),
  sending("before the request arrives", faults.cutBefore),
  at("tx2.after"),
  at("prepare.before"),
  sending("after the acceptance of the second event", faults.cutAfter, { skip: 1 }, true),
  at("upload.after", true),
  dropped("tx3.before"),
  sending("within its answer", faults.cutWithin),
  at("event.after"),
  at("tx3.inside"),
  at("upload.before", true),
  at("encrypted.after"),
  at("tx2.before"),
  at("tx2.inside"),
  at("send.before"),
  at("event.before"),
  at("send.after"),
  at("tx3.before"),
  at("tx3.after"),
  sending("before the second event arrives", faults.cutBefore, { skip: 1 }, true),
  dropped("send.after"),
  dropped("tx3.after"),
];

/** What lies between two lives, in turn: the homeserver is away for 25 hours, the account is logged in anew, or both. */
const between = ["outage", "", "login", "outage and login", "", "", "", ""];

export interface TrialsOptions {
  readonly server: Homeserver;
  readonly seed: number;
  /** How many kills. */
  readonly trials: number;
  /** Bridges that are killed at the same time, each with a room of its own. */
  readonly lanes: number;
  /** The command line that runs; absent: that of the sources. */
  readonly program?: string;
  readonly say: (line: string) => void;
}

export interface TrialsResult {
  readonly trials: number;
  readonly outages: number;
  readonly logins: number;
  /** How often the bridge died where. */
  readonly killed: ReadonlyMap<string, number>;
  /** What a student sees and should not, or should see and does not; empty: exactly what was published, in its order. */
  readonly wrong: readonly string[];
  /** Events of the bridge that do not open. */
  readonly closed: number;
  /** The same edit sent twice. */
  readonly repeated: number;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Post {
  readonly mid: string;
  text: string;
  /** SHA-256 of its files. */
  readonly files: readonly string[];
  /** How far the homeserver's clock was ahead when it was published, ms. */
  readonly ahead: number;
  removed: boolean;
}

/** Changes of older posts are found by updates alone, and an outage can outlive these: no bridge promises them. */
const FOUND = 6 * 86_400_000;

/** One channel, bridge, room and student. */
interface Lane {
  readonly server: Homeserver;
  readonly world: World;
  readonly nio: Reader;
  readonly posts: Post[];
  readonly dice: () => number;
  /** Hashes of files that were fetched already, by their place on the homeserver. */
  readonly fetched: Map<string, string>;
}

const pick = <T>(dice: () => number, from: readonly T[]): T => {
  const one = from[Math.floor(dice() * from.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
};

const shuffled = <T>(list: readonly T[], dice: () => number): readonly T[] =>
  list
    .map((one) => ({ one, at: dice() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);

async function makeLane({ server, program }: TrialsOptions, seed: number): Promise<Lane> {
  const which = program === undefined ? {} : { program };
  const world = await startWorld({ server, seed, mapping: "edits: replace, silence: off", ...which });
  const nio = await startReader({ url: server.url, account: await server.register("student") });
  await world.invite(nio.user);
  await nio.join(world.room);
  const first = world.start();
  await world.reading();
  await world.stop(first);
  return { server, world, nio, posts: [], dice: seeded(seed), fetched: new Map() };
}

/** Something happens in the channel; what it should come to is remembered. */
function happen(lane: Lane, n: number, files: boolean): void {
  const { world, posts, dice } = lane;
  const { control } = world.max;
  const { ahead } = lane.server;
  const there = posts.filter((post) => !post.removed && ahead - post.ahead < FOUND);
  const roll = files || there.length < 2 ? 0 : dice();
  if (roll > 0.9) {
    const post = pick(dice, there);
    post.removed = true;
    control.remove({ mid: post.mid });
    // Something is published, too: where the removed one was never sent, nothing else would be, and nobody killed.
  } else if (roll > 0.7) {
    const post = pick(dice, there);
    post.text = `Пост ${n}: уточнено, ${post.text}`;
    control.edit({ mid: post.mid, text: post.text });
    return;
  }
  const text = `Пост ${n}: занятие в ${Math.floor(dice() * 12) + 8}:00`;
  const hashes: string[] = [];
  const attachments = Array.from({ length: files || dice() < 0.3 ? 2 : 0 }, (_, i) => {
    const size = 1_000 + Math.floor(dice() * 20_000);
    const seed = n * 10 + i;
    const { mediaId } = control.addMedia({ generated: { size, seed }, filename: "план.bin" });
    const hash = createHash("sha256");
    for (const chunk of generateBytes({ size, seed, head: new Uint8Array() }, 0, size)) hash.update(chunk);
    hashes.push(hash.digest("hex"));
    return { type: "file" as const, media: mediaId };
  });
  const { mid } = control.publish({ chatId: world.channel, text, attachments });
  posts.push({ mid, text, files: hashes, ahead, removed: false });
}

/** Lives until it is killed where the trial says; null: so it was, else how it ended and what it printed last. */
async function trial(lane: Lane, n: number, kill: Kill): Promise<string | null> {
  const { world, dice } = lane;
  const early = dice() < 0.3;
  if (early) happen(lane, n, kill.files === true);
  let running: Running | null = null;
  const laid = kill.rule?.(() => running?.process.kill("SIGKILL"));
  if (laid !== undefined) world.proxy.lay(laid);
  running = world.start(kill.failpoint);
  if (!early) happen(lane, n, kill.files === true);
  const late = setTimeout(() => running?.process.kill("SIGTERM"), 60_000);
  const how = await running.ended;
  clearTimeout(late);
  world.proxy.clear();
  world.proxy.forget();
  return how === "SIGKILL" ? null : `ended (${how}): ${running.output().slice(-1_000)}`;
}

/** What a student should see of the bridge: text and files of each post, in order. */
async function seenBy(lane: Lane, events: readonly Told[]): Promise<readonly string[]> {
  const out: string[] = [];
  for (const message of shown(events)) {
    if (!message.sender.startsWith("@bot")) continue;
    if (message.file === null) out.push(message.body);
    else {
      const { url } = message.file;
      const hash = lane.fetched.get(url) ?? (await lane.nio.download(message.file)).sha256;
      lane.fetched.set(url, hash);
      out.push(hash);
    }
  }
  return out;
}
const wanted = (lane: Lane): readonly string[] =>
  lane.posts.filter((post) => !post.removed).flatMap((post) => [post.text, ...post.files]);

function differences(lane: Lane, seen: readonly string[]): readonly string[] {
  const want = wanted(lane);
  const wrong = want.filter((one) => !seen.includes(one)).map((one) => `lost: ${one}`);
  for (const [i, one] of seen.entries()) {
    if (!want.includes(one)) wrong.push(`should not be there: ${one}`);
    else if (seen.indexOf(one) !== i) wrong.push(`doubled: ${one}`);
  }
  if (wrong.length === 0 && !isDeepStrictEqual(seen, want)) wrong.push("out of order");
  return wrong;
}

/** Lives without faults until everything is there, or long enough. */
async function settle(lane: Lane) {
  const last = lane.world.start();
  // A lane is first in, first out: when this is there, all before it is settled for good.
  const text = "Последний пост";
  lane.posts.push({
    mid: lane.world.publish(text),
    text,
    files: [],
    ahead: lane.server.ahead,
    removed: false,
  });
  const until = performance.now() + 90_000;
  let wrong: readonly string[] = [];
  let events: readonly Told[] = [];
  do {
    await pause(300);
    events = await lane.nio.timeline(lane.world.room);
    wrong = differences(lane, await seenBy(lane, events));
  } while (wrong.length > 0 && performance.now() < until);
  await lane.world.stop(last);
  const own = events.filter((event) => event.encrypted && event.sender.startsWith("@bot") && !event.redacted);
  const edits = own
    .filter((event) => JSON.stringify(event.content["m.relates_to"] ?? null).includes("m.replace"))
    .map((event) => JSON.stringify(event.content));
  return {
    wrong,
    closed: own.filter((event) => !event.opens).length,
    repeated: edits.length - new Set(edits).size,
  };
}

/**
 * Kills bridges at every step of sending, in lanes side by side; now and then the homeserver is away for 25 hours, in
 * which it forgets its transaction ids, or the account is logged in anew before the next life. Each life is killed at
 * the place of the next trial, so that what comes back is killed too. In the end a student of another make sees exactly
 * what was published.
 */
export async function trials(o: TrialsOptions): Promise<TrialsResult> {
  const dice = seeded(o.seed);
  const lanes: Lane[] = [];
  try {
    for (let i = 0; i < o.lanes; i++) lanes.push(await makeLane(o, o.seed + i));
    const killed = new Map<string, number>();
    const wrong: string[] = [];
    let [done, outages, logins] = [0, 0, 0];
    // Each place comes once before any comes again.
    let left: readonly Kill[] = kills;
    for (let round = 0; done < o.trials; round++) {
      const now = lanes.slice(0, o.trials - done);
      const chosen: Kill[] = [];
      for (const _ of now) {
        if (left.length === 0) left = shuffled(kills, dice);
        chosen.push(...left.slice(0, 1));
        left = left.slice(1);
      }
      const first = done + 1;
      const lives = chosen.map(async (kill, i) => {
        const lane = now[i];
        const otherwise = lane === undefined ? "no lane" : await trial(lane, first + i, kill);
        if (otherwise !== null)
          return void wrong.push(`trial ${first + i}: not killed ${kill.name}, ${otherwise}`);
        killed.set(kill.name, (killed.get(kill.name) ?? 0) + 1);
      });
      await Promise.all(lives);
      done += now.length;
      const what = between[round % between.length] ?? "";
      if (what.includes("outage")) {
        outages++;
        await o.server.outage();
      }
      if (what.includes("login"))
        for (const lane of now) {
          logins++;
          await lane.world.login();
        }
      if (Math.floor(done / 20) > Math.floor((first - 1) / 20)) o.say(`${done} of ${o.trials} kills`);
    }
    const ends = await Promise.all(lanes.map(settle));
    return {
      trials: done,
      outages,
      logins,
      killed,
      wrong: [...wrong, ...ends.flatMap((end) => end.wrong)],
      closed: ends.reduce((sum, end) => sum + end.closed, 0),
      repeated: ends.reduce((sum, end) => sum + end.repeated, 0),
    };
  } finally {
    await Promise.all(lanes.flatMap((lane) => [lane.world.close(), lane.nio.close()]));
  }
}
