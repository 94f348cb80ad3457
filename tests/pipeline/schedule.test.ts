import fc from "fast-check";
import { expect, test } from "vitest";
import type { Random } from "../../bridge/model/effects.ts";
import type { RoomTiming } from "../../bridge/model/mapping.ts";
import { dueAt, silentUntil } from "../../bridge/pipeline/schedule.ts";

const seed = 20261102;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const off: RoomTiming = { slots: [], jitter: 0, silentHours: null };
const chance = (value: number): Random => ({ next: () => value, bytes: (n) => new Uint8Array(n) });
const half = chance(0.5);

const shown = new Map<string, Intl.DateTimeFormat>();
/** Hours and minutes of a moment in a zone, told by another way than the code under test. */
function clockOf(at: number, zone: string): number {
  const format =
    shown.get(zone) ??
    new Intl.DateTimeFormat("sv-SE", { timeZone: zone, timeStyle: "medium", dateStyle: "short" });
  shown.set(zone, format);
  const parts = format.formatToParts(Math.floor(at / MINUTE) * MINUTE);
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value);
  return part("hour") * 60 + part("minute");
}

/** Zones with clocks that change by an hour, by half an hour, at midnight, and never. */
const zone = fc.constantFrom(
  "Europe/Moscow",
  "Europe/Berlin",
  "America/New_York",
  "America/Santiago",
  "Africa/Cairo",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "UTC",
);
/** Any moment of 2026, and as often one within a day of a change of clocks somewhere. */
const changes = [
  "2026-03-29T01:00Z",
  "2026-10-25T01:00Z",
  "2026-03-08T07:00Z",
  "2026-11-01T06:00Z",
  "2026-04-24T00:00Z",
  "2026-10-29T21:00Z",
  "2026-04-05T03:00Z",
  "2026-09-06T04:00Z",
  "2026-04-04T15:00Z",
  "2026-10-03T15:30Z",
].map((s) => Date.parse(s));
const moment = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
  fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -26 * HOUR, max: 26 * HOUR }))
    .map(([at, by]) => at + by),
);
const minute = fc.integer({ min: 0, max: 1439 });

test("rooms of two zones that are asked for in turn each go by their own clock", () => {
  const at = Date.UTC(2026, 10, 25, 6, 10);
  const timing: RoomTiming = { ...off, silentHours: { from: 9 * 60, to: 10 * 60 } };
  const of = (zone: string) => silentUntil(at, timing, zone);
  // 09:10 in Moscow, 07:10 in Berlin.
  for (let i = 0; i < 2; i++)
    expect([of("Europe/Moscow"), of("Europe/Berlin")]).toEqual([Date.UTC(2026, 10, 25, 7), null]);
});

test("with everything off a delivery is due at once", () => {
  fc.assert(
    fc.property(moment, zone, (now, where) => {
      expect(dueAt(now, off, where, half)).toBe(now);
    }),
    { seed, numRuns: 200 },
  );
});

test("a slot's moment is the next one at which local clocks show it, or at which they leap over it", () => {
  fc.assert(
    fc.property(moment, zone, minute, (now, where, slot) => {
      const at = dueAt(now, { ...off, slots: [slot] }, where, half);
      expect(at).toBeGreaterThanOrEqual(now);
      expect(at - now).toBeLessThanOrEqual(25 * HOUR);
      const local = clockOf(at, where);
      const leapt = clockOf(at - MINUTE, where);
      if (local !== slot) expect((slot - leapt + 1440) % 1440).toBeLessThan((local - leapt + 1440) % 1440);
      else if (at > now) expect(at % MINUTE).toBe(0);
      // No earlier moment shows it, but for the one hour in the year that clocks show twice.
      for (let t = Math.ceil(now / MINUTE) * MINUTE; t < at; t += MINUTE)
        if (clockOf(t, where) === slot) {
          const again = [30, 60, 120, 1440].some((m) => clockOf(t - m * MINUTE, where) === slot);
          expect(again).toBe(true);
          break;
        }
    }),
    { seed, numRuns: 150 },
  );
});

test("of several slots the nearest is taken", () => {
  const slots = [8 * 60, 13 * 60, 18 * 60 + 30];
  const at = (utc: string) =>
    new Date(dueAt(Date.parse(utc), { ...off, slots }, "Europe/Moscow", half)).toISOString().slice(0, 16);
  expect(at("2026-11-02T04:59:59.999Z")).toBe("2026-11-02T05:00");
  expect(at("2026-11-02T05:00:00.000Z")).toBe("2026-11-02T05:00");
  expect(at("2026-11-02T05:00:00.001Z")).toBe("2026-11-02T10:00");
  expect(at("2026-11-02T15:31Z")).toBe("2026-11-03T05:00");
});

test("jitter adds a wait between nothing and its length, each length as likely", () => {
  fc.assert(
    fc.property(
      moment,
      fc.integer({ min: 1, max: HOUR }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (now, jitter, r) => {
        const at = dueAt(now, { ...off, jitter }, "Europe/Moscow", chance(r));
        expect(at).toBe(now + Math.floor(r * (jitter + 1)));
        expect(at - now).toBeLessThanOrEqual(jitter);
      },
    ),
    { seed, numRuns: 500 },
  );
});

test("nothing falls due within the silent hours, whatever slots and jitter say, and what waits is due when they end", () => {
  const timing = fc.record({
    slots: fc.array(minute, { maxLength: 3 }),
    jitter: fc.integer({ min: 0, max: 3 * HOUR }),
    silentHours: fc.record({ from: minute, to: minute }).filter((r) => r.from !== r.to),
  });
  fc.assert(
    fc.property(
      moment,
      zone,
      timing,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (now, where, t, r) => {
        const at = dueAt(now, t, where, chance(r));
        const { from, to } = t.silentHours;
        const local = clockOf(at, where);
        const within = from < to ? local >= from && local < to : local >= from || local < to;
        // Where clocks are put back into the silent hours, the moment they end is shown before they begin again.
        if (within)
          expect(
            [30, 60].some(
              (m) => clockOf(at - m * MINUTE, where) === local || clockOf(at + m * MINUTE, where) === local,
            ),
          ).toBe(true);
        expect(at).toBeGreaterThanOrEqual(now);
        const unhindered = dueAt(now, { ...t, silentHours: null }, where, chance(r));
        expect(at - unhindered).toBeLessThanOrEqual(25 * HOUR);
        if (silentUntil(unhindered, t, where) === null) expect(at).toBe(unhindered);
      },
    ),
    { seed, numRuns: 800 },
  );
});

test("silent hours run over midnight, begin on the minute and end on the minute", () => {
  const timing = { ...off, silentHours: { from: 22 * 60, to: 7 * 60 } };
  const until = (utc: string) => {
    const end = silentUntil(Date.parse(utc), timing, "Europe/Moscow");
    return end === null ? null : new Date(end).toISOString().slice(0, 16);
  };
  expect(until("2026-11-02T18:59:59.999Z")).toBe(null);
  expect(until("2026-11-02T19:00Z")).toBe("2026-11-03T04:00");
  expect(until("2026-11-02T21:30Z")).toBe("2026-11-03T04:00");
  expect(until("2026-11-03T03:59:59.999Z")).toBe("2026-11-03T04:00");
  expect(until("2026-11-03T04:00Z")).toBe(null);
});

test("on the day clocks are put forward over a slot it is served when they are, and the next day at its time", () => {
  const timing = { ...off, slots: [150] };
  const at = (utc: string) =>
    new Date(dueAt(Date.parse(utc), timing, "Europe/Berlin", half)).toISOString().slice(0, 16);
  expect(at("2026-03-28T00:00Z")).toBe("2026-03-28T01:30");
  expect(at("2026-03-28T12:00Z")).toBe("2026-03-29T01:00");
  expect(at("2026-03-29T02:00Z")).toBe("2026-03-30T00:30");
  expect(at("2026-10-24T12:00Z")).toBe("2026-10-25T00:30");
});
