import { builtPostern } from "../tests/e2e/built.ts";
import { startWorld } from "../tests/e2e/matrix/bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "../tests/e2e/matrix/homeserver.helper.ts";
import { failingLookups, failures, type LookupsResult, lookups } from "../tests/e2e/matrix/lookups.helper.ts";
import { startReader } from "../tests/e2e/matrix/nio.helper.ts";
import { kills, trials } from "../tests/e2e/matrix/trials.helper.ts";
import type { Check, Part, SoakOptions } from "./part.ts";

/** Bridges that are killed, and how many at the same time. */
const KILLS = 200;
const LANES = 4;

/** Bridges killed at every step of sending, against Synapse, read by nio. */
async function killed(server: Homeserver, program: string, o: SoakOptions): Promise<readonly Check[]> {
  const seed = o.seed ?? Date.now() % 1_000_000_000;
  const wanted = Math.ceil((KILLS * o.percent) / 100);
  const done = await trials({ server, seed, trials: wanted, lanes: LANES, program, say: o.say });
  o.say(`seed ${seed}: ${done.trials} kills, ${done.outages} outages of 25 hours, ${done.logins} new logins`);
  for (const [name, times] of done.killed) o.say(`  ${name}: ${times}`);
  for (const line of done.wrong) o.say(`  ${line}`);
  const everywhere = wanted < kills.length || kills.every(({ name }) => (done.killed.get(name) ?? 0) > 0);
  return [
    { name: `${done.trials} kills: nothing is lost or doubled, all in order`, ok: done.wrong.length === 0 },
    { name: "no edit came twice", ok: done.repeated === 0 },
    { name: "nio opens everything", ok: done.closed === 0 },
    { name: "killed at every place", ok: everywhere },
  ];
}

/** Each look-up failing in each way. */
async function failing(server: Homeserver, program: string, o: SoakOptions): Promise<readonly Check[]> {
  const all = [...lookups.keys()].flatMap((lookup) =>
    [...failures.keys()].map((failure) => [lookup, failure] as const),
  );
  const pairs = all.slice(0, Math.ceil((all.length * o.percent) / 100));
  const lane = async (n: number): Promise<LookupsResult> => {
    const world = await startWorld({
      server,
      mapping: "silence: off",
      seed: n,
      program,
      fileDeadline: "20s",
    });
    const nio = await startReader({ url: server.url, account: await server.register("student") });
    try {
      await world.invite(nio.user);
      await nio.join(world.room);
      const first = world.start();
      await world.reading();
      await world.stop(first);
      const mine = pairs.filter((_, i) => i % LANES === n);
      return await failingLookups({ server, world, nio, pairs: mine });
    } finally {
      await Promise.all([world.close(), nio.close()]);
    }
  };
  const done = await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)));
  const wrong = done.flatMap((one) => one.wrong);
  for (const line of wrong) o.say(`  ${line}`);
  o.say(`${pairs.length} look-ups failed, ${done.reduce((sum, one) => sum + one.met, 0)} faults met`);
  return [{ name: "0 bytes in clear, and everything is read when it works again", ok: wrong.length === 0 }];
}

/** A real homeserver and a client of another make: kills, outages, new logins, and look-ups that fail. */
export const matrix: Part = async (o) => {
  if (environment === null) return [{ name: "Synapse and matrix-nio can be had", ok: false }];
  const program = await builtPostern();
  const checks: Check[] = [];
  for (const part of [killed, failing]) {
    const server = await startHomeserver();
    try {
      checks.push(...(await part(server, program, o)));
    } finally {
      await server.remove();
    }
  }
  return checks;
};
