/** What `npm run soak` was asked for besides the parts. */
export interface SoakOptions {
  /** The only seed to play, told at length; null: all. */
  readonly seed: number | null;
  /** How often, in percent of the full count. */
  readonly percent: number;
  readonly say: (line: string) => void;
}

/** One thing that a part shows, and whether it holds. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
}

/** A part of the soak: says its counts and seeds as it goes. At most 8 minutes on two cores. */
export type Part = (o: SoakOptions) => Promise<readonly Check[]>;
