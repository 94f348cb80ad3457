import type { RunResult } from "./run.ts";
import { crashPoints, faultKinds } from "./scenario.ts";

/** What many runs came to. */
export interface Tally {
  runs: number;
  events: number;
  faults: number;
  crashes: number;
  /** The least of any run. */
  readonly least: { events: number; faults: number; crashes: number };
  readonly hits: Record<string, number>;
  readonly failures: { readonly seed: number; readonly violations: readonly string[] }[];
}

export const emptyTally = (): Tally => ({
  runs: 0,
  events: 0,
  faults: 0,
  crashes: 0,
  least: { events: 1e9, faults: 1e9, crashes: 1e9 },
  hits: Object.fromEntries([...faultKinds, ...crashPoints].map((what) => [what, 0])),
  failures: [],
});

export function count(tally: Tally, seed: number, result: RunResult): void {
  tally.runs++;
  for (const key of ["events", "faults", "crashes"] as const) {
    tally[key] += result[key];
    tally.least[key] = Math.min(tally.least[key], result[key]);
  }
  for (const [what, n] of result.hits) tally.hits[what] = (tally.hits[what] ?? 0) + n;
  if (result.violations.length > 0) tally.failures.push({ seed, violations: result.violations });
}

/** Adds another tally to `into`. */
export function add(into: Tally, other: Tally): void {
  into.runs += other.runs;
  for (const key of ["events", "faults", "crashes"] as const) {
    into[key] += other[key];
    into.least[key] = Math.min(into.least[key], other.least[key]);
  }
  for (const [what, n] of Object.entries(other.hits)) into.hits[what] = (into.hits[what] ?? 0) + n;
  into.failures.push(...other.failures);
}

/** Faults and crash points that were hit less than `floor` times. */
export const tooRare = (tally: Tally, floor: number): readonly string[] =>
  Object.entries(tally.hits)
    .filter(([, n]) => n < floor)
    .map(([what, n]) => `${what}: ${n}`);

/** How often each fault and each crash point was hit. */
export function histogram(tally: Tally): readonly string[] {
  const most = Math.max(1, ...Object.values(tally.hits));
  const width = Math.max(...Object.keys(tally.hits).map((what) => what.length));
  const lines = (names: readonly string[]) =>
    names.map((what) => {
      const n = tally.hits[what] ?? 0;
      return `  ${what.padEnd(width)} ${`${n}`.padStart(6)} ${"█".repeat(Math.ceil((n / most) * 40))}`;
    });
  return ["faults", ...lines(faultKinds), "crash points", ...lines(crashPoints)];
}
