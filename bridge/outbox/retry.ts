import type { Random } from "../model/effects.ts";
import type { Millis } from "../model/ids.ts";

/** First and longest pause, ms. */
const FIRST = 1_000;
const LONGEST = 5 * 60_000;

/** The pause before try number `tries` + 1: doubling from 1 s to 5 min, with up to a quarter of chance on top. */
export function pause(tries: number, random: Random): Millis {
  const base = Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 20));
  return Math.round(base * (1 + random.next() / 4));
}
