import { z } from "zod";

/** The kinds of formatting that cross the bridge. */
export const markKinds = [
  "strong",
  "em",
  "code",
  "strike",
  "under",
  "head",
  "mark",
  "quote",
  "link",
] as const;
export type MarkKind = (typeof markKinds)[number];

const mark = z.object({
  kind: z.enum(markKinds),
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
  url: z.string().exactOptional(),
});

/**
 * Formatting over a half-open range of UTF-16 code units. Ranges may overlap and nest.
 * `url` stands on a `link` and nowhere else.
 */
export type Mark = Readonly<z.infer<typeof mark>>;

export const RichText = z.object({ text: z.string(), marks: z.array(mark) });
/** A text with its formatting. Every mark satisfies 0 ≤ start < end ≤ text.length. */
export type RichText = { readonly text: string; readonly marks: readonly Mark[] };

export const plain = (text: string): RichText => ({ text, marks: [] });

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
/** Whether a place lies between the two halves of one character. */
const splits = (text: string, at: number): boolean =>
  isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));

/**
 * Marks cut to the text's bounds and never beginning or ending in the middle of a character; what is empty,
 * negative or not finite afterwards is dropped.
 */
export function clamp(text: string, marks: readonly Mark[]): readonly Mark[] {
  return marks.flatMap((m) => {
    const from = Math.max(0, Math.trunc(m.start));
    const to = Math.min(text.length, Math.trunc(m.end));
    if (!(from < to)) return [];
    const start = splits(text, from) ? from - 1 : from;
    const end = splits(text, to) ? to + 1 : to;
    return [{ ...m, start, end }];
  });
}

/** Texts one after another with `separator` between those that are not empty; marks move along. */
export function join(parts: readonly RichText[], separator: string): RichText {
  let text = "";
  const marks: Mark[] = [];
  for (const part of parts) {
    if (part.text === "") continue;
    if (text !== "") text += separator;
    const by = text.length;
    text += part.text;
    for (const m of part.marks) marks.push({ ...m, start: m.start + by, end: m.end + by });
  }
  return { text, marks };
}
