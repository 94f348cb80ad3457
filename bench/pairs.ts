import { median } from "./measured.ts";

/** How many pairs a median is taken of. */
const PAIRS = 7;

/** One side of a pair: what is measured, once. Answers what it took, in any unit that both sides share. */
export type Side = () => Promise<number>;

export interface Pairs {
  /** The median of `measured` / `baseline`, each pair by itself. */
  readonly ratio: number;
  /** The median of `measured` - `baseline`, as well. */
  readonly difference: number;
  readonly baseline: number;
  readonly measured: number;
  /** How many there was time for. */
  readonly count: number;
}

/**
 * Runs both sides in turn, so that what else the machine does falls on both; every other pair begins with the other
 * side. A first pair for warmth does not count. `within`: after so many ms no further pair is begun, however slow the
 * machine is; one is always made.
 */
export async function pairs(o: {
  readonly baseline: Side;
  readonly measured: Side;
  readonly within: number;
}): Promise<Pairs> {
  const until = performance.now() + o.within;
  const made: { readonly baseline: number; readonly measured: number }[] = [];
  for (let run = 0; run <= PAIRS && (made.length === 0 || performance.now() < until); run++) {
    const first = run % 2 === 0 ? await o.baseline() : null;
    const measured = await o.measured();
    const baseline = first ?? (await o.baseline());
    if (run > 0) made.push({ baseline, measured });
  }
  return {
    ratio: median(made.map((pair) => pair.measured / pair.baseline)),
    difference: median(made.map((pair) => pair.measured - pair.baseline)),
    baseline: median(made.map((pair) => pair.baseline)),
    measured: median(made.map((pair) => pair.measured)),
    count: made.length,
  };
}

/** What `work` took, ms. */
export async function timed(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** A duration for people, ms. */
export const ms = (value: number): string =>
  `${value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0)} ms`;
