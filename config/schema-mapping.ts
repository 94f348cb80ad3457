import { z } from "zod";
import { MappingName, RoomName, SourceName } from "../bridge/model/ids.ts";
import { attachmentKinds } from "../bridge/model/post.ts";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";

const selectors = (en: string, ru: string, example: unknown, off = true) =>
  about(f.list(f.selector).default([]), en, ru, { example, off });

/** A mapping as written. */
export const mapping = z.strictObject(
  {
    name: about(MappingName.optional(), "A name for status and notices.", "Имя для отчётов и уведомлений.", {
      example: "faculty-all",
    }),
    source: about(SourceName, "A name from sources.", "Имя из sources.", { example: "faculty" }),
    channel: about(
      f.channel,
      "The channel's id in the source: an integer, as a rule negative in MAX.",
      "Номер канала в источнике: целое число, в MAX обычно отрицательное.",
      { example: -70801090403050 },
    ),
    rooms: about(
      f.filled(RoomName),
      "Names from rooms. The first mapping that matches decides for a room.",
      "Имена из rooms. Для комнаты решает первое подошедшее правило.",
      { example: ["faculty"] },
    ),
    senders: about(
      f.list(f.sender).default([]),
      "Besides the channel's own posts, mirror those of these people (ids). They are never shown.",
      "Кроме постов самого канала, брать посты этих людей (номера). В комнате их не видно.",
      { example: [], off: true },
    ),
    include: selectors(
      "Only posts with one of these hashtags (in quotes) or patterns.",
      "Только посты с одним из этих хештегов (в кавычках) или шаблонов.",
      ["#экзамен", { pattern: "аудитори|перенос" }],
    ),
    exclude: selectors("Never posts with one of these.", "Никогда не брать посты с одним из этих.", [
      "#реклама",
    ]),
    urgent: selectors(
      "These do not wait for slots or silent hours.",
      "Эти не ждут часов отправки и тишины.",
      ["#срочно"],
    ),
    pin: selectors("These are pinned.", "Эти закрепляются.", ["#важно"]),
    attachments: about(
      f.list(z.enum(attachmentKinds)).default([...attachmentKinds]),
      "Kinds of attachments that are mirrored.",
      "Какие вложения переносить.",
      { example: [...attachmentKinds], off: true },
    ),
    largest_file: about(
      f.size.prefault("98 MB"),
      "A larger file is replaced by a line. A sealed room carries at most 98 MB, a Matrix room what its server takes, Telegram 50 MB.",
      "Файл больше этого заменяется строкой. Запечатанная комната несёт не больше 98 МБ, комната Matrix столько, сколько принимает её сервер, Telegram 50 МБ.",
      { example: "98 MB", off: true },
    ),
    edits: about(
      z.enum(["replace", "annotate", "announce"]).default("announce"),
      "replace: silently; annotate: show what changed; announce: also say so when a date, time, room or link changed.",
      "replace: молча; annotate: показать, что изменилось; announce: ещё и сообщить, если изменились дата, время, аудитория или ссылка.",
      { example: "announce", off: true },
    ),
    removals: about(
      z.enum(["remove", "strike", "keep"]).default("remove"),
      "remove: as the source does; strike: keep it, struck through; keep: change nothing.",
      "remove: убрать, как в источнике; strike: оставить зачёркнутым; keep: ничего не менять.",
      { example: "remove", off: true },
    ),
    silence: about(
      f.silence.optional(),
      "After so long without the source being read the rooms get a note; off: none. Default: as under silence.",
      "Если источник столько не читается, комнаты получают заметку; off: не писать. По умолчанию как в silence.",
      { example: "2h", off: true },
    ),
    timezone: about(
      f.zone.default("Europe/Moscow"),
      "Time zone (IANA) of slots, silent hours and dates here.",
      "Часовой пояс (IANA) для часов отправки, тишины и дат в этом правиле.",
      { example: "Europe/Moscow", off: true },
    ),
    backfill: about(
      f.backfill.prefault(0),
      "What to mirror of the past on first contact: 0, a number of posts, or since a day.",
      "Сколько взять из прошлого при первом запуске: 0, число постов или since и день.",
      { example: "since 2026-09-01", off: true },
    ),
  },
  group,
);
