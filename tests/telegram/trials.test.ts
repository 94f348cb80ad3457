import { expect, test } from "vitest";
import { telegramMutants } from "./mutants.helper.ts";
import { trials } from "./trials.processes.ts";

const range = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i);

test("whatever is lost and wherever it dies: nothing is lost, and what can be looked for comes once", async () => {
  const told = await trials({ mutant: null, seeds: range(1, 12), processes: 2, untilFound: false });
  const wrong = told.flatMap(({ seed, violations }) =>
    violations.map((v) => `npm run soak -- telegram --seed ${seed}: ${v}`),
  );
  expect(wrong).toEqual([]);
  expect(told).toHaveLength(12);
  const sum = (of: "deaths" | "unknown" | "probes") => told.reduce((n, one) => n + one[of], 0);
  expect(sum("deaths")).toBeGreaterThan(12);
  expect(sum("unknown")).toBeGreaterThan(24);
  expect(sum("probes")).toBeGreaterThan(12);
}, 120_000);

test("the trials find planted bugs", async () => {
  const missed: string[] = [];
  for (const { name } of telegramMutants.slice(0, 2)) {
    const told = await trials({ mutant: name, seeds: range(1, 40), processes: 1, untilFound: true });
    if (told.every(({ violations }) => violations.length === 0)) missed.push(name);
  }
  expect(missed).toEqual([]);
}, 120_000);
