import fc from "fast-check";
import { expect, test } from "vitest";
import { render } from "../../adapters/matrix/html.ts";
import { plain, type RichText } from "../../bridge/model/rich-text.ts";
import { split } from "../../bridge/pipeline/split.ts";
import { richText } from "./rich-text.helper.ts";

const upTo = (n: number) => (piece: RichText) => piece.text.length <= n;
const bare = (text: string) => text.replace(/\s+/g, "");

test("pieces fit, lose nothing but space at their cuts, and cut no character in two", () => {
  fc.assert(
    fc.property(richText, fc.integer({ min: 4, max: 20 }), (rich, n) => {
      const pieces = split(rich, upTo(n));
      for (const piece of pieces) {
        expect(piece.text.length).toBeLessThanOrEqual(n);
        expect(piece.text.isWellFormed()).toBe(true);
        for (const m of piece.marks) {
          expect(m.start).toBeLessThan(m.end);
          expect(m.end).toBeLessThanOrEqual(piece.text.length);
        }
      }
      expect(bare(pieces.map((p) => p.text).join(""))).toBe(bare(rich.text));
    }),
    { numRuns: 2_000 },
  );
});

test("marks go on over a cut", () => {
  const rich: RichText = { text: "раз два три", marks: [{ kind: "strong", start: 0, end: 11 }] };
  expect(split(rich, upTo(8)).map((p) => render(p).formatted)).toEqual([
    "<strong>раз два</strong>",
    "<strong>три</strong>",
  ]);
});

test.each([
  [
    "paragraphs",
    "Первое предложение. Второе.\nСтрока.\n\nЕщё абзац",
    44,
    "Первое предложение. Второе.\nСтрока.",
  ],
  ["lines", "Первое. Второе предложение\nстрока вторая длинная", 40, "Первое. Второе предложение"],
  ["sentences", "Первое предложение. Второе предложение", 30, "Первое предложение."],
  ["words", "несколько слов без знаков препинания", 20, "несколько слов без"],
  ["characters", "безпробеловнигде", 10, "безпробело"],
])("a long text is cut between %s", (_what, text, n, first) => {
  expect(split(plain(text), upTo(n))[0]?.text).toBe(first);
});

test("a link is not cut in two while it fits into a piece", () => {
  const rich: RichText = {
    text: "смотри по ссылке на расписание здесь",
    marks: [{ kind: "link", start: 10, end: 30, url: "https://example.org/" }],
  };
  const pieces = split(rich, upTo(24));
  expect(pieces.map((p) => p.text)).toEqual(["смотри по", "ссылке на расписание", "здесь"]);
  expect(pieces.filter((p) => p.marks.length > 0)).toHaveLength(1);
});

test("marks that alone are too large go, the text stays", () => {
  const text = "а".repeat(200);
  const marks = Array.from({ length: 200 }, (_, i) => ({
    kind: "link" as const,
    start: i,
    end: i + 1,
    url: `https://example.org/${"x".repeat(1_900)}${i}`,
  }));
  const fits = (p: RichText) => JSON.stringify(render(p)).length < 10_000;
  const pieces = split({ text, marks }, fits);
  expect(pieces.every(fits)).toBe(true);
  expect(pieces.map((p) => p.text).join("")).toBe(text);
  expect(pieces).toHaveLength(1);
});

test("what is absurdly long is cut with a sign after thirty pieces", () => {
  const pieces = split(plain("слово ".repeat(10_000)), upTo(100));
  expect(pieces).toHaveLength(30);
  expect(pieces.at(-1)?.text).toMatch(/\n\[…\]$/);
  expect(pieces.every(upTo(100))).toBe(true);
});
