import type { Millis } from "../model/ids.ts";

/** Time zones are shown by their names: the abbreviations of most are known to nobody. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment as people write it in that language and zone, such as "2 ноября, 14:05". */
export function moment(at: Millis, zone: string, lang: "ru" | "en"): string {
  const key = `${lang} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(lang === "ru" ? "ru-RU" : "en-GB", {
      timeZone: zone,
      day: "numeric",
      month: "long",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(key, format);
  }
  const parts = new Map(format.formatToParts(at).map((p) => [p.type, p.value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return `${part("day")} ${part("month")}, ${part("hour")}:${part("minute")}`;
}
