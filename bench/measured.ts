/** What a ratio (or a size) should be: at least, or at most, so much. */
export type Aim = { readonly atLeast: number } | { readonly atMost: number };

/** What one measurement came to. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  /** `×`: a ratio of two times measured in turn; `MB`: 10^6 bytes; `ms`; `requests`: how many. */
  readonly unit: "×" | "MB" | "ms" | "requests";
  readonly aim: Aim;
  /** The two numbers behind it, for people. */
  readonly detail: string;
  /** It tells how a reader waits on this machine: printed, and no reason to fail. */
  readonly printed?: true;
}

/** One of them, or several that need the same things set up. May take minutes; throws when it cannot be made. */
export type Measurement = () => Promise<readonly Measured[]>;

export type Verdict = "ok" | "worse" | "twice as bad";

/** How a value stands to its aim. Only what misses it by more than a factor of two is a fault. */
export function verdictOf(value: number, aim: Aim): Verdict {
  const missed = "atLeast" in aim ? aim.atLeast / value : value === 0 ? 0 : value / aim.atMost;
  if (missed <= 1) return "ok";
  return missed <= 2 ? "worse" : "twice as bad";
}

/** The middle one; of an even number the upper of the two. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
