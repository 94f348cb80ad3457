import { expect, test } from "vitest";
import { formatted } from "../../../simulators/telegram/entities.ts";

const e = (type: string, offset: number, length: number, url?: string) => ({
  type,
  offset,
  length,
  ...(url === undefined ? {} : { url }),
});

test("white space goes at both ends, and entities go with the text", () => {
  expect(formatted(" \n Экзамен завтра \n", [e("bold", 3, 7), e("italic", 10, 9)])).toEqual({
    text: "Экзамен завтра",
    entities: [e("bold", 0, 7), e("italic", 7, 7)],
  });
});

test("white space that is formatted stays at the beginning, as the real one leaves it", () => {
  expect(formatted("  код", [e("code", 1, 4)])).toEqual({ text: " код", entities: [e("code", 0, 4)] });
});

test("control characters become spaces, carriage returns go", () => {
  expect(formatted("a\r\nb\tc", [e("bold", 3, 3)])).toEqual({ text: "a\nb c", entities: [e("bold", 2, 3)] });
});

test("in code nothing else stands; quotes are not nested; links do not meet", () => {
  expect(
    formatted("0123456789", [
      e("bold", 0, 10),
      e("code", 2, 3),
      e("blockquote", 0, 10),
      e("blockquote", 4, 2),
      e("text_link", 6, 2, "https://example.org/"),
      e("text_link", 7, 2, "https://example.com/"),
      e("text_link", 9, 1, "not a link"),
    ]).entities,
  ).toEqual([
    e("blockquote", 0, 10),
    e("bold", 0, 2),
    e("code", 2, 3),
    e("bold", 5, 5),
    e("text_link", 6, 2, "https://example.org/"),
  ]);
});

test("pieces of one kind that touch become one, and what the server finds by itself is ignored", () => {
  expect(
    formatted("0123456789", [e("bold", 0, 3), e("bold", 3, 3), e("hashtag", 0, 2), e("italic", 4, 0)])
      .entities,
  ).toEqual([e("bold", 0, 6)]);
});

test("more than a hundred are cut off", () => {
  const many = [...Array(120).keys()].map((i) => e("bold", i * 2, 1));
  expect(formatted("a ".repeat(120), many).entities).toHaveLength(100);
});
