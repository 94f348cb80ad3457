/**
 * Draws the pictures of the week (`npm run draw:week`). They are kept beside this file, so that nobody who runs the
 * demo needs fonts.
 */
import path from "node:path";
import sharp from "sharp";

const sans = "font-family='DejaVu Sans, Noto Sans, sans-serif'";
const text = (x: number, y: number, size: number, words: string, more = ""): string =>
  `<text x='${x}' y='${y}' font-size='${size}' ${sans} ${more}>${words}</text>`;
const bold = "font-weight='bold'";

const days = ["Понедельник", "Вторник", "Среда", "Четверг", "Пятница"];
const hours = ["9:00", "10:45", "13:00", "14:45"];
const classes: readonly (readonly (readonly [name: string, room: string] | null)[])[] = [
  [["Матанализ", "305"], ["Физика", "210"], null, ["История", "118"], ["Матанализ", "305"]],
  [["Физика", "лаб. 4"], ["Алгебра", "301"], ["Английский", "112"], null, ["Алгебра", "301"]],
  [null, ["Английский", "114"], ["Информатика", "комп. 2"], ["Физика", "210"], ["Спорт", "зал"]],
  [["История", "118"], null, ["Информатика", "комп. 2"], ["Семинар", "412"], null],
];
const tints: Readonly<Record<string, string>> = {
  Матанализ: "#d8e6fb",
  Физика: "#fde3cf",
  Алгебра: "#dff0da",
  История: "#efe3f7",
  Английский: "#fbf0c4",
  Информатика: "#d5f0ee",
  Спорт: "#f9dbe3",
  Семинар: "#e6e6e6",
};

/** A timetable on a notice board, a little askew, as one photographs it. */
function timetable(): string {
  const [left, top, wide, high] = [228, 210, 190, 118];
  const cells = classes.flatMap((row, y) =>
    row.map((lesson, x) => {
      const [at, from] = [left + x * wide, top + y * high];
      const frame = `<rect x='${at}' y='${from}' width='${wide}' height='${high}' stroke='#8b94a3' stroke-width='2' fill='${lesson === null ? "#fff" : (tints[lesson[0]] ?? "#fff")}'/>`;
      if (lesson === null) return frame;
      return `${frame}${text(at + 16, from + 52, 20, lesson[0], bold)}${text(at + 16, from + 88, 21, /^\d/.test(lesson[1]) ? `ауд. ${lesson[1]}` : lesson[1], "fill='#3d4654'")}`;
    }),
  );
  const heads = days.map((day, x) =>
    text(left + x * wide + wide / 2, top - 20, 23, day, `${bold} text-anchor='middle'`),
  );
  const times = hours.map((hour, y) =>
    text(left - 20, top + y * high + 68, 25, hour, `${bold} text-anchor='end'`),
  );
  return `<svg xmlns='http://www.w3.org/2000/svg' width='1280' height='860' fill='#1c2430'>
<rect width='1280' height='860' fill='#7d9a86'/>
<g transform='rotate(-1.2 640 430)'>
<rect x='64' y='54' width='1166' height='766' fill='#5f7a68'/>
<rect x='52' y='42' width='1166' height='766' fill='#fffdf8'/>
${text(86, 118, 42, "Расписание занятий", bold)}
${text(1184, 118, 30, "1 курс, группа 102", "text-anchor='end' fill='#3d4654'")}
${heads.join("")}${times.join("")}${cells.join("")}
${text(86, 742, 24, "Нечётная неделя. Замены вывешиваются здесь и в канале факультета.", "fill='#3d4654'")}
<circle cx='640' cy='62' r='15' fill='#b3261e'/>
</g></svg>`;
}

/** The second floor, for whoever looks for a room. */
function plan(): string {
  const rooms: readonly (readonly [x: number, wide: number, name: string])[] = [
    [40, 200, "201"],
    [240, 200, "203"],
    [440, 260, "Читальный зал"],
    [700, 180, "207"],
  ];
  const below: readonly (readonly [x: number, wide: number, name: string])[] = [
    [40, 160, "Лестница"],
    [200, 240, "202"],
    [440, 220, "Деканат"],
    [660, 220, "210"],
  ];
  const room =
    (y: number) =>
    ([x, wide, name]: readonly [number, number, string]): string =>
      `<rect x='${x}' y='${y}' width='${wide}' height='190' stroke='#3d4654' stroke-width='5' fill='${name === "210" ? "#fde3cf" : "#fff"}'/>${text(x + wide / 2, y + 104, 24, name, `${bold} text-anchor='middle'`)}`;
  return `<svg xmlns='http://www.w3.org/2000/svg' width='920' height='640' fill='#1c2430'>
<rect width='920' height='640' fill='#eef1f5'/>
${text(40, 62, 32, "Корпус А, второй этаж", bold)}
${rooms.map(room(96)).join("")}
<rect x='40' y='286' width='840' height='100' fill='#dfe5ec' stroke='#3d4654' stroke-width='5'/>
${text(120, 346, 26, "Коридор", "fill='#3d4654'")}
${below.map(room(386)).join("")}
<path d='M 300 336 H 770 V 380' fill='none' stroke='#b3261e' stroke-width='7' stroke-dasharray='18 12'/>
<path d='M 754 372 L 770 402 L 786 372 Z' fill='#b3261e'/>
${text(40, 618, 22, "Вам сюда: аудитория 210, от лестницы направо", "fill='#b3261e'")}
</svg>`;
}

/** The page of the PDF. */
function questions(): string {
  const list = [
    "Предел последовательности. Единственность предела.",
    "Предел функции. Замечательные пределы.",
    "Непрерывность. Точки разрыва и их виды.",
    "Производная, её смысл. Правила дифференцирования.",
    "Теоремы о среднем значении.",
    "Правило раскрытия неопределённостей.",
    "Формула Тейлора. Разложения основных функций.",
    "Монотонность и экстремумы. Выпуклость графика.",
    "Первообразная. Интегрирование по частям.",
    "Определённый интеграл и его свойства.",
    "Площадь фигуры, длина дуги, объём тела вращения.",
    "Несобственные интегралы. Признаки сходимости.",
  ];
  const lines = list.map((q, i) => text(96, 330 + i * 56, 23, `${i + 1}.  ${q}`));
  return `<svg xmlns='http://www.w3.org/2000/svg' width='992' height='1404' fill='#1c2430'>
<rect width='992' height='1404' fill='#fff'/>
${text(96, 150, 36, "Математический анализ", bold)}
${text(96, 204, 26, "Вопросы к экзамену, первый семестр", "fill='#3d4654'")}
<rect x='96' y='240' width='800' height='3' fill='#8b94a3'/>
${lines.join("")}
<rect x='96' y='1030' width='800' height='120' fill='#eef1f5'/>
${text(120, 1080, 22, "В билете два вопроса и одна задача.")}
${text(120, 1118, 22, "Можно пользоваться таблицей производных.")}
${text(96, 1320, 19, "Показ: документ придуман.", "fill='#3d4654'")}
</svg>`;
}

const pictures = { timetable: timetable(), plan: plan(), questions: questions() };
for (const [name, svg] of Object.entries(pictures))
  await sharp(Buffer.from(svg))
    .png({
      palette: true,
      colours: name === "questions" ? 8 : 32,
      compressionLevel: 9,
      effort: 10,
      dither: 0,
    })
    .toFile(path.join(import.meta.dirname, `${name}.png`));
