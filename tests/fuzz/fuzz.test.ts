import { expect, test } from "vitest";
import { fuzz, told } from "./run.helper.ts";

/** Words that a run must have met: its inputs are not all refused at the door. */
const shares: readonly (readonly [target: string, count: number, reached: readonly string[]])[] = [
  ["max", 300, ["posts", "JSON", "no JSON"]],
  ["matrix", 40, ["open, sent", "held, retry", "no keys", "no members"]],
  ["psr1-bridge", 700, ["cert taken", "head taken", "segment taken", "file taken", "code taken"]],
  ["psr1-reader", 150, ["cert taken", "head taken", "segment taken", "link taken", "file taken"]],
  ["room", 30, ["most open", "some open"]],
  ["page", 12, ["items"]],
  ["config", 60, ["taken", "refused", "no YAML"]],
  ["backup", 150, ["whole", "damaged", "witness", "witness damaged"]],
  ["socket", 600, ["decoded", "refused", "no request", "no line"]],
];

test.each(shares)(
  "%s: %i inputs with something wrong in them break no promise, hang nothing and leave nothing behind",
  async (target, count, reached) => {
    const options = { target, seed: 4, count };
    const done = await fuzz(options);
    expect(done.failed, told(options, done)).toBeNull();
    expect(done.n).toBe(count);
    expect(Object.keys(done.seen)).toEqual(expect.arrayContaining([...reached]));
  },
  120_000,
);

test.each([
  ["control-crash", 500, /a seven/, "Bw=="],
  ["control-hang", 500, /hangs/, ""],
  ["control-memory", 500, /memory limit/, ""],
  ["control-leak", 250, /the memory grew by/, ""],
])(
  "the run finds what it looks for: %s, and how to see it again",
  async (target, count, fault, smallest) => {
    const options = { target, seed: 4, count, ...(target === "control-hang" ? { silent: 3_000 } : {}) };
    const { failed } = await fuzz(options);
    expect(failed?.fault).toMatch(fault);
    expect(failed?.base64).toBe(smallest);
    if (target !== "control-crash" || failed === null) return;
    const again = await fuzz({ ...options, from: failed.input, count: 1 });
    expect(again.failed?.fault).toMatch(fault);
  },
  120_000,
);
