import type { Millis } from "../bridge/model/ids.ts";
import type { DailyRange } from "../bridge/model/mapping.ts";

/** Sizes, durations and times as people write them. Each reader answers null for what it does not understand. */

const sizeUnits = new Map([
  ["b", 1],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["б", 1],
  ["кб", 1e3],
  ["мб", 1e6],
  ["гб", 1e9],
]);

/** `"100 MB"`, `"1.5 GiB"`, `"800 КБ"` → bytes. */
export function readSize(written: string): number | null {
  const match = /^(\d+(?:[.,]\d+)?)\s*(\p{L}+)$/u.exec(written.trim());
  const unit = sizeUnits.get(match?.[2]?.toLowerCase() ?? "");
  if (match?.[1] === undefined || unit === undefined) return null;
  const bytes = Math.floor(Number(match[1].replace(",", ".")) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

const durationUnits = new Map([
  ["ms", 1],
  ["s", 1e3],
  ["m", 60e3],
  ["min", 60e3],
  ["h", 3600e3],
  ["d", 86400e3],
  ["мс", 1],
  ["с", 1e3],
  ["м", 60e3],
  ["мин", 60e3],
  ["минут", 60e3],
  ["ч", 3600e3],
  ["час", 3600e3],
  ["часа", 3600e3],
  ["часов", 3600e3],
  ["д", 86400e3],
  ["дней", 86400e3],
]);

/** `"5m"`, `"20 s"`, `"7d"`, `"1h 30m"`, `"5 мин"` → ms. */
export function readDuration(written: string): Millis | null {
  const text = written.trim().toLowerCase();
  if (text === "0") return 0;
  if (!/^(?:\d+\s*\p{L}+\s*)+$/u.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)\s*(\p{L}+)/gu)) {
    const factor = durationUnits.get(unit ?? "");
    if (factor === undefined) return null;
    total += Number(amount) * factor;
  }
  return Number.isSafeInteger(total) ? total : null;
}

/** `"08:00"` or `"8:00"` → minutes since midnight. */
export function readTime(written: string): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(written.trim());
  if (match === null) return null;
  const hours = Number(match[1]);
  const minutes = Number(match[2]);
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}

/** `"23:00-07:00"` (any dash) → a range; equal ends are refused, since they could mean all day or nothing. */
export function readRange(written: string): DailyRange | null {
  const [first, second, ...more] = written.split(/\s*[-–—]\s*/);
  if (first === undefined || second === undefined || more.length > 0) return null;
  const from = readTime(first);
  const to = readTime(second);
  return from === null || to === null || from === to ? null : { from, to };
}

/** Whether the IANA time zone is known here. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is to be added to UTC to get the local time of `zone` at `at`, in ms. */
function offset(zone: string, at: Millis): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const field = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return local - Math.floor(at / 1000) * 1000;
}

/** Midnight of a local day, ms UTC. Where the clocks skip midnight: the first moment of that day. */
export function midnight(day: string, zone: string): Millis {
  const guess = Date.parse(`${day}T00:00:00Z`);
  const first = guess - offset(zone, guess);
  return guess - offset(zone, first);
}

/** Whether `day` is a day of the calendar, written `2026-11-01`. */
export function isDay(day: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}
