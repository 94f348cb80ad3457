import type { AttachmentInput } from "../inputs.ts";
import { dayAfter } from "./days.ts";
import { emphasized, heading, link, type Piece, quote, strong } from "./rich.ts";

/** What stands in one post. */
export interface Content {
  readonly pieces: readonly Piece[];
  readonly attachments?: readonly AttachmentInput[];
  /** The post it answers, by its name in the week. */
  readonly replyTo?: string;
  /** Words that were forwarded from another channel. */
  readonly forward?: readonly Piece[];
}

/** What happens, and how many seconds after the week began. */
export type Step = { readonly second: number } & (
  | { readonly kind: "post"; readonly name: string; readonly content: Content }
  | { readonly kind: "edit"; readonly name: string; readonly pieces: readonly Piece[] }
  | { readonly kind: "remove"; readonly name: string }
);

/** Media ids of the simulator. */
export interface WeekMedia {
  readonly timetable: string;
  readonly plan: string;
  readonly questions: string;
}

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** What stood in the channel before anybody came, oldest first. `now`: ms UTC. */
export const backlog = (
  now: number,
): readonly { readonly at: number; readonly pieces: readonly Piece[] }[] => [
  {
    at: now - 4 * DAY,
    pieces: [
      heading("Как устроен этот канал"),
      "\nЗдесь деканат пишет об экзаменах, заменах и документах. ",
      strong("Срочное"),
      " касается сегодняшнего дня, ",
      strong("важное"),
      " остаётся закреплённым.",
    ],
  },
  {
    at: now - 2 * DAY - 3 * HOUR,
    pieces: [
      "Справки об обучении готовятся два рабочих дня. Заказать можно в деканате (корпус А, комн. 205) с 10:00 до 16:00.",
    ],
  },
  {
    at: now - DAY - HOUR,
    pieces: [
      "Зачётные книжки сдаём в деканат до ",
      strong(dayAfter(now, 6).date),
      ". Без них к сессии не допускают.",
    ],
  },
];

/** The exam that is moved while one watches. */
const exam = (when: ReturnType<typeof dayAfter>, room: string): readonly Piece[] => [
  heading("Экзамен по математическому анализу"),
  "\nГруппы 101–104: ",
  strong(`${when.date}, 10:00, ауд. ${room}`),
  `.\nКонсультация накануне, ${when.eve}, в 16:00. С собой — студенческий билет.`,
];

/** The week of the first minute. `now`: ms UTC. */
export function liveliest(now: number, media: WeekMedia): readonly Step[] {
  const moved = dayAfter(now, 2);
  return [
    {
      second: 3,
      kind: "post",
      name: "exam",
      content: { pieces: exam(dayAfter(now, 14), "305") },
    },
    {
      second: 9,
      kind: "post",
      name: "moved",
      content: {
        pieces: [
          `Лекция по физике на этой неделе переносится на ${moved.on}, `,
          strong(moved.date),
          ", 13:00. Лабораторные — по расписанию.",
        ],
      },
    },
    {
      second: 14,
      kind: "post",
      name: "timetable",
      content: {
        pieces: ["Расписание на следующую неделю, 1 курс, группа 102."],
        attachments: [{ type: "image", media: media.timetable }],
      },
    },
    {
      second: 20,
      kind: "post",
      name: "courses",
      content: {
        pieces: [
          heading("Курсы по выбору"),
          "\nЗапись открыта до ",
          strong(`${dayAfter(now, 9).date}, 18:00`),
          ". Мест ",
          emphasized("меньше, чем желающих"),
          ": кто записался раньше, тот и учится.\n",
          quote("Записаться можно на один курс. Поменять его потом — только через деканат."),
          "\nСписок и форма: ",
          link("курсы весеннего семестра", "https://example.org/courses"),
        ],
      },
    },
    {
      second: 26,
      kind: "post",
      name: "questions",
      content: {
        pieces: ["Вопросы к экзамену по математическому анализу, одной страницей."],
        attachments: [{ type: "file", media: media.questions }],
      },
    },
    { second: 31, kind: "edit", name: "exam", pieces: exam(dayAfter(now, 16), "412") },
    {
      second: 37,
      kind: "post",
      name: "closed",
      content: {
        pieces: [
          "#срочно ",
          strong("Корпус Б закрыт сегодня до 15:00"),
          ": отключили воду. Занятия этого времени идут дистанционно.",
        ],
      },
    },
    {
      second: 41,
      kind: "post",
      name: "mistaken",
      content: { pieces: ["Завтра занятий у первого курса не будет."] },
    },
    {
      second: 46,
      kind: "post",
      name: "library",
      content: {
        pieces: ["Библиотека просит передать:"],
        forward: [
          `В читальном зале с ${dayAfter(now, 3).date} новые часы: будни 9:00–21:00, суббота 10:00–17:00. Учебники сдаём до конца сессии.`,
        ],
      },
    },
    { second: 50, kind: "remove", name: "mistaken" },
    {
      second: 53,
      kind: "post",
      name: "where",
      content: {
        pieces: ["Лекция будет в аудитории 210, как пройти — на плане."],
        attachments: [{ type: "image", media: media.plan }],
        replyTo: "moved",
      },
    },
    {
      second: 57,
      kind: "post",
      name: "session",
      content: {
        pieces: [
          "#важно ",
          strong(`Сессия начинается ${dayAfter(now, 14).date}.`),
          " Допуск — по сданным зачётам. Продление только по заявлению в деканат, до начала сессии.",
        ],
      },
    },
  ];
}

/** What comes now and then afterwards, round and round. `now`: ms UTC. */
export const later: readonly ((now: number, media: WeekMedia) => Content)[] = [
  (now) => ({
    pieces: ["Консультация по алгебре: ", strong(`${dayAfter(now, 4).date}, 15:00, ауд. 301`), "."],
  }),
  () => ({ pieces: ["В буфете корпуса А сегодня до 17:00 можно платить только картой."] }),
  (now) => ({
    pieces: [
      `Английский у групп 103 и 104 в ${dayAfter(now, 3).on} начнётся на полчаса позже, в `,
      strong("11:15"),
      ".",
    ],
  }),
  (_now, media) => ({
    pieces: ["Напоминаем, где аудитория 210."],
    attachments: [{ type: "image", media: media.plan }],
  }),
  (now) => ({
    pieces: [
      "Приём заявлений на общежитие — до ",
      strong(dayAfter(now, 7).date),
      ". Бланк: ",
      link("заявление", "https://example.org/dormitory"),
      ".",
    ],
  }),
  (now) => ({
    pieces: ["Зачёт по истории: ", strong(`${dayAfter(now, 8).date}, 12:00, ауд. 118`), ". Вопросы прежние."],
  }),
  (now) => ({
    pieces: ["Передаём объявление студенческого совета:"],
    forward: [`Собрание старост — в ${dayAfter(now, 2).on}, 18:00, ауд. 118. Займёт полчаса.`],
  }),
  (_now, media) => ({
    pieces: ["Вопросы к экзамену ещё раз: спрашивают, где они."],
    attachments: [{ type: "file", media: media.questions }],
  }),
  () => ({ pieces: ["#срочно Пожарная тревога в корпусе А учебная, вернуться можно через 15 минут."] }),
];
