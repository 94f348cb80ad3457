import { availableParallelism } from "node:os";
import { builtPostern } from "../tests/e2e/built.ts";
import { killed } from "../tests/e2e/telegram/kills.helper.ts";
import { drain } from "../tests/telegram/drain.helper.ts";
import { telegramMutants } from "../tests/telegram/mutants.helper.ts";
import { isSkipping, trial } from "../tests/telegram/trial.helper.ts";
import { trials } from "../tests/telegram/trials.processes.ts";
import type { Check, Part, SoakOptions } from "./part.ts";

const TRIALS = 2_000;
const KILLS = 50;
/** Seeds in which each planted bug must be found. */
const PLANTED = 60;
const CHANNELS = 200;
const EACH = 10;
/** The most that draining may take, in ideal times. */
const WORST = 1 / 0.95;

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1);
const processes = Math.min(2, availableParallelism());

/** Lost answers, deaths at every step, 429s, ids that skip and interleave: over the real outbox, worker and rates. */
async function tried(o: SoakOptions): Promise<readonly Check[]> {
  const wanted = Math.ceil((TRIALS * o.percent) / 100);
  const told = await trials({
    mutant: null,
    seeds: range(wanted),
    processes,
    untilFound: false,
    progress: (done) => {
      if (done % 250 === 0) o.say(`  ${done} trials`);
    },
  });
  const wrong = told.filter(({ violations }) => violations.length > 0);
  for (const { seed, violations } of wrong)
    o.say(`  npm run soak -- telegram --seed ${seed}: ${violations[0]}`);
  const sum = (of: "deaths" | "unknown" | "doubles" | "probes") => told.reduce((n, one) => n + one[of], 0);
  o.say(
    `${told.length} trials, ${told.filter(({ seed }) => isSkipping(seed)).length} with ids that skip: ${sum("deaths")} deaths, ` +
      `${sum("unknown")} unknown outcomes, ${sum("probes")} probes, ${sum("doubles")} doubles of what cannot be looked for`,
  );
  return [
    { name: `${wanted} trials: nothing is lost, what can be looked for comes once`, ok: wrong.length === 0 },
    { name: "there were deaths and unknown outcomes", ok: sum("deaths") > wanted && sum("unknown") > wanted },
  ];
}

async function planted(o: SoakOptions): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const { name } of telegramMutants) {
    const told = await trials({ mutant: name, seeds: range(PLANTED), processes: 1, untilFound: true });
    const found = told.find(({ violations }) => violations.length > 0);
    o.say(`  ${name}: ${found === undefined ? "not found" : `seed ${found.seed}: ${found.violations[0]}`}`);
    checks.push({ name: `found: ${name}`, ok: found !== undefined });
  }
  return checks;
}

/** 2,000 announcements at once, within the rates that Telegram publishes and the simulator enforces. */
async function drained(o: SoakOptions): Promise<readonly Check[]> {
  const calm = await drain(CHANNELS, EACH);
  const ratio = calm.took / calm.ideal;
  o.say(
    `${CHANNELS * EACH} announcements for ${CHANNELS} channels: ${Math.round(calm.took)} ms, ` +
      `ideally ${Math.round(calm.ideal)} ms (${ratio.toFixed(3)}); ${calm.refused} times 429`,
  );
  const provoked = await drain(CHANNELS, EACH, (telegram, at) => {
    at(10_000, () => telegram.buckets.provoke(null, null, telegram.clock.now() + 7_300));
    at(30_000, () => telegram.buckets.provoke(null, -1_001_000_000_005, telegram.clock.now() + 5_000));
    at(50_000, () => telegram.buckets.provoke(null, null, telegram.clock.now() + 61_000));
  });
  o.say(`provoked: ${provoked.refused} times 429, ${provoked.early} requests before their time`);
  return [
    { name: "drained in at most 1/0.95 of the ideal time", ok: ratio <= WORST && calm.wrong.length === 0 },
    { name: "no 429", ok: calm.refused === 0 },
    { name: "429s were provoked, and obeyed", ok: provoked.refused > 0 && provoked.early === 0 },
    { name: "after them all is there, once and in order", ok: provoked.wrong.length === 0 },
  ];
}

/** Real bridges, killed at every step of sending, in two at a time. */
async function murdered(o: SoakOptions): Promise<readonly Check[]> {
  const program = await builtPostern();
  const each = Math.ceil((KILLS * o.percent) / 200);
  const [one, two] = await Promise.all([killed(each, 0, program), killed(each, 6, program)]);
  const sum = (of: "killed" | "unsure" | "doubles") => one[of] + two[of];
  for (const line of [...one.wrong, ...two.wrong]) o.say(`  ${line}`);
  o.say(`${sum("killed")} kills; ${sum("doubles")} of ${sum("unsure")} that nobody can look for came twice`);
  return [
    {
      name: `${2 * each} kills: nothing is lost, what can be looked for comes once`,
      ok: [...one.wrong, ...two.wrong].length === 0,
    },
    { name: "each of them died", ok: sum("killed") === 2 * each },
  ];
}

/** Telegram rooms against the simulated Telegram: on a simulated clock, and as real processes. */
export const telegram: Part = async (o) => {
  if (o.seed !== null) {
    const told = await trial(o.seed, { skipping: isSkipping(o.seed), told: true });
    for (const line of told.story) o.say(line);
    for (const line of told.violations) o.say(`WRONG ${line}`);
    return [{ name: `seed ${o.seed}`, ok: told.violations.length === 0 }];
  }
  return [...(await tried(o)), ...(await planted(o)), ...(await drained(o)), ...(await murdered(o))];
};
