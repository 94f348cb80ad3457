import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { inProcesses } from "../sim/workers.ts";
import { mutants, root } from "./mutants.ts";
import seeds from "./seeds.json" with { type: "json" };

const NEXT = 200;
const LONG = 3 * 60_000;
const seedOf = new Map<string, number>(Object.entries(seeds));

test("every planted bug has its place in the code, and a seed", () => {
  for (const { name, patches } of mutants)
    for (const { file, find } of patches) {
      const source = readFileSync(path.join(root, file), "utf8");
      expect(source.split(find).length - 1, `${name}: ${file}`).toBe(1);
    }
  expect([...seedOf.keys()].sort()).toEqual(mutants.map((m) => m.name).sort());
});

for (const { name } of mutants)
  test(
    `the simulation finds it when ${name}`,
    async () => {
      const seed = seedOf.get(name) ?? 0;
      // The stored seed finds it; where the bridge has changed since, one of the next ones must.
      const to = seed + NEXT;
      const tally = await inProcesses({ mutant: name, from: seed, to, processes: 1, untilFound: true });
      expect(tally.failures).not.toEqual([]);
    },
    LONG,
  );
