import type { Notice } from "../bridge/notices/port.ts";
import type { Lang } from "../config/config.ts";
import { isReopened } from "./matrix/reopening.ts";
import { en, waitsEn } from "./notices/en.ts";
import { ru, waitsRu } from "./notices/ru.ts";
import type { Named } from "./notices/shape.ts";
import { wordsOf } from "./texts/index.ts";
import type { Words } from "./texts/shape.ts";

const waits = { ru: waitsRu, en: waitsEn };

/** A notice in the rep's language: what happened, what it means for announcements, what to do. */
export function noticeText(notice: Notice, lang: Lang): string {
  const words = wordsOf(lang);
  const why =
    notice.code === "room_waiting"
      ? waitText(notice.reason, lang, notice.bot !== undefined)
      : whyOf(notice, words);
  const named: Named = {
    source: notice.source ?? "",
    room: notice.room ?? "",
    account: notice.account ?? "",
    bot: notice.bot ?? "",
    reopened: isReopened(notice.reason ?? ""),
    route: notice.route ?? "",
    count: notice.count ?? 0,
    why,
    span: words.span(notice.at - notice.since),
  };
  const told = (lang === "ru" ? ru : en)[notice.code];
  return (notice.state === "back" ? (told.back ?? told.trouble) : told.trouble)(named);
}

/** Why what waits for a room could not be sent, in words; empty: there are none for it. `bot`: whether one serves it. */
export function waitText(reason: string | undefined, lang: Lang, bot = false): string {
  const { matrix, telegram } = wordsOf(lang);
  return textOf(reason, bot ? telegram.faults : matrix.faults, waits[lang]);
}

/** Why, in words; empty: there are none for it. A room's flaws are told of the room. */
function whyOf({ reason, bot }: Notice, words: Words): string {
  if (bot !== undefined) return textOf(reason, words.telegram.faults, words.telegram.flaws);
  const { faults, flaws, held } = words.matrix;
  return textOf(reason, words.status.troubles, { ...faults, ...flaws, ...held });
}

/** What is said of a code in one of two lists, the second first. */
function textOf(
  code: string | undefined,
  ...lists: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>]
): string {
  const [first, second] = lists;
  return Object.entries({ ...first, ...second }).find(([known]) => known === code)?.[1] ?? "";
}

/** The monitor cannot listen; the bridge runs without it. */
export const monitorFailed = (address: string, lang: Lang): string =>
  lang === "ru"
    ? `На адресе ${address} слушать нельзя, поэтому /live, /ready и /metrics нет. Объявления идут. Освободите адрес или измените monitor.listen и перезапустите мост.`
    : `Listening on ${address} is not possible, so there is no /live, /ready and /metrics. Announcements are mirrored. Free the address or change monitor.listen, and restart the bridge.`;
