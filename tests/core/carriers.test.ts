import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createCarriers } from "../../bridge/carriers.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { NotCarried } from "../../bridge/seal/carrier.ts";
import { boundless } from "../../bridge/space.ts";

const MINUTE = 60_000;
const room = RoomName.parse("dean");

/** One room that is copied to one place, by a clock whose sleeps end when they are woken. */
function copying(fault: () => Error | null = () => null) {
  let now = Date.UTC(2026, 10, 2, 9);
  let sleeping: (() => void)[] = [];
  let copies = 0;
  const told: (string | null)[] = [];
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
          const error = fault();
          if (error !== null) throw error;
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
    report: (_room, _carrier, code, why) => void told.push(code, why),
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
    told,
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

test("a place that says until when to wait is asked again then, and a short wait is nothing to tell of", async () => {
  let now = Date.UTC(2026, 10, 2, 9);
  const asked: number[] = [];
  const stop = new AbortController();
  const told: string[] = [];
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      if (ms > 10 * MINUTE) stop.abort();
      else now += ms;
    },
  };
  const waits = [7_123, 11 * MINUTE];
  const carriers = createCarriers({
    rooms: [room],
    carriers: [
      {
        name: "chat",
        async copy() {
          asked.push(now);
          throw new NotCarried("rate_limited", now + (waits.shift() ?? 0));
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
    report: (_room, carrier, code, why) => void told.push(`${carrier} ${code} ${why}`),
    copied: () => undefined,
  });
  await carriers.run(stop.signal, stop.signal);
  expect(asked[1]).toBe((asked[0] ?? 0) + 7_123);
  expect(told).toEqual(["chat carrier_failed rate_limited"]);
});

test("why it could not is told with it", async () => {
  let error: Error | null = new NotCarried("not_member");
  const c = copying(() => error);
  await c.settled();
  expect(c.told).toEqual(["carrier_failed", "not_member"]);
  error = null;
  await c.pass(MINUTE);
  expect(c.told.slice(-2)).toEqual(["copied", null]);
});
