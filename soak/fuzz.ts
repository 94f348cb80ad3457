import { type FuzzOptions, fuzz, told } from "../tests/fuzz/run.helper.ts";
import { targets } from "../tests/fuzz/target.helper.ts";
import type { Check, Part } from "./part.ts";

/** How long each decoder is tried, ms, and how many at the same time. */
const EACH = 60_000;
const AT_ONCE = 2;

/** Every decoder of the project for a minute, with inputs from one seed. */
export const fuzzing: Part = async (o) => {
  const seed = o.seed ?? Date.now() % 1_000_000_000;
  const waiting = [...targets];
  const checks: Check[] = [];
  const work = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const options: FuzzOptions = { target, seed, ms: (EACH * o.percent) / 100 };
      const done = await fuzz(options);
      o.say(told(options, done));
      const name = `${target}: no crash, no hang, memory bounded`;
      checks.push({ name, ok: done.failed === null });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return checks;
};
