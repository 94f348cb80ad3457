import type { RichText } from "../model/rich-text.ts";

/** Something in a text that students must hear of when it changes. */
export interface Fact {
  readonly kind: "number" | "day" | "place" | "link";
  /** What is compared. */
  readonly key: string;
  /** As it stands in the text. */
  readonly shown: string;
}

/** Words that name a day or a month wherever they stand, in all their endings. */
const always = new RegExp(
  "^(?:" +
    [
      "(?:понедельник|вторник|четверг)(?:[аеу]|ом|и|ов|ам|ами|ах)?",
      "сред(?:[аеуы]|ой|ою|ам|ами|ах)",
      "(?:пятниц|суббот)(?:[аеуы]|[ео][йю]|ам|ами|ах)?",
      "воскресень(?:[еяюи]|ем|ям|ями|ях)",
      "(?:январ|феврал|апрел|сентябр|октябр|ноябр|декабр|июн|июл)(?:[ьяюе]|[её]м)",
      "(?:март|август)(?:[аеу]|ом)?",
      "ма(?:й|я|ю|е|ем)",
      "пн|вт|ср|чт|пт|сб|вс|янв|фев|февр|мар|апр|авг|сен|сент|окт|ноя|нояб|дек",
      "сегодня|завтра|послезавтра|today|tomorrow|tonight",
      "(?:mon|tues|wednes|thurs|fri|satur|sun)days?",
      "january|february|april|june|july|august|september|october|november|december",
      "tue|tues|thu|thur|thurs|fri|jan|feb|apr|jun|jul|aug|sep|sept|oct|nov|dec",
    ].join("|") +
    ")$",
  "u",
);
/** Words that do so only with a capital letter or beside a number: they mean other things too. */
const sometimes = /^(?:may|march|mar|mon|wed|sat|sun)$/u;

const roomWord =
  /^(?:аудитори\p{L}*|кабинет\p{L}*|корпус\p{L}*|зал(?:[аеу]|ом)?|этаж(?:[аеу]|ом)?|комнат\p{L}*|room|hall|building|floor|lab)$/u;
const roomShort = /^(?:ауд|каб|корп|комн|эт|rm|bldg)$/u;
const link = /(?:https?:\/\/|mailto:|www\.)[^\s<>"«»]+/giu;
const word = /[\p{L}\p{N}]+(?:[.:/\-–—][\p{N}]+)*/gu;
const LONGEST_LINK = 60;

interface Word {
  readonly text: string;
  readonly lower: string;
  readonly at: number;
  readonly end: number;
}

const isNumber = (w: Word): boolean => /\p{N}/u.test(w.text);
/** "9.00" is what "9:00" is, and one dash is as good as another. */
const numberKey = (w: Word): string => w.lower.replaceAll(/[.:]/gu, ":").replaceAll(/[–—]/gu, "-");

const isDay = (w: Word, besideNumber: boolean): boolean =>
  always.test(w.lower) || (sometimes.test(w.lower) && (besideNumber || /^\p{Lu}\p{Ll}+$/u.test(w.text)));

/** What comes after a word that announces a room: a number, a letter, a name. */
const isRoom = (w: Word): boolean => isNumber(w) || /^\p{Lu}/u.test(w.text) || /^\p{L}$/u.test(w.text);

/** Where links lead, written out and hidden behind words; how they are shown is short. */
function linksOf(rich: RichText): readonly Fact[] {
  const urls = [...rich.text.matchAll(link)].map((m) => m[0].replace(/[.,;:!?)\]]+$/u, ""));
  for (const m of rich.marks) if (m.kind === "link" && m.url !== undefined) urls.push(m.url);
  return [...new Set(urls)].map((url) => ({ kind: "link", key: url, shown: shortened(url) }));
}

const shortened = (url: string): string =>
  url.length <= LONGEST_LINK ? url : `${url.slice(0, LONGEST_LINK - 1).toWellFormed()}…`;

/** Digits, days, months, rooms and links of a text in their order; a number takes its month along. */
export function facts(rich: RichText): readonly Fact[] {
  const out: Fact[] = [];
  const text = rich.text.replaceAll(link, (m) => " ".repeat(m.length));
  const words = [...text.matchAll(word)].map(
    (m): Word => ({ text: m[0], lower: m[0].toLowerCase(), at: m.index, end: m.index + m[0].length }),
  );
  const gap = (a: Word, b: Word): string => text.slice(a.end, b.at);
  for (let i = 0; i < words.length; i++) {
    const w = words[i];
    if (w === undefined) continue;
    const after = words[i + 1];
    const beside = after !== undefined && /^[ \u00a0]{0,3}$/u.test(gap(w, after));
    const leads =
      after !== undefined &&
      ((roomWord.test(w.lower) && /^\s?[№#]?\s?$/u.test(gap(w, after))) ||
        (roomShort.test(w.lower) && /^\.?\s?[№#]?\s?$/u.test(gap(w, after))));
    if (leads && isRoom(after)) {
      out.push({ kind: "place", key: after.lower, shown: text.slice(w.at, after.end) });
      i++;
    } else if (isNumber(w)) {
      const month = beside && isDay(after, true) ? after : null;
      const end = month === null ? w : month;
      const key = month === null ? numberKey(w) : `${numberKey(w)} ${month.lower}`;
      out.push({ kind: month === null ? "number" : "day", key, shown: text.slice(w.at, end.end) });
      if (month !== null) i++;
    } else if (isDay(w, beside && isNumber(after))) out.push({ kind: "day", key: w.lower, shown: w.text });
  }
  return [...out, ...linksOf(rich)];
}
