import type { Texts } from "./texts.ru.ts";

const made = new Map<string, Intl.DateTimeFormat>();

/** Formatters are dear to make: one per language, zone and shape. A zone the browser does not know becomes UTC. */
function formatter(
  t: Texts,
  zone: string,
  name: string,
  shape: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${t.lang} ${zone} ${name}`;
  let found = made.get(key);
  if (found === undefined) {
    const locale = t.lang === "ru" ? "ru-RU" : "en-GB";
    try {
      found = new Intl.DateTimeFormat(locale, { ...shape, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat(locale, { ...shape, timeZone: "UTC", timeZoneName: "short" });
    }
    made.set(key, found);
  }
  return found;
}

/** 14:05 in the room's zone. `at` is unix seconds, as everywhere here. */
export const timeOf = (t: Texts, zone: string, at: number): string =>
  formatter(t, zone, "time", { hour: "2-digit", minute: "2-digit" }).format(at * 1000);

/** A key that is equal for two times of one day of the room's zone. */
export const dayKey = (t: Texts, zone: string, at: number): string =>
  formatter(t, zone, "key", { year: "numeric", month: "numeric", day: "numeric" }).format(at * 1000);

/** "Сегодня", "Вчера" or the date with its weekday; the year where it is not this one. */
export function dayOf(t: Texts, zone: string, at: number, now: number): string {
  const key = dayKey(t, zone, at);
  const date = formatter(t, zone, "day", { weekday: "long", day: "numeric", month: "long" }).format(
    at * 1000,
  );
  if (key === dayKey(t, zone, now)) return `${t.today}, ${date}`;
  if (key === dayKey(t, zone, now - 86_400)) return `${t.yesterday}, ${date}`;
  const year = (when: number) => formatter(t, zone, "year", { year: "numeric" }).format(when * 1000);
  return year(at) === year(now) ? date : `${date} ${year(at)}`;
}

/** Day and time, in one line: "сегодня в 14:05", or the date where it is neither today nor yesterday. */
export function momentOf(t: Texts, zone: string, at: number): string {
  const [key, now] = [dayKey(t, zone, at), Date.now() / 1000];
  if (key === dayKey(t, zone, now)) return t.atToday(timeOf(t, zone, at));
  if (key === dayKey(t, zone, now - 86_400)) return t.atYesterday(timeOf(t, zone, at));
  return formatter(t, zone, "moment", {
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at * 1000);
}

/** 1,2 МБ of 1 234 567 bytes. */
export function sizeOf(t: Texts, bytes: number): string {
  let step = 0;
  let left = bytes;
  for (; left >= 1000 && step < 3; step++) left /= 1024;
  const digits = step > 0 && left < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(t.lang, { maximumFractionDigits: digits }).format(left)} ${t.size[step] ?? ""}`;
}
