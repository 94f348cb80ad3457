import { z } from "zod";
import { about, group } from "./about.ts";
import * as f from "./fields.ts";

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

/** A room as written. */
export const room = z.strictObject(
  {
    type: about(
      z.literal("sealed"),
      "sealed: an end-to-end encrypted log that its link opens in a browser. It has no list of members.",
      "sealed: сквозным образом зашифрованный журнал, который открывается в браузере по ссылке. Списка участников нет.",
      { example: "sealed" },
    ),
    title: about(f.title, "What readers see as the room's name.", "Название комнаты для читателей.", {
      example: "Расписание и экзамены",
    }),
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
    lang: about(
      language.optional(),
      "Language of Postern's own words in the room.",
      "Язык служебных слов в комнате.",
      {
        example: "ru",
        off: true,
      },
    ),
    zone: about(
      f.zone.default("Europe/Moscow"),
      "Time zone (IANA) in which readers are shown times.",
      "Часовой пояс (IANA), в котором показывается время.",
      { example: "Europe/Moscow", off: true },
    ),
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
    timing: about(
      timing.prefault({}),
      "When the room is served, in the mapping's timezone. Urgent announcements do not wait.",
      "Когда отправлять, по часовому поясу правила. Срочные объявления не ждут.",
      { off: true },
    ),
  },
  group,
);
