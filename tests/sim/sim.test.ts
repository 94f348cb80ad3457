import { expect, test } from "vitest";
import { run } from "./run.ts";
import { scenarioOf } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { histogram, tooRare } from "./tally.ts";
import { inProcesses } from "./workers.ts";

/** Part of what `npm run soak -- core` plays. */
const RUNS = 280;
const FLOOR = 3;
const LONG = 8 * 60_000;

test(
  "nothing is lost, doubled or overtaken, whatever fails and wherever it dies",
  async () => {
    const tally = await inProcesses({ mutant: null, from: 1, to: RUNS, processes: 2, untilFound: false });
    const replay = tally.failures.map((f) => `npm run soak -- core --seed ${f.seed}: ${f.violations[0]}`);
    expect(replay).toEqual([]);
    expect(tally.runs).toBe(RUNS);
    expect(tally.least.events).toBeGreaterThanOrEqual(40);
    expect(tally.least.faults).toBeGreaterThanOrEqual(5);
    expect(tally.least.crashes).toBeGreaterThanOrEqual(2);
    expect(tooRare(tally, FLOOR), histogram(tally).join("\n")).toEqual([]);
  },
  LONG,
);

test("a seed goes the same way every time", async () => {
  for (const seed of [3, 17, 95]) {
    const first = await run(scenarioOf(seed), { told: true });
    const again = await run(scenarioOf(seed), { told: true });
    expect(again.story).toEqual(first.story);
    expect(again.trace).toBe(first.trace);
  }
});

test("a failing scenario is shrunk to what matters", async () => {
  const scenario = scenarioOf(5);
  const bad = scenario.events.flatMap((e) => (e.kind === "remove" ? [e.n] : [])).at(-1);
  const fault = scenario.faults.at(2)?.kind;
  const small = await shrink(
    scenario,
    async (s) =>
      s.events.some((e) => e.kind === "remove" && e.n === bad) && s.faults.some((f) => f.kind === fault),
  );
  expect([small.events.length, small.faults.length, small.crashes.length]).toEqual([1, 1, 0]);
});
