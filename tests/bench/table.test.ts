import { expect, test } from "vitest";
import { type Measured, median, verdictOf } from "../../bench/measured.ts";
import { pairs } from "../../bench/pairs.ts";
import { faults, type Result, table } from "../../bench/table.ts";

const measured = (over: Partial<Measured>): Measured => ({
  name: "it",
  value: 1,
  unit: "×",
  aim: { atLeast: 1 },
  detail: "",
  ...over,
});

test("only what misses its aim by more than a factor of two is twice as bad", () => {
  const verdicts = (aim: Measured["aim"], ...values: readonly number[]) =>
    values.map((value) => verdictOf(value, aim)).join(", ");
  expect(verdicts({ atLeast: 0.5 }, 0.9, 0.5, 0.49, 0.25, 0.24)).toBe("ok, ok, worse, worse, twice as bad");
  expect(verdicts({ atMost: 12 }, 3, 12, 12.1, 24, 24.1)).toBe("ok, ok, worse, worse, twice as bad");
});

test("a check fails for what is twice as bad and for what could not be measured, and for nothing else", () => {
  const results: readonly Result[] = [
    {
      name: "some",
      made: [
        measured({ name: "good" }),
        measured({ name: "worse", value: 0.6 }),
        measured({ name: "bad", value: 90, unit: "MB", aim: { atMost: 40 } }),
        measured({ name: "a reader waits", value: 9000, unit: "ms", aim: { atMost: 10 }, printed: true }),
      ],
    },
    { name: "broken", fault: "it ended with 1" },
  ];
  expect(faults(results)).toEqual(["bad", "broken"]);
  expect(table(results).split("\n")).toEqual([
    "measured        is       aim      verdict",
    "good            1.00×    ≥ 1×     ok",
    "worse           0.60×    ≥ 1×     worse",
    "bad             90 MB    ≤ 40 MB  twice as bad",
    "a reader waits  9000 ms  ≤ 10 ms  missed",
    "broken          -                 FAILED        it ended with 1",
  ]);
});

test("both sides of a pair are measured in turn seven times, and each pair has a ratio of its own", async () => {
  const order: string[] = [];
  // The machine grows slower all the time; the ratio stays.
  let slower = 10;
  const side = (name: string, value: number) => async () => {
    order.push(name);
    return value * slower++;
  };
  const found = await pairs({ baseline: side("b", 10), measured: side("m", 20), within: 60_000 });
  expect(order.join("")).toBe("bmmbbmmbbmmbbmmb");
  expect(found.count).toBe(7);
  expect(found.ratio).toBeCloseTo(2, 0);
});

test("on a machine that is too slow for seven pairs one is made all the same", async () => {
  const found = await pairs({ baseline: async () => 1, measured: async () => 3, within: 0 });
  expect([found.count, found.ratio, found.difference]).toEqual([1, 3, 2]);
});

test("the median of an odd number is the middle one", () => {
  expect(median([9, 1, 5])).toBe(5);
});
