import fc from "fast-check";
import { expect, test } from "vitest";
import { plain, type RichText } from "../../bridge/model/rich-text.ts";
import { changeLine, factsKey, significant } from "../../bridge/pipeline/changes.ts";

const line = (before: string, after: string, lang: "ru" | "en" = "ru") =>
  significant(plain(before), plain(after)) ? changeLine(plain(before), plain(after), lang) : null;
const seed = 20261102;

test.each([
  ["Пара в 9:00", "Пара в 11:00", "Изменено: 9:00 → 11:00"],
  ["Экзамен 12 июня", "Экзамен 14 июня", "Изменено: 12 июня → 14 июня"],
  ["Экзамен 12 июня", "Экзамен 12 июля", "Изменено: 12 июня → 12 июля"],
  ["Сбор в ауд. 305", "Сбор в ауд. 412", "Изменено: ауд. 305 → ауд. 412"],
  ["аудитория 305", "аудитория 412", "Изменено: аудитория 305 → аудитория 412"],
  ["кабинет № 7", "кабинет № 8", "Изменено: кабинет № 7 → кабинет № 8"],
  ["в корпусе А", "в корпусе Б", "Изменено: корпусе А → корпусе Б"],
  ["Консультация во вторник", "Консультация в среду", "Изменено: вторник → среду"],
  ["Консультация со средой", "Консультация с пятницей", "Изменено: средой → пятницей"],
  ["Сдать в мае", "Сдать в июне", "Изменено: мае → июне"],
  ["С 9:00, 10:00 и 11:00", "С 10:00, 11:00 и 12:00", "Изменено: убрано 9:00; добавлено 12:00"],
  ["Встреча завтра", "Встреча сегодня", "Изменено: завтра → сегодня"],
  ["Пн 10:00", "Ср 10:00", "Изменено: Пн → Ср"],
  [
    "Эфир https://a.example/1",
    "Эфир https://a.example/2",
    "Изменено: https://a.example/1 → https://a.example/2",
  ],
  ["Зачёт 12 июня", "Зачёт 12 июня в 10:00", "Изменено: добавлено 10:00"],
  ["Зачёт 12 июня, 2 группа", "Зачёт 12 июня", "Изменено: убрано 2"],
  ["Сессия с 12 по 14 июня", "Сессия с 13 по 15 июня", "Изменено: 12 → 13; 14 июня → 15 июня"],
  [
    "12.06.2026, ауд. 305, 9:00",
    "14.06.2026, ауд. 412, 9:00",
    "Изменено: 12.06.2026 → 14.06.2026; ауд. 305 → ауд. 412",
  ],
  [
    "Экзамен 12 июня, зачёт 14 июня",
    "Экзамен 14 июня, зачёт 12 июня",
    "Изменено: 12 июня → 14 июня; 14 июня → 12 июня",
  ],
  ["Дата 12 июня", "Дата 14 июня в 10:00", "Изменено: 12 июня → 14 июня; добавлено 10:00"],
])("«%s» made «%s» is told as «%s»", (before, after, told) => {
  expect(line(before, after)).toBe(told);
});

test.each([
  ["The exam is on Monday", "The exam is on Friday", "Changed: Monday → Friday"],
  ["On 12 May", "On 12 June", "Changed: 12 May → 12 June"],
  ["On 12 may", "On 12 june", "Changed: 12 may → 12 june"],
  ["May 5", "June 5", "Changed: May → June"],
  ["Room B-12", "Room B-14", "Changed: Room B-12 → Room B-14"],
  ["room 5, 10:00 am", "room 5, 11:00 am", "Changed: 10:00 → 11:00"],
  ["On Sat 10:00", "On Sun 10:00", "Changed: Sat → Sun"],
  ["See you tomorrow", "See you today", "Changed: tomorrow → today"],
])("in English «%s» made «%s» is told as «%s»", (before, after, told) => {
  expect(line(before, after, "en")).toBe(told);
});

test.each([
  ["Екзамен 12 июня", "Экзамен 12 июня"],
  ["Экзамен 12 июня", "Экзамен 12 июня!"],
  ["Экзамен 12  июня", "Экзамен 12 июня"],
  ["В 9.00", "В 9:00"],
  ["9:00-11:00", "9:00–11:00"],
  ["Пара В Понедельник", "пара в понедельник"],
  ["Сборник задач", "Сборники задач"],
  ["Среди студентов", "Между студентов"],
  ["Средства группы", "Деньги группы"],
  ["В среднем", "Обычно"],
  ["Маятник Фуко", "Опыт Фуко"],
  ["Майка и маяк", "Форма и огонь"],
  ["Субботник у корпуса", "Уборка у корпуса"],
  ["После завтрака", "После обеда"],
  ["Второй поток", "Другой поток"],
  ["Всем привет", "Здравствуйте"],
  ["Мартышка", "Обезьяна"],
  ["Срочно", "Важно"],
  ["Аудитория закрыта", "Помещение закрыто"],
  ["Ждём у корпуса. Вход свободный", "Ждём у входа. Проход свободный"],
  ["Зал на втором этаже не работает", "Он не работает"],
  ["The Mayor came", "He came"],
  ["We sat in the sun", "We were outside"],
  ["You may march", "You can walk"],
  ["The second part", "The other part"],
  ["Rooms are open", "They are open"],
])("«%s» made «%s» is no reason for a message", (before, after) => {
  expect(line(before, after)).toBe(null);
});

test("a link behind the same words that leads elsewhere is told, and a long one is shown short", () => {
  const to = (url: string): RichText => ({
    text: "Запись здесь",
    marks: [{ kind: "link", start: 7, end: 12, url }],
  });
  expect(significant(to("https://a.example/1"), to("https://a.example/1"))).toBe(false);
  expect(changeLine(to("https://a.example/1"), to("https://a.example/2"), "ru")).toBe(
    "Изменено: https://a.example/1 → https://a.example/2",
  );
  const long = changeLine(to(`https://a.example/${"x".repeat(3000)}`), to("https://b.example/"), "ru");
  expect(long).toMatch(/^Изменено: https:\/\/a\.example\/x+… → https:\/\/b\.example\/$/u);
});

const piece = fc.constantFrom(
  "12 июня",
  "14 июня",
  "9:00",
  "11.30",
  "ауд. 305",
  "корпус Б",
  "вторник",
  "в среду",
  "https://a.example/1",
  "https://b.example/😀",
  "Экзамен",
  ",",
  ".",
  "\n",
  "№",
  "мае",
  "Sat",
  "2026-06-12",
  "😀",
  "ауд.",
  "корпус",
);
const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(" "));

test("the line is short, whole and in one piece, says nothing that neither text has, and is there when something changed", () => {
  const own = /^(?:Изменено:|добавлено|убрано|Объявление изменено: посмотрите, что именно\.|→|;|…)/u;
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(significant(plain(before), plain(after))).toBe(significant(plain(after), plain(before)));
      if (!significant(plain(before), plain(after))) return;
      const told = changeLine(plain(before), plain(after), "ru");
      expect(told.length).toBeLessThanOrEqual(200);
      expect(told.isWellFormed()).toBe(true);
      expect(told).not.toContain("\n");
      const both = `${before} ${after}`.replaceAll(/\s+/gu, " ");
      let rest = told;
      while (rest !== "") {
        const ours = own.exec(rest)?.[0];
        if (ours !== undefined) rest = rest.slice(ours.length).trimStart();
        else {
          const quoted = rest.split(/ → |; /u)[0] ?? "";
          expect(both).toContain(quoted);
          rest = rest.slice(quoted.length).trimStart();
        }
      }
    }),
    { seed, numRuns: 1500 },
  );
});

test("a text compared with itself has no change, whatever it is", () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (any) => {
      expect(significant(plain(any), plain(any))).toBe(false);
    }),
    { seed, numRuns: 500 },
  );
});

test("texts with thousands of numbers are compared at once", () => {
  const many = (from: number) => plain(Array.from({ length: 5000 }, (_, i) => from + i).join(" "));
  expect(changeLine(many(0), many(100_000), "ru").length).toBeLessThanOrEqual(200);
  expect(significant(many(0), many(1))).toBe(true);
  expect(factsKey(many(0))).toBe(factsKey(many(0)));
});
