import { expect, test } from "vitest";
import { createFrame } from "../../bridge/chat/frame.ts";
import { chatLines } from "../../bridge/chat/lines.ts";

const known = (text: string) => ({ from: "@rep:example.org", known: true, text });
const stranger = (text: string, from = "@other:example.org") => ({ from, known: false, text });

test.each(["help", "HELP", "/help", "!help", "  help  me", "помощь", "Справка", "/start", "?"])(
  "%j is answered with what can be asked for",
  (text) => {
    expect(createFrame("en").hear(known(text))).toBe(`${chatLines("en").intro}\n• ${chatLines("en").help}`);
  },
);

test("what it does not know it says so, and to nothing it says nothing", () => {
  const frame = createFrame("ru");
  expect(frame.hear(known("отправь всем"))).toBe(chatLines("ru").unknown);
  expect(frame.hear(known("x".repeat(3_000)))).toBe(chatLines("ru").unknown);
  expect(frame.hear(known("  \n "))).toBeNull();
  expect(frame.hear(known("/"))).toBeNull();
});

test("a stranger is answered once, whatever is written, and never with what a known writer gets", () => {
  const frame = createFrame("en");
  expect(frame.hear(stranger("help"))).toBe(chatLines("en").stranger);
  for (const text of ["help", "help", "hello?", ""]) expect(frame.hear(stranger(text))).toBeNull();
  expect(frame.stranger("@other:example.org")).toBeNull();
  expect(frame.hear(stranger("help", "@third:example.org"))).toBe(chatLines("en").stranger);
  expect(frame.hear(known("help"))).toContain(chatLines("en").help);
});

test("a crowd of strangers does not fill the memory: past a thousand nobody is answered", () => {
  const frame = createFrame("en");
  const answered = Array.from({ length: 1_500 }, (_, i) => frame.stranger(`@${i}:example.org`));
  expect(answered.filter((line) => line !== null)).toHaveLength(1_000);
});

test("another command is listed, and gets what followed its word", () => {
  const frame = createFrame("en", [
    { words: ["echo"], about: "echo: says it again", answer: (rest) => `said: ${rest}` },
  ]);
  expect(frame.hear(known("/Echo  Big Letters "))).toBe("said: Big Letters");
  expect(frame.hear(known("help"))).toContain("• echo: says it again");
  expect(frame.hear(stranger("echo x"))).toBe(chatLines("en").stranger);
});
