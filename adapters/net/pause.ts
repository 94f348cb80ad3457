import type { Millis } from "../../bridge/model/ids.ts";

/** The headers of an answer as undici gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The longest pause that is taken from an answer: a mistake there must not stop anything for good. */
export const LONGEST_PAUSE = 24 * 3_600_000;

/** The server's own time, ms UTC; null where it tells none. */
export function timeOf(headers: Headers): Millis | null {
  const told = Date.parse(String(headers.date ?? ""));
  return Number.isNaN(told) ? null : told;
}

/** Retry-After (seconds, or a date by the server's clock) as ms from now; 0 where there is none. */
export function pauseOf(headers: Headers, now: Millis): number {
  const value = String(headers["retry-after"] ?? "").trim();
  const told = /^\d{1,12}(\.\d+)?$/.test(value)
    ? Math.ceil(Number(value) * 1000)
    : Date.parse(value) - (timeOf(headers) ?? now);
  return Number.isNaN(told) ? 0 : Math.min(LONGEST_PAUSE, Math.max(0, told));
}
