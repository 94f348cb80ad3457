import { z } from "zod";
import { AccountName } from "../bridge/model/ids.ts";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";
import { carrier, chatKeys } from "./schema-telegram.ts";

const timing = z.strictObject(
  {
    slots: about(
      f.list(f.time).default([]),
      "Times of day at which what has gathered is sent. Empty: at once.",
      "Часы, в которые отправляется накопленное. Пусто: сразу.",
      { example: ["08:00", "13:00", "18:00"] },
    ),
    jitter: about(
      f.duration.prefault("0"),
      "A random extra wait, up to this long.",
      "Случайная задержка, не дольше этой.",
      { example: "5m" },
    ),
    silent_hours: about(
      f.silentHours.optional(),
      "Nothing is sent within these hours.",
      "В эти часы ничего не отправляется.",
      { example: "23:00-07:00" },
    ),
  },
  group,
);

export const language = z.enum(["ru", "en"]);

/** What every room has. */
const title = about(f.title, "What readers see as the room's name.", "Название комнаты для читателей.", {
  example: "Расписание и экзамены",
});
const lang = about(
  language.optional(),
  "Language of Postern's own words in the room.",
  "Язык служебных слов в комнате.",
  { example: "ru", off: true },
);
const zone = about(
  f.zone.default("Europe/Moscow"),
  "Time zone (IANA) in which readers are shown times.",
  "Часовой пояс (IANA), в котором показывается время.",
  { example: "Europe/Moscow", off: true },
);
const times = about(
  timing.prefault({}),
  "When the room is served, in the mapping's timezone. Urgent announcements do not wait.",
  "Когда отправлять, по часовому поясу правила. Срочные объявления не ждут.",
  { off: true },
);

/** A sealed room as written. */
const sealedRoom = z.strictObject(
  {
    type: about(
      z.literal("sealed"),
      "sealed: an end-to-end encrypted log that its link opens in a browser. It has no list of members.",
      "sealed: сквозным образом зашифрованный журнал, который открывается в браузере по ссылке. Списка участников нет.",
      { example: "sealed" },
    ),
    title,
    history: about(
      f.days.default(14),
      "Days for which a new link opens older posts and edits can show what changed. 0: none is kept.",
      "Сколько дней новая ссылка открывает старое, а правки показывают, что изменилось. 0: не хранить.",
      { example: 14 },
    ),
    origins: about(
      f.list(f.origin).default([]),
      "All places the log is kept at, best first. Put two into every link from the first day.",
      "Все места, где лежит журнал, лучшее первым. Дайте в каждой ссылке два с первого дня.",
      { example: ["https://feed.example.org", "https://copy.example.net/faculty"], off: true },
    ),
    lang,
    zone,
    welcome: about(f.text.optional(), "Your own words on joining.", "Ваши слова для тех, кто вошёл.", {
      example: "Здесь копия объявлений факультета. MAX ставить не нужно.",
      off: true,
    }),
    telegram: about(
      f.telegram.optional(),
      "Link of the Telegram channel that carries the same sealed log.",
      "Ссылка на телеграм-канал, который несёт тот же зашифрованный журнал.",
      { example: "https://t.me/example", off: true },
    ),
    carrier: about(
      carrier.optional(),
      "The Telegram channel into which the bot puts the same sealed log.",
      "Телеграм-канал, в который бот кладёт тот же зашифрованный журнал.",
      { off: true },
    ),
    timing: times,
  },
  group,
);

/** A Matrix room as written. Which room of the server it is, `matrix room` decides and the database remembers. */
const matrixRoom = z
  .strictObject(
    {
      type: about(
        z.literal("matrix"),
        "matrix: an end-to-end encrypted Matrix room, by invitation. Its server knows the members, as with every Matrix room.",
        "matrix: зашифрованная комната Matrix по приглашениям. Её участников знает сервер, как у любой комнаты Matrix.",
        { example: "matrix" },
      ),
      account: about(AccountName, "A name from matrix.", "Имя из matrix.", { example: "campus" }),
      title,
      topic: about(
        f.text.optional(),
        "The room's topic: everybody in it reads it above the announcements.",
        "Тема комнаты: её видят над объявлениями все, кто в ней.",
        { example: "Копия объявлений факультета. MAX ставить не нужно.", off: true },
      ),
      history: about(
        f.days.default(14),
        "Days of which those who join later are given the announcements, and for which edits can show what changed. 0: none is kept.",
        "За сколько дней получают объявления те, кто вошёл позже, и сколько дней правки показывают, что изменилось. 0: не хранить.",
        { example: 14 },
      ),
      history_visibility: about(
        z.enum(["shared", "invited", "joined"]).optional(),
        "From when on the server gives out the room's encrypted events. shared: all, so that those invited later may be given the keys of what is within history; invited: from the invitation; joined: from joining. Default: shared, with history: 0 joined.",
        "С какого времени сервер отдаёт зашифрованные события комнаты. shared: все, и тогда приглашённым позже можно передать ключи того, что в пределах history; invited: с приглашения; joined: со входа. По умолчанию shared, а при history: 0 joined.",
        { example: "shared", off: true },
      ),
      trust: about(
        z.enum(["all", "strict"]).default("all"),
        "Who gets the keys. all: every device of those in the room; strict: only devices that their owner has confirmed, so that others (and older programs) read nothing.",
        "Кто получает ключи. all: все устройства тех, кто в комнате; strict: только подтверждённые хозяином, остальные (и старые программы) ничего не прочтут.",
        { example: "all", off: true },
      ),
      digest: about(
        f.yesNo.default(true),
        "Post a digest of the last history days when somebody has joined, since not every program can be given older keys.",
        "Когда кто-то вошёл, прислать сводку за последние history дней: старые ключи умеют принимать не все программы.",
        { example: true, off: true },
      ),
      lang,
      zone,
      timing: times,
    },
    group,
  )
  .meta({ example: "campus", off: true });

/** A Telegram room as written. */
const telegramRoom = z
  .strictObject(
    {
      type: about(
        z.literal("telegram"),
        "telegram: a channel, a group or a topic, readable by Telegram. A sealed room with a carrier is the one that Telegram cannot read. A channel is better than a group, where everybody sees everybody.",
        "telegram: канал, группа или тема; Telegram может это читать. Не может читать запечатанную комнату с carrier. Канал лучше группы: в группе все видят всех.",
        { example: "telegram" },
      ),
      ...chatKeys,
      title,
      probe: about(
        z.enum(["on", "off"]).default("on"),
        "on: a post on its own has a small button (ⓘ), by which a post is found again whose answer was lost. Without the right to edit others' posts: so in a channel either this or pin.",
        "on: у одиночного поста есть маленькая кнопка (ⓘ), по ней мост находит пост, ответ о котором потерялся. Для этого у бота не должно быть права менять чужие посты, поэтому в канале либо это, либо pin.",
        { example: "on", off: true },
      ),
      unsure: about(
        z.enum(["resend", "hold"]).default("resend"),
        "What to do when it cannot be found out whether a post arrived. resend: send it again (a rare double); hold: ask you (postern telegram unsure).",
        "Что делать, если нельзя узнать, дошёл ли пост. resend: отправить снова (изредка будет дважды); hold: спросить вас (postern telegram unsure).",
        { example: "resend", off: true },
      ),
      history: about(
        f.days.default(14),
        "Days for which edits can show what changed. 0: no text is kept.",
        "Сколько дней правки показывают, что изменилось. 0: текст не хранится.",
        { example: 14 },
      ),
      lang,
      zone,
      timing: times,
    },
    group,
  )
  .meta({ example: "channel", off: true });

/** A room as written. */
export const room = z.discriminatedUnion("type", [sealedRoom, matrixRoom, telegramRoom], group);
