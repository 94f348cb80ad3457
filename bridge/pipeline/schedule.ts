import type { Random } from "../model/effects.ts";
import type { Millis } from "../model/ids.ts";
import type { DailyRange, RoomTiming } from "../model/mapping.ts";

const MINUTE = 60_000;
const DAY_MINUTES = 1440;

const formats = new Map<string, Intl.DateTimeFormat>();

/** No zone's clock is changed within one, ms. */
const QUARTER = 15 * MINUTE;
/** Each zone's minutes since midnight at the beginning of the quarter of an hour that was asked for last. */
const quarters = new Map<string, { readonly from: Millis; readonly minutes: number }>();

/** Minutes since local midnight, with the part of a minute that has passed. */
function localMinutes(at: Millis, zone: string): number {
  const from = at - (((at % QUARTER) + QUARTER) % QUARTER);
  let quarter = quarters.get(zone);
  if (quarter?.from !== from) {
    quarter = { from, minutes: wholeMinutes(from, zone) };
    quarters.set(zone, quarter);
  }
  return quarter.minutes + (at - from) / MINUTE;
}

/** Formatting takes longer than all that is done with it. */
function wholeMinutes(at: Millis, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  const [hour = 0, minute = 0] = format.format(at).split(":").map(Number);
  return hour * 60 + minute;
}

/** How far `local` is past `minutes`, the shorter way round the clock: in [-720, 720). */
const past = (local: number, minutes: number): number =>
  ((local - minutes + DAY_MINUTES + DAY_MINUTES / 2) % DAY_MINUTES) - DAY_MINUTES / 2;

/**
 * The next moment at or after `at` (`local` by the local clock) whose local time is `minutes`. Where clocks are put forward over that time, it is
 * the moment at which they are; where they are put back over it, either of the two.
 */
function next(at: Millis, minutes: number, zone: string, local = localMinutes(at, zone)): Millis {
  const wait = (minutes - local + DAY_MINUTES) % DAY_MINUTES;
  const guess = at + Math.round(wait * MINUTE);
  // Where the clock was changed in between, the guess is off by the change.
  const off = past(localMinutes(guess, zone), minutes);
  if (off === 0) return guess;
  const mended = guess - Math.round(off * MINUTE);
  if (mended >= at && past(localMinutes(mended, zone), minutes) === 0) return mended;
  // There is no such time on that day. The change lies between the two.
  const [from, to] = mended < guess ? [Math.max(at, mended), guess] : [guess, mended];
  for (let t = from; t < to; t += MINUTE) if (past(localMinutes(t, zone), minutes) >= 0) return t;
  return to;
}

const silent = (at: Millis, range: DailyRange, zone: string): boolean => {
  const now = localMinutes(at, zone);
  return range.from <= range.to ? now >= range.from && now < range.to : now >= range.from || now < range.to;
};

/** The end of the silent hours that `at` lies in; null: it lies in none. */
export function silentUntil(at: Millis, timing: RoomTiming, zone: string): Millis | null {
  const { silentHours } = timing;
  return silentHours !== null && silent(at, silentHours, zone) ? next(at, silentHours.to, zone) : null;
}

/** When a delivery accepted at `now` is due: the next slot, a random wait, and out of the silent hours. */
export function dueAt(now: Millis, timing: RoomTiming, zone: string, random: Random): Millis {
  const { slots, jitter } = timing;
  const local = localMinutes(now, zone);
  let at = slots.length === 0 ? now : Math.min(...slots.map((slot) => next(now, slot, zone, local)));
  if (jitter > 0) at += Math.floor(random.next() * (jitter + 1));
  return silentUntil(at, timing, zone) ?? at;
}
