import type { Scenario } from "./scenario.ts";

/** Runs that a shrinking may take at most. */
const MOST_RUNS = 400;

/**
 * A smaller scenario that still fails: halves, quarters … and at last single events, faults and crashes are left out
 * for as long as it goes on failing.
 */
export async function shrink(
  scenario: Scenario,
  fails: (smaller: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  let smallest = scenario;
  let left = MOST_RUNS;
  const attempt = async (smaller: Scenario): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(smaller))) return false;
    smallest = smaller;
    return true;
  };
  const without = async <K extends "events" | "faults" | "crashes">(key: K): Promise<void> => {
    for (let size = Math.max(1, Math.floor(smallest[key].length / 2)); ; size = Math.floor(size / 2)) {
      for (let at = 0; at < smallest[key].length; )
        if (!(await attempt({ ...smallest, [key]: [...smallest[key]].toSpliced(at, size) }))) at += size;
      if (size <= 1) return;
    }
  };
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    for (const key of ["faults", "crashes", "events"] as const) await without(key);
    const now = smallest.events.length + smallest.faults.length + smallest.crashes.length;
    if (now >= before || left <= 0) return smallest;
    before = now;
  }
}

/** A scenario in a few lines, for a person. */
export function inWords(scenario: Scenario): readonly string[] {
  const list = (items: readonly object[]) => items.map((item) => `  ${JSON.stringify(item)}`);
  return [
    "events:",
    ...list(scenario.events),
    "faults:",
    ...list(scenario.faults),
    "crashes:",
    ...list(scenario.crashes),
    "timings:",
    ...list(scenario.timings.map(({ slots, ...rest }) => ({ ...rest, slots: slots.length }))),
    "mappings:",
    ...scenario.mappings.map((m) => `  ${m.name}: edits ${m.edits}, removals ${m.removals}`),
  ];
}
