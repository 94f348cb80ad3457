import type { RichText } from "../model/rich-text.ts";

/** More pieces than any announcement needs; what is longer is hostile or absurd, and cut with a sign. */
const MOST_PIECES = 30;
const CUT = "[…]";

/** A part of a text, with the marks that stand over it. */
export function slice({ text, marks }: RichText, from: number, to: number): RichText {
  return {
    text: text.slice(from, to),
    marks: marks.flatMap((m) => {
      const start = Math.max(m.start, from);
      const end = Math.min(m.end, to);
      return start < end ? [{ ...m, start: start - from, end: end - from }] : [];
    }),
  };
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;

/** The longest beginning that fits, in UTF-16 units. */
function longest(rich: RichText, fits: (piece: RichText) => boolean): number {
  let low = 0;
  for (let high = rich.text.length; low < high; ) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(slice(rich, 0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a text is best cut, from the best to the worst: what stands before the place, and how much of it goes along. */
const seams: readonly RegExp[] = [/\n\s*\n/g, /\n/g, /[.!?…]["»”)\]]*\s/gu, /\s/g];

/** The best seam after `least` of the first `limit` units where one may cut; 0: there is none. */
function seam(text: string, least: number, limit: number, may: (at: number) => boolean): number {
  const beginning = text.slice(0, limit);
  for (const kind of seams) {
    let best = 0;
    for (const found of beginning.matchAll(kind)) {
      const at = found.index + found[0].length;
      if (may(at)) best = at;
    }
    if (best > least) return best;
  }
  return 0;
}

/** More units than a character that people take for one has. */
const WIDE = 64;
const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The last place up to `limit` that is not within a character as people see it, or at least within none of Unicode's. */
function border(text: string, limit: number): number {
  let from = Math.max(0, limit - WIDE);
  // A flag is two letters of its own alphabet, so of a row of flags each begins where the row says.
  while (from > 1 && /^\p{RI}/u.test(text.slice(from - 2, from))) from -= 2;
  if (from > 0 && isHigh(text.charCodeAt(from - 1))) from -= 1;
  let best = 0;
  for (const { index } of characters.segment(text.slice(from, limit + WIDE)))
    if (index > 0 && from + index <= limit) best = from + index;
  if (best > 0) return best;
  if (!isHigh(text.charCodeAt(limit - 1))) return limit;
  return limit > 1 ? limit - 1 : 2;
}

/** Where to cut so that the piece has at most `limit` units: never within a link, unless one alone is longer. */
function place({ text, marks }: RichText, limit: number): number {
  const links = marks.filter((m) => m.kind === "link");
  const within = (at: number) => links.find((m) => m.start < at && at < m.end);
  const outside = (at: number) => within(at) === undefined;
  const best = seam(text, limit / 2, limit, outside);
  if (best > 0) return best;
  // A short piece is better than a word, or a link, in halves.
  const early = seam(text, 0, limit, outside);
  if (early > 0) return early;
  const link = within(limit);
  if (link !== undefined && link.start > 0 && outside(link.start)) return link.start;
  const word = seam(text, 0, limit, () => true);
  return word > 0 ? word : border(text, limit);
}

const trimmed = (rich: RichText): RichText => {
  const { text } = rich;
  const end = text.trimEnd().length;
  const start = Math.min(end, text.length - text.trimStart().length);
  return slice(rich, start, end);
};

/** Pieces that fit each, and what is left after so many. */
function pieces(rich: RichText, fits: Fits) {
  const made: RichText[] = [];
  let rest = rich;
  while (made.length < MOST_PIECES && rest.text !== "") {
    const fitsNow = (piece: RichText) => fits(piece, made.length);
    const limit = longest(rest, fitsNow);
    // Not even one character fits with its marks: they are what is too large.
    if (limit === 0) {
      rest = { text: rest.text, marks: [] };
      if (longest(rest, fitsNow) === 0) break;
      continue;
    }
    const at = limit === rest.text.length ? limit : place(rest, limit);
    const piece = at === rest.text.length && made.length === 0 ? rest : trimmed(slice(rest, 0, at));
    if (piece.text !== "") made.push(piece);
    rest = slice(rest, at, rest.text.length);
    const blank = rest.text.length - rest.text.trimStart().length;
    rest = slice(rest, blank, rest.text.length);
  }
  return { made, rest };
}

/** Whether a piece may be the one of that index, from 0. */
type Fits = (piece: RichText, index: number) => boolean;

/**
 * A text in pieces that fit each: cut between paragraphs, else lines, sentences or words, never within a character and,
 * where it can be helped, never within a link. Marks go on over a cut; the space around a cut goes.
 */
export function split(rich: RichText, fits: Fits): readonly RichText[] {
  if (fits(rich, 0)) return [rich];
  const marked = pieces(rich, fits);
  if (marked.rest.text === "") return marked.made;
  // Formatting that multiplies a text is no formatting.
  const { made, rest } = pieces({ text: rich.text, marks: [] }, fits);
  if (rest.text === "") return made;
  const sign = (piece: RichText): RichText => ({ ...piece, text: `${piece.text}\n${CUT}` });
  const last = made.at(-1) ?? { text: "", marks: [] };
  const room = longest(last, (piece) => fits(sign(piece), made.length - 1));
  const kept = room < last.text.length ? slice(last, 0, place(last, Math.max(1, room))) : last;
  return [...made.slice(0, -1), sign(kept)];
}
