import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createCarriers } from "../../bridge/carriers.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { boundless } from "../../bridge/space.ts";

const MINUTE = 60_000;
const room = RoomName.parse("dean");

/** One room that is copied to one place, by a clock whose sleeps end when they are woken. */
function copying() {
  let now = Date.UTC(2026, 10, 2, 9);
  let sleeping: (() => void)[] = [];
  let copies = 0;
  const clock: Clock = {
    now: () => now,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        sleeping.push(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
  const carriers = createCarriers({
    rooms: [room],
    carriers: [
      {
        name: "tree",
        async copy() {
          copies++;
        },
      },
    ],
    view: () => ({
      room,
      roomId: "",
      certs: randomBytes(0),
      head: null,
      chains: [],
      records: () => [],
      isInfo: () => false,
      files: [],
    }),
    clock,
    random: { next: () => 0.5, bytes: (n) => randomBytes(n) },
    space: boundless(clock),
    report: () => undefined,
    copied: () => undefined,
  });
  const stop = new AbortController();
  const ended = carriers.run(stop.signal, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return {
    copies: () => copies,
    grown: () => carriers.grown(room),
    settled: () => setImmediate(),
    /** The clock goes on (or back) by so much, and whoever sleeps wakes. */
    async pass(ms: number) {
      now += ms;
      const woken = sleeping;
      sleeping = [];
      for (const wake of woken) wake();
      await setImmediate();
    },
  };
}

test("a room in which nothing happens is written every half hour, and no oftener", async () => {
  const c = copying();
  await c.settled();
  expect(c.copies()).toBe(1);
  for (let minute = 1; minute < 30; minute++) await c.pass(MINUTE);
  expect(c.copies()).toBe(1);
  await c.pass(MINUTE);
  expect(c.copies()).toBe(2);
});

test("a log that grew is written at once, and the half hour begins anew", async () => {
  const c = copying();
  await c.settled();
  await c.pass(20 * MINUTE);
  c.grown();
  await c.settled();
  expect(c.copies()).toBe(2);
  await c.pass(20 * MINUTE);
  expect(c.copies()).toBe(2);
  await c.pass(10 * MINUTE);
  expect(c.copies()).toBe(3);
});

test("a clock that is set back does not keep a room from being written", async () => {
  const c = copying();
  await c.settled();
  await c.pass(-24 * 60 * MINUTE);
  expect(c.copies()).toBe(2);
});
