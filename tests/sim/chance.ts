import type { Random } from "../../bridge/model/effects.ts";

/** Chance from a seed (sfc32): the same seed gives the same numbers on every machine. */
export class Chance implements Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #d = 1;
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = (stream * 0x85ebca6b) | 0;
    for (let i = 0; i < 12; i++) this.#word();
  }
  #word(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return t >>> 0;
  }
  next(): number {
    return this.#word() / 2 ** 32;
  }
  bytes(n: number): Uint8Array {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i++) out[i] = this.#word() & 0xff;
    return out;
  }
  /** A whole number in [from, to]. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }
  /** True with probability `p`. */
  odds(p: number): boolean {
    return this.next() < p;
  }
  pick<T>(list: readonly T[]): T {
    const found = list[this.between(0, list.length - 1)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  }
}
