import fc from "fast-check";
import { expect, test } from "vitest";
import { fits, formatted, spelledOut } from "../../adapters/telegram/entities.ts";
import type { Entity, Formatted } from "../../adapters/telegram/message.ts";
import { type Mark, markKinds, plain, type RichText } from "../../bridge/model/rich-text.ts";
import { split } from "../../bridge/pipeline/split.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { apiOf, CHANNEL_CHAT, chatIn, simulated } from "./simulated.helper.ts";

const unit = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom(
    " ",
    "\n",
    "\n\n",
    "\t",
    "\u0000",
    "\r",
    "\ud83d",
    "\ude00",
    "👩‍👩‍👧",
    "🇷🇺",
    "слово ",
    "\u2028",
    "\u202e",
  ),
);
const url = fc.constantFrom(
  "https://a.example/x",
  "https://b.example/",
  "http://localhost/",
  "mailto:a@b.example",
);
/** Any text, whatever it holds, and any ranges over it. */
const rich: fc.Arbitrary<RichText> = fc
  .array(unit, { maxLength: 25 })
  .map((parts) => parts.join(""))
  .chain((text) =>
    fc
      .array(
        fc
          .tuple(fc.constantFrom(...markKinds), fc.nat(text.length), fc.nat(text.length), url)
          .map(
            ([kind, start, end, to]): Mark =>
              kind === "link" ? { kind, start, end, url: to } : { kind, start, end },
          ),
        { maxLength: 12 },
      )
      .map((marks) => ({ text, marks: marks.filter((m) => m.start < m.end) })),
  );

/** What the server drops at the beginning: blanks, and what becomes one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: just these become spaces.
const BLANK = /^[\s\u0000-\u001f\u202a-\u202e]+/u;
const isPair = (text: string, at: number): boolean =>
  /^[\ud800-\udbff]$/.test(text[at - 1] ?? "") && /^[\udc00-\udfff]$/.test(text[at] ?? "");
const isCode = ({ type }: Entity): boolean => type === "code" || type === "pre";

/** What Telegram would refuse, drop or change, by its own rules; none of it may be made. */
function against({ text, entities }: Formatted): string | null {
  if (text !== text.trim() || !text.isWellFormed()) return "the text would be changed";
  for (const { offset, length } of entities) {
    if (length <= 0 || offset < 0 || offset + length > text.length) return "out of bounds";
    if (isPair(text, offset) || isPair(text, offset + length)) return "within a character";
    if (text.slice(offset, offset + length).trim() === "") return "blank";
  }
  for (const [i, a] of entities.entries())
    for (const b of entities.slice(i + 1)) {
      const [aEnd, bEnd] = [a.offset + a.length, b.offset + b.length];
      if (a.offset >= bEnd || b.offset >= aEnd) continue;
      if (!((a.offset <= b.offset && bEnd <= aEnd) || (b.offset <= a.offset && aEnd <= bEnd)))
        return "crossing";
      if (a.type === b.type) return "one within another of its kind";
      if ((isCode(a) || isCode(b)) && a.type !== "blockquote" && b.type !== "blockquote")
        return "code is not alone";
    }
  return null;
}

/** What should be over a character that has these marks, by what docs/telegram.md says. */
function expected(marks: readonly Mark[]): readonly string[] {
  const has = (kind: Mark["kind"]) => marks.some((m) => m.kind === kind);
  const quote = has("quote") ? ["blockquote"] : [];
  const linked = marks.some((m) => m.kind === "link" && m.url?.startsWith("https:") === true);
  if (has("code") && !linked) return [...quote, "code"];
  const bold = has("strong") || has("head");
  return [
    ...quote,
    ...(linked ? ["text_link"] : []),
    ...(bold || has("mark") ? ["bold"] : []),
    ...(has("em") ? ["italic"] : []),
    ...(has("under") || (bold && has("mark")) ? ["underline"] : []),
    ...(has("strike") ? ["strikethrough"] : []),
  ].toSorted();
}

test("any text and ranges become entities that Telegram takes as they are, over just the characters they stood over", () => {
  fc.assert(
    fc.property(rich, (any) => {
      const made = formatted(any);
      expect(against(made)).toBeNull();
      const lead = any.text.length - any.text.replace(BLANK, "").length;
      const kept = [...made.text];
      let at = 0;
      for (const character of kept) {
        const [from, to] = [at, at + character.length];
        at = to;
        if (character.trim() === "") continue;
        const over = made.entities.filter((e) => e.offset < to && from < e.offset + e.length);
        const marks = any.marks.filter((m) => m.start < to + lead && from + lead < m.end);
        expect(over.map((e) => (e.type === "pre" ? "code" : e.type)).toSorted()).toEqual(
          expected(marks).toSorted(),
        );
        for (const e of over) if (e.type === "text_link") expect(marks.map((m) => m.url)).toContain(e.url);
      }
      const words = (text: string) => text.toWellFormed().replaceAll(/[\s\p{Cc}\u202a-\u202e]/gu, "");
      expect(words(made.text)).toBe(words(any.text));
    }),
    { numRuns: 2_000 },
  );
});

test("pieces of any text are within the limits, whole in their words, and taken as they are", () => {
  fc.assert(
    fc.property(rich, fc.integer({ min: 8, max: 60 }), (any, limit) => {
      const whole = spelledOut(any);
      const pieces = split(whole, (piece) => fits(piece, limit)).map(formatted);
      for (const piece of pieces) {
        expect(piece.text.length).toBeLessThanOrEqual(limit);
        expect(piece.entities.length).toBeLessThanOrEqual(100);
        expect(against(piece)).toBeNull();
      }
      if (pieces.length >= 30) return;
      const words = (text: string) => text.replaceAll(/\s/gu, "");
      expect(words(pieces.map((p) => p.text).join(""))).toBe(words(formatted(whole).text));
    }),
    { numRuns: 1_000 },
  );
});

test("the simulated Telegram keeps every text and its entities as they were sent", async () => {
  await fc.assert(
    fc.asyncProperty(rich, async (any) => {
      const clock = new HandClock();
      const telegram = simulated(clock);
      const chat = chatIn(telegram, CHANNEL_CHAT);
      const { text, entities } = formatted(any);
      fc.pre(/[\p{L}\p{N}]/u.test(text));
      const payload = { chat_id: CHANNEL_CHAT, text, entities };
      const answer = await apiOf(telegram, clock).call(
        { method: "sendMessage", payload },
        new AbortController().signal,
      );
      expect(answer.kind).toBe("ok");
      const [message] = [...chat.messages.values()].filter((m) => m.content.kind !== "service");
      expect(message?.content).toMatchObject({ body: { text } });
      const kept = message?.content.kind === "text" ? message.content.body.entities : [];
      // The server takes neighbours of one kind together.
      const over = (all: readonly { type: string; offset: number; length: number }[]) =>
        new Set(all.flatMap((e) => Array.from({ length: e.length }, (_, n) => `${e.offset + n} ${e.type}`)));
      expect(over(kept)).toEqual(over(entities));
    }),
    { numRuns: 300 },
  );
});

test("more than a hundred entities are more than one message", () => {
  const text = "а б ".repeat(150).trim();
  const marks = Array.from(
    { length: 150 },
    (_, i): Mark => ({ kind: "strong", start: i * 4, end: i * 4 + 1 }),
  );
  const pieces = split({ text, marks }, (piece) => fits(piece, 4_096)).map(formatted);
  expect(pieces.length).toBe(2);
  expect(pieces.reduce((sum, p) => sum + p.entities.length, 0)).toBe(150);
});

test("an address that cannot be a link in Telegram stands behind its words", () => {
  const link = (words: string, to: string): RichText => ({
    text: words,
    marks: [{ kind: "link", start: 0, end: words.length, url: to }],
  });
  expect(spelledOut(link("Деканат", "mailto:dean@uni.example")).text).toBe("Деканат (dean@uni.example)");
  expect(spelledOut(link("dean@uni.example", "mailto:dean@uni.example")).text).toBe("dean@uni.example");
  expect(formatted(link("тут", "https://uni.example/")).entities).toEqual([
    { type: "text_link", offset: 0, length: 3, url: "https://uni.example/" },
  ]);
  expect(formatted(spelledOut(link("x", "javascript:alert(1)")))).toEqual({ text: "x", entities: [] });
});

test("code over several lines is a block", () => {
  const marks: readonly Mark[] = [{ kind: "code", start: 0, end: 3 }];
  expect(formatted({ text: "a\nb", marks }).entities).toEqual([{ type: "pre", offset: 0, length: 3 }]);
  expect(formatted({ text: "a b", marks }).entities).toEqual([{ type: "code", offset: 0, length: 3 }]);
});

const longs: readonly (readonly [string, string, RegExp])[] = [
  [
    "addresses",
    "https://uni.example/timetable/very/long?group=21 ",
    /^(https:\/\/uni\.example\/timetable\/very\/long\?group=21\s?)+$/,
  ],
  ["families", "👩‍👩‍👧", /^(👩‍👩‍👧)+$/u],
  ["flags", "🇷🇺", /^(🇷🇺)+$/u],
];
test.each(longs)("a long row of %s is cut between them", (_what, one, shape) => {
  const text = `аб${one.repeat(Math.ceil(9_000 / one.length))}`;
  const pieces = split(plain(text), (piece) => fits(piece, 4_096)).map((p) => formatted(p).text);
  expect(pieces.length).toBeGreaterThan(1);
  for (const piece of pieces) expect(piece.replace(/^аб/u, "")).toMatch(shape);
});
