import { seeded } from "../../simulators/max/chance.ts";

/** Chance for one input of a run: the same seed and place give the same input, whatever came before. */
export class Dice {
  readonly #next: () => number;
  constructor(seed: number, place: number) {
    this.#next = seeded((Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b)) >>> 0);
    for (let i = 0; i < 3; i++) this.#next();
  }
  /** A whole number from 0 to below `n`. */
  below(n: number): number {
    return Math.floor(this.#next() * n);
  }
  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  }
}
