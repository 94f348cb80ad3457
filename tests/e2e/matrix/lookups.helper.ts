import { setTimeout as pause } from "node:timers/promises";
import type { World } from "./bridge.helper.ts";
import { type Fault, faults } from "./faults.helper.ts";
import type { Homeserver } from "./homeserver.helper.ts";
import type { Reader } from "./nio.helper.ts";
import { startSecondMachine } from "./second.helper.ts";

/** What a bridge asks before it sends: each may fail in each way. */
export const lookups: ReadonlyMap<string, RegExp> = new Map([
  ["sync", /\/v3\/sync$/],
  ["the room's state", /\/rooms\/[^/]+\/state/],
  ["the room's encryption", /\/state\/m\.room\.encryption/],
  ["members", /\/rooms\/[^/]+\/(joined_)?members$/],
  ["devices", /\/keys\/query$/],
  ["one-time keys", /\/keys\/claim$/],
  ["handing out keys", /\/sendToDevice\//],
  ["uploading a file", /\/media\/v3\/upload/],
  ["everything but sending", /^\/_matrix\/(?!client\/v3\/rooms\/[^/]+\/send\/)/],
]);

export const failures: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ["no answer", faults.silentBefore],
  ["an answer that is lost", faults.cutAfter],
  ["403", faults.forbidden],
  ["404", faults.notFound],
  ["429", faults.limited(300)],
  ["500", faults.broken],
  ["malformed JSON", faults.malformed],
  ["an empty answer", faults.empty],
  ["HTML", faults.html(502)],
  ["HTML that calls itself fine", faults.html(200)],
]);

/** Not asked by a bridge that knows that its room is encrypted: there a fault need not be met. */
const UNASKED = new Set(["the room's encryption"]);

/** Says just what is said where it was done: who was not handed the key cannot be known. No word leaves in clear. */
const UNTELLABLE = "handing out keys, an empty answer";

export interface LookupsOptions {
  readonly server: Homeserver;
  readonly world: World;
  readonly nio: Reader;
  readonly pairs: readonly (readonly [lookup: string, failure: string])[];
}

export interface LookupsResult {
  /** What was not as it should be. */
  readonly wrong: readonly string[];
  /** How many faults were met in all. */
  readonly met: number;
  readonly canaries: readonly string[];
}

/**
 * For each pair: somebody comes into the room, so that everything has to be asked anew; the bridge starts while the
 * look-up fails, and something is announced. Whatever the bridge does, not a word leaves in clear, and when the look-up
 * works again those in the room read it once.
 */
export async function failingLookups(o: LookupsOptions): Promise<LookupsResult> {
  const { server, world, nio } = o;
  const wrong: string[] = [];
  const canaries: string[] = [];
  let met = 0;
  for (const [n, [lookup, failure]] of o.pairs.entries()) {
    const [path, fault] = [lookups.get(lookup), failures.get(failure)];
    if (path === undefined || fault === undefined) throw new Error(`no such pair: ${lookup}, ${failure}`);
    const second = await startSecondMachine(server, await server.register("second"));
    try {
      await world.invite(second.user);
      await second.join(world.room);
      const text = `Канарейка-${n}-${second.device}`;
      canaries.push(text, `file-${second.device}`);
      world.proxy.watch(canaries);
      const laid = world.proxy.lay({ path, fault });
      const running = world.start();
      world.publishWithFile(text, `file-${second.device} ${"z".repeat(2_000)}`);
      const asked = () => laid.hits > 0 || UNASKED.has(lookup);
      await until(60_000, async () => asked());
      // What comes of it: sent all the same, or tried again. Some failures keep it from being tried at all.
      await until(8_000, async () => /delivery\.\w+/.test(running.output()));
      if (!asked()) wrong.push(`${lookup}, ${failure}: never asked`);
      met += laid.hits;
      world.proxy.clear();
      // To read all of a room is dear, so what the bridge says is waited for first; it is not believed.
      await until(60_000, async () => /delivery\.sent/.test(running.output()));
      const told = `${lookup}, ${failure}` !== UNTELLABLE;
      const reads =
        !told ||
        (await until(60_000, async () => {
          const seen = (await nio.shown(world.room)).filter(({ body }) => body === text);
          await second.sync();
          const texts = (await second.texts(world.room)).filter((one) => one === text);
          return seen.length === 1 && texts.length === 1;
        }));
      if (!reads)
        wrong.push(`${lookup}, ${failure}: not read once by both:\n${running.output().slice(-2_000)}`);
      running.process.kill("SIGKILL");
      await running.ended;
      await second.hand.call("POST", `/rooms/${encodeURIComponent(world.room)}/leave`);
    } finally {
      second.close();
    }
  }
  wrong.push(...world.proxy.leaks.map((leak) => `in clear: ${leak}`));
  wrong.push(...server.search(canaries).map(({ file, canary }) => `in the homeserver's ${file}: ${canary}`));
  return { wrong, met, canaries };
}

/** Waits until something holds, or long enough. */
async function until(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > end) return false;
    await pause(100);
  }
}
