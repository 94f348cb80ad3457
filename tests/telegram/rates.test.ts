import fc from "fast-check";
import { expect, test } from "vitest";
import { ChatId } from "../../adapters/telegram/ids.ts";
import { createRates } from "../../adapters/telegram/rates.ts";
import { Buckets } from "../../simulators/telegram/buckets.ts";
import { publishedLimits } from "../../simulators/telegram/settings.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { CHANNEL } from "./bot.helper.ts";

const chatOf = (n: number, kind: "channel" | "person"): ChatId =>
  ChatId.parse(kind === "channel" ? -1_000_000_000_000 - n : 1_000 + n);
const ratesOf = (clock: HandClock, until: number | null = null) => {
  const kept: number[] = [];
  return {
    kept,
    rates: createRates({ clock, until, keep: (at) => kept.push(at), used: { until: null, put: () => {} } }),
  };
};

const wish = fc.record({
  after: fc.integer({ min: 0, max: 4_000 }),
  chat: fc.integer({ min: 0, max: 5 }),
  cost: fc.integer({ min: 1, max: 10 }),
  alone: fc.boolean(),
});

test("whatever is wanted when, a server that keeps the published limits never says no", () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 200 }), (wishes) => {
      const clock = new HandClock();
      const { rates } = ratesOf(clock);
      const server = new Buckets();
      const used = wishes.map(({ after, chat, cost, alone }) => {
        clock.advance(after);
        const to = alone ? null : chatOf(chat, chat % 2 === 0 ? "channel" : "person");
        return { at: rates.take(to, cost), to, cost };
      });
      for (const { at, to, cost } of used.sort((a, b) => a.at - b.at))
        expect(server.take({ limits: publishedLimits, bot: 1, chat: to, cost, now: at })).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("a process that dies again and again runs into no limit, since it counts from what earlier lives may have sent", () => {
  const clock = new HandClock();
  const server = new Buckets();
  let until: number | null = null;
  let puts = 0;
  for (let life = 0; life < 60; life++) {
    const put = (at: number): void => {
      until = at;
      puts++;
    };
    const rates = createRates({ clock, until: null, keep: () => {}, used: { until, put } });
    for (let i = 0; i < 4; i++) {
      const at = rates.take(CHANNEL, 1);
      expect(until).toBeGreaterThanOrEqual(at);
      clock.advance(Math.max(0, at - clock.now()));
      expect(server.take({ limits: publishedLimits, bot: 1, chat: CHANNEL, cost: 1, now: clock.now() })).toBe(
        0,
      );
    }
    clock.advance(life % 3 === 0 ? 10 : 300);
  }
  expect(puts).toBe(60);
});

test("what was written down of sends is renewed seldom, and after a quiet minute a start waits for nothing", () => {
  const clock = new HandClock();
  const puts: number[] = [];
  const rates = createRates({
    clock,
    until: null,
    keep: () => {},
    used: { until: null, put: (at) => puts.push(at) },
  });
  for (let i = 0; i < 300; i++) clock.advance(Math.max(0, rates.take(null, 1) - clock.now()) + 300);
  expect(puts.length).toBeLessThan(6);
  clock.advance(120_000);
  const used = { until: puts.at(-1) ?? null, put: () => {} };
  const next = createRates({ clock, until: null, keep: () => {}, used });
  for (const cost of [1, 10]) expect(next.notBefore(CHANNEL, cost)).toBe(clock.now());
});

test("2,000 messages for 200 channels are through within 1/0.95 of the time that the limits allow", () => {
  const clock = new HandClock();
  const begun = clock.now();
  const { rates } = ratesOf(clock);
  const server = new Buckets();
  const left = new Map(Array.from({ length: 200 }, (_, n) => [chatOf(n, "channel"), 10]));
  while (left.size > 0) {
    const [chat, count] = [...left].reduce((a, b) => {
      const [x, y] = [rates.notBefore(a[0]), rates.notBefore(b[0])];
      return y < x || (y === x && b[1] > a[1]) ? b : a;
    });
    const at = rates.take(chat, 1);
    clock.advance(Math.max(0, at - clock.now()));
    expect(server.take({ limits: publishedLimits, bot: 1, chat, cost: 1, now: clock.now() })).toBe(0);
    if (count === 1) left.delete(chat);
    else left.set(chat, count - 1);
  }
  const ideal = ((2_000 - publishedLimits.burst) / publishedLimits.perSecond) * 1_000;
  expect(clock.now() - begun).toBeLessThanOrEqual(ideal / 0.95);
  expect(clock.now() - begun).toBeGreaterThan(ideal);
});

test("a message that was long on its way is not caught up with by the next one", () => {
  const clock = new HandClock();
  const { rates } = ratesOf(clock);
  const at = rates.take(CHANNEL, 1);
  clock.advance(at - clock.now() + 700);
  rates.used(CHANNEL, at);
  expect(rates.notBefore(CHANNEL) - clock.now()).toBeGreaterThanOrEqual(1_000);
});

test("asking when changes nothing; a person has no limit of the minute", () => {
  const clock = new HandClock();
  const { rates } = ratesOf(clock);
  clock.advance(600_000);
  for (let i = 0; i < 100; i++) expect(rates.notBefore(CHANNEL)).toBe(clock.now());
  const last = (kind: "channel" | "person"): number => {
    let at = 0;
    for (let i = 0; i < 60; i++) at = rates.take(chatOf(1, kind), 1);
    return at - clock.now();
  };
  const person = last("person");
  expect(person).toBeLessThan(65_000);
  expect(last("channel") - person).toBeGreaterThan(60_000);
});

test("a 429 holds everything until its time, to the millisecond, is kept before anything else, and outlives a restart", () => {
  const clock = new HandClock();
  const { rates, kept } = ratesOf(clock);
  clock.advance(60_000);
  const until = clock.now() + 34_567;
  rates.limited(until);
  expect(kept).toEqual([until]);
  expect(rates.heldUntil()).toBe(until);
  expect(rates.notBefore(null)).toBe(until);
  expect(rates.take(CHANNEL, 1)).toBe(until);
  // A shorter one says nothing new.
  rates.limited(until - 1_000);
  expect(kept).toEqual([until]);
  const again = ratesOf(clock, until).rates;
  expect(again.take(null, 1)).toBeGreaterThanOrEqual(until);
});

test("a 429 that names a nonsensical time holds for a day at most", () => {
  const clock = new HandClock();
  const { rates, kept } = ratesOf(clock);
  rates.limited(clock.now() + 1e15);
  expect(kept).toEqual([clock.now() + 86_400_000]);
  expect(ratesOf(clock, clock.now() + 1e15).rates.heldUntil()).toBe(clock.now() + 86_400_000);
});
