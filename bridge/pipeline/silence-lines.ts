import type { Millis } from "../model/ids.ts";

type Lang = "ru" | "en";
/** Time zones are shown by their names: the abbreviations of most are known to nobody. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment as people write it in that language and zone, such as "2 ноября, 14:05". */
function moment(at: Millis, zone: string, lang: Lang): string {
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

/** What a room is told when a source of its announcements is not read any more. */
export function silentLine(since: Millis, zone: string, lang: Lang): string {
  const at = moment(since, zone, lang);
  return lang === "ru"
    ? `С ${at} (${zone}) исходный канал не удаётся прочитать. Новые объявления пока могут не приходить. Когда связь вернётся, пропущенное появится здесь.`
    : `Since ${at} (${zone}) the original channel could not be read. New announcements may not come for now. What is missed will appear here when it can be read again.`;
}

/** What a room is told when the source is read again: the time that was blind, and how many posts came late. */
export function backLine(from: Millis, to: Millis, caught: number, zone: string, lang: Lang): string {
  const [start, end] = [moment(from, zone, lang), moment(to, zone, lang)];
  if (lang === "ru") {
    const late =
      caught === 0 ? "Пропущенных объявлений не нашлось." : `Пропущенных объявлений пришло: ${caught}.`;
    return `Исходный канал снова читается. Он не читался с ${start} до ${end} (${zone}). ${late}`;
  }
  const late = caught === 0 ? "No announcement was missed." : `Announcements that came late: ${caught}.`;
  return `The original channel is read again. It was not read from ${start} to ${end} (${zone}). ${late}`;
}
