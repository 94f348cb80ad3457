import type { RichText } from "../model/rich-text.ts";

/** Words whose change matters: days of the week and months, by their beginnings, in Russian and English. */
const stems =
  "понедельник|вторник|сред[аеуы]|четверг|пятниц|суббот|воскресень|пн|вт|ср|чт|пт|сб|вс|" +
  "январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр|" +
  "янв|фев|мар|апр|авг|сен|сент|окт|ноя|дек|" +
  "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun|" +
  "january|february|march|april|may|june|july|august|september|october|november|december|" +
  "jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|сегодня|завтра|послезавтра|today|tomorrow";
const short = new Set(
  "пн вт ср чт пт сб вс янв фев мар апр авг сен сент окт ноя дек mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec".split(
    " ",
  ),
);
const word = new RegExp(`^(?:${stems})`, "u");
const place =
  /^(?:ауд|аудитори\p{L}*|каб|кабинет\p{L}*|корпус\p{L}*|корп|зал\p{L}*|этаж\p{L}*|комн\p{L}*|room|hall|building|floor|lab)$/u;
const link = /(?:https?:\/\/|mailto:|www\.)[^\s<>"«»]+/giu;
const token = /[\p{L}\p{N}]+(?:[.:/\-–][\p{N}]+)*/gu;

interface Fact {
  /** What is compared. */
  readonly key: string;
  /** As it stands in the text. */
  readonly shown: string;
}

const isDate = (lower: string): boolean => {
  const found = word.exec(lower)?.[0];
  return found !== undefined && (short.has(found) ? lower === found || lower === `${found}.` : true);
};

/** Digits, days, months, rooms and links of a text, in their order; a number takes its neighbours' month or room along. */
function facts(rich: RichText): readonly Fact[] {
  const out: Fact[] = [];
  const urls = [...rich.text.matchAll(link)].map((m) => m[0].replace(/[.,;:!?)\]]+$/u, ""));
  for (const m of rich.marks) if (m.kind === "link" && m.url !== undefined) urls.push(m.url);
  const text = rich.text.replaceAll(link, (m) => " ".repeat(m.length));
  const words = [...text.matchAll(token)].map((m) => ({
    text: m[0],
    lower: m[0].toLowerCase(),
    at: m.index,
  }));
  for (let i = 0; i < words.length; i++) {
    const w = words[i];
    if (w === undefined) continue;
    const after = words[i + 1];
    const near = after !== undefined && after.at - (w.at + w.text.length) <= 2;
    if (place.test(w.lower) && near && !/^\p{Ll}{4,}$/u.test(after.text)) {
      out.push({ key: `place ${after.lower}`, shown: text.slice(w.at, after.at + after.text.length) });
      i++;
    } else if (/\p{N}/u.test(w.text)) {
      const month = near && isDate(after.lower) ? after : null;
      const end = month === null ? w : month;
      out.push({
        key: month === null ? w.lower : `${w.lower} ${month.lower}`,
        shown: text.slice(w.at, end.at + end.text.length),
      });
      if (month !== null) i++;
    } else if (isDate(w.lower)) out.push({ key: w.lower, shown: w.text });
  }
  for (const url of new Set(urls)) out.push({ key: `link ${url}`, shown: url });
  return out;
}

/** What only one side has, each as often as it is more. */
function differences(
  before: readonly Fact[],
  after: readonly Fact[],
): { gone: readonly Fact[]; come: readonly Fact[] } {
  const count = (list: readonly Fact[]) => {
    const counts = new Map<string, number>();
    for (const { key } of list) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  };
  const surplus = (list: readonly Fact[], other: Map<string, number>) =>
    list.filter(({ key }) => {
      const left = other.get(key) ?? 0;
      other.set(key, left - 1);
      return left <= 0;
    });
  return { gone: surplus(before, count(after)), come: surplus(after, count(before)) };
}

/** Whether an edit changed a digit, a weekday, a month, a room or a link: what students must be told of. */
export function significant(before: RichText, after: RichText): { readonly changed: boolean } {
  const { gone, come } = differences(facts(before), facts(after));
  return { changed: gone.length + come.length > 0 };
}

const LONGEST = 200;
const words = {
  ru: {
    changed: "Изменено:",
    added: "добавлено",
    removed: "убрано",
    see: "Объявление изменено: посмотрите, что именно.",
  },
  en: {
    changed: "Changed:",
    added: "added",
    removed: "removed",
    see: "The announcement was changed: look what exactly.",
  },
} as const;

/** One short line that says what changed, like "Изменено: 12 июня → 14 июня; ауд. 305 → ауд. 412". */
export function changeLine(before: RichText, after: RichText, lang: "ru" | "en"): string {
  const say = words[lang];
  const { gone, come } = differences(facts(before), facts(after));
  const pairs: string[] = [];
  for (let i = 0; i < Math.max(gone.length, come.length); i++) {
    const [from, to] = [gone[i]?.shown, come[i]?.shown];
    if (from !== undefined && to !== undefined) pairs.push(`${from} → ${to}`);
    else if (to !== undefined) pairs.push(`${say.added} ${to}`);
    else if (from !== undefined) pairs.push(`${say.removed} ${from}`);
  }
  let line: string = say.changed;
  for (const [i, pair] of pairs.entries()) {
    const longer = `${line}${i === 0 ? " " : "; "}${pair}`;
    if (longer.length > LONGEST) return i === 0 ? say.see : `${line}; …`;
    line = longer;
  }
  return pairs.length === 0 ? say.see : line;
}
