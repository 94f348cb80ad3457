import { Broken, type Target } from "../target.helper.ts";

const CHANCE = 50;
const input: Target["input"] = (dice) => new Uint8Array(Array.from({ length: 40 }, () => dice.below(CHANCE)));

/** Broken decoders, to show that a run finds what it looks for. */
export const crash = (): Target => ({
  input,
  run(bytes) {
    if (bytes.includes(7)) throw new Broken("a seven");
    return "fine";
  },
});

export const hang = (): Target => ({
  input,
  run(bytes) {
    while (bytes.includes(7));
    return "fine";
  },
});

export const memory = (): Target => ({
  input,
  run(bytes) {
    const kept: unknown[] = [];
    if (bytes.includes(7)) for (let i = 0; i < 200; i++) kept.push(new Array<number>(2e6).fill(i));
    return kept.length === 0 ? "fine" : "large";
  },
});

export function leak(): Target {
  const kept: unknown[] = [];
  return {
    input,
    run(bytes) {
      kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i, bytes })));
      return "fine";
    },
  };
}
