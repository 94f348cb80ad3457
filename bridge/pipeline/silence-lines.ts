import type { Millis } from "../model/ids.ts";
import { moment } from "./moment.ts";

type Lang = "ru" | "en";

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
