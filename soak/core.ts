import { availableParallelism } from "node:os";
import { mutants } from "../tests/mutants/mutants.ts";
import seeds from "../tests/mutants/seeds.json" with { type: "json" };
import { run } from "../tests/sim/run.ts";
import { scenarioOf } from "../tests/sim/scenario.ts";
import { inWords, shrink } from "../tests/sim/shrink.ts";
import { histogram, type Tally, tooRare } from "../tests/sim/tally.ts";
import { inProcesses } from "../tests/sim/workers.ts";
import type { Check, Part, SoakOptions } from "./part.ts";
import { storm } from "./storm.ts";

const RUNS = 10_000;
/** How often each fault and each crash point must be hit in all runs. */
const FLOOR = 100;
/** A mutant that none of the first so many seeds finds lives. */
const SEEDS_A_MUTANT = 1_000;
const SHOWN_FAILURES = 3;

const fails = async (scenario: Parameters<typeof run>[0]): Promise<boolean> =>
  (await run(scenario)).violations.length > 0;

/** One seed, told from beginning to end, and what is left of it when all is left out that does not matter. */
async function replay(seed: number, say: SoakOptions["say"]): Promise<readonly Check[]> {
  const scenario = scenarioOf(seed);
  const first = await run(scenario, { told: true });
  const again = await run(scenario);
  for (const line of first.story) say(line);
  say(`seed ${seed}: ${first.events} events, ${first.faults} faults, ${first.crashes} crashes`);
  if (first.violations.length > 0) {
    for (const line of first.violations) say(`  ${line}`);
    for (const line of inWords(await shrink(scenario, fails))) say(line);
  }
  return [
    { name: `seed ${seed}: nothing is lost, doubled or overtaken`, ok: first.violations.length === 0 },
    { name: `seed ${seed}: the second time it goes as the first`, ok: first.trace === again.trace },
  ];
}

async function failure(found: Tally["failures"][number], say: SoakOptions["say"]): Promise<void> {
  say(`seed ${found.seed}: ${found.violations[0]}`);
  say(`  to see it: npm run soak -- core --seed ${found.seed}`);
  const small = await shrink(scenarioOf(found.seed), fails);
  const { events, faults, crashes } = small;
  say(`  shrunk to ${events.length} events, ${faults.length} faults and ${crashes.length} crashes:`);
  for (const line of inWords(small)) say(`    ${line}`);
}

async function simulation(o: SoakOptions, beside: Promise<unknown>): Promise<readonly Check[]> {
  const runs = Math.ceil((RUNS * o.percent) / 100);
  let told = 0;
  const tally = await inProcesses({
    mutant: null,
    from: 1,
    to: runs,
    processes,
    beside,
    untilFound: false,
    modest: true,
    progress(n) {
      if (n < told + runs / 10) return;
      told = n;
      o.say(`${n} of ${runs} runs`);
    },
  });
  for (const line of histogram(tally)) o.say(line);
  const { least } = tally;
  o.say(
    `${tally.runs} runs (seeds 1 to ${runs}): ${tally.events} source events, ${tally.faults} faults, ${tally.crashes} crashes; the least of one run: ${least.events} events, ${least.faults} faults, ${least.crashes} crashes`,
  );
  for (const found of tally.failures.slice(0, SHOWN_FAILURES)) await failure(found, o.say);
  const floor = Math.floor((FLOOR * o.percent) / 100);
  const rare = tooRare(tally, floor);
  if (rare.length > 0) o.say(`hit less than ${floor} times: ${rare.join(", ")}`);
  return [
    { name: `${runs} seeded runs: nothing lost, doubled or overtaken`, ok: tally.failures.length === 0 },
    { name: `every fault and crash point was hit at least ${floor} times`, ok: rare.length === 0 },
    {
      name: "every run had at least 40 events, 5 faults and 2 crashes",
      ok: least.events >= 40 && least.faults >= 5 && least.crashes >= 2,
    },
  ];
}

async function hunt(o: SoakOptions, processes: number): Promise<readonly Check[]> {
  const waiting = [...mutants];
  const checks: Check[] = [];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const { name } = mutant;
      const among = async (from: number, to: number) => {
        const tally = await inProcesses({
          mutant: name,
          from,
          to,
          processes: 1,
          untilFound: true,
          modest: true,
        });
        return tally.failures[0];
      };
      // The first seed that found it when it was last looked for; where the code has changed since, any may.
      const known = seedOf.get(name) ?? 1;
      const found = (await among(known, known)) ?? (await among(1, SEEDS_A_MUTANT));
      o.say(
        `mutant "${name}": ${found === undefined ? "lives" : `seed ${found.seed}: ${found.violations[0]}`}`,
      );
      checks.push({ name: `mutant is found: ${name}`, ok: found !== undefined });
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return checks;
}

const seedOf = new Map<string, number>(Object.entries(seeds));
const processes = Math.max(1, availableParallelism());

/** Seeded runs of the core under every fault. */
export const simulations: Part = (o) =>
  o.seed === null ? simulation(o, Promise.resolve()) : replay(o.seed, o.say);

/** The proof that the simulation would find what can go wrong. */
export const planted: Part = (o) => hunt(o, processes);

/** The core under every fault, in a simulation and as a process that is killed. */
export const core: Part = async (o) => {
  if (o.seed !== null) return replay(o.seed, o.say);
  // The storm waits now and then, and one process has the cores then. What the storm needs it has first.
  const storming = storm(o);
  const seeded = async () => [...(await simulation(o, storming)), ...(await planted(o))];
  return (await Promise.all([seeded(), storming])).flat();
};
