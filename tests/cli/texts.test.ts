import { expect, test } from "vitest";
import { runWords } from "../../cli/run-words.ts";
import { languages } from "../../cli/texts/index.ts";
import { plural } from "../../cli/texts/plural.ts";
import { en as settingsEn } from "../../config/texts-en.ts";
import { ru as settingsRu } from "../../config/texts-ru.ts";

/** The texts of a language by their places; a function stands as how many things it says. */
function flat(value: unknown, at = ""): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (typeof value === "string") texts.set(at, value);
  else if (typeof value === "function") texts.set(at, `takes ${value.length}`);
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value))
      for (const [place, text] of flat(inner, `${at}.${key}`)) texts.set(place, text);
  return texts;
}

const both = [
  ["the commands", languages.ru, languages.en],
  ["run and demo", runWords("ru"), runWords("en")],
  ["the settings", settingsRu, settingsEn],
] as const;

test.each(both)("what %s say, they say in both languages, of the same things", (_name, ru, en) => {
  const [russian, english] = [flat(ru), flat(en)];
  expect([...russian.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  expect(russian.size).toBeGreaterThan(20);
  for (const [place, text] of russian) {
    if (place === ".lang") continue;
    const other = english.get(place) ?? "";
    if (text.startsWith("takes ")) expect(other, place).toBe(text);
    else {
      expect(text, place).toMatch(/[а-яё]{2}/i);
      expect(other, place).toMatch(/[a-z]{2}/i);
      expect(other, place).not.toMatch(/[а-яё]/i);
    }
  }
});

test("numbers and spans take the form that their language gives them", () => {
  const forms = { one: "день", few: "дня", many: "дней" };
  expect([1, 2, 5, 11, 21, 22, 111].map((n) => plural("ru", n, forms))).toEqual([
    "1 день",
    "2 дня",
    "5 дней",
    "11 дней",
    "21 день",
    "22 дня",
    "111 дней",
  ]);
  const minute = 60_000;
  const spans = [0, 999, 61_000, 150 * minute, 1441 * minute, -5].map((ms) => languages.ru.span(ms));
  expect(spans).toEqual(["0 секунд", "0 секунд", "1 минуту", "2 часа 30 минут", "1 день", "0 секунд"]);
  expect(languages.en.span(26 * 60 * minute)).toBe("1 day 2 hours");
});
