import type { Millis } from "../model/ids.ts";
import { moment } from "./moment.ts";

type Lang = "ru" | "en";

const days = {
  ru: { one: "последний день", few: "последние # дня", many: "последние # дней", other: "последние # дня" },
  en: { one: "the last day", other: "the last # days" },
} as const;

function lastDays(n: number, lang: Lang): string {
  const rule = new Intl.PluralRules(lang).select(n);
  const forms: Readonly<Record<string, string>> = days[lang];
  return (forms[rule] ?? days[lang].other).replace("#", String(n));
}

/** What stands before the announcements that are repeated for those who came later. */
export function digestLine(count: number, history: number, lang: Lang): string {
  return lang === "ru"
    ? `Для тех, кто присоединился недавно: ниже ещё раз объявления за ${lastDays(history, lang)} (их ${count}). Остальные их уже видели.`
    : `For those who joined lately: the announcements of ${lastDays(history, lang)} once more (${count} of them). Everybody else has seen them.`;
}

/** What stands over a repeated announcement: without it "tomorrow" would be another day. */
export function repeatedLine(postedAt: Millis, zone: string, lang: Lang): string {
  const at = moment(postedAt, zone, lang);
  return lang === "ru" ? `Повтор. Объявлено ${at} (${zone}):` : `Repeated. Announced on ${at} (${zone}):`;
}
