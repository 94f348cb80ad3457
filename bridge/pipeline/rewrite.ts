import { clamp, type RichText } from "../model/rich-text.ts";

/** Puts `text` in the place of [start, end). Edits are sorted and do not overlap. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How many of the edits begin before a place. */
function countBefore(edits: readonly Edit[], at: number): number {
  let low = 0;
  for (let high = edits.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((edits[middle]?.start ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rewrites a text and moves its marks along. A mark border inside a replaced range goes to that range's border. */
export function rewrite(rich: RichText, edits: readonly Edit[]): RichText {
  if (edits.length === 0) return rich;
  let text = "";
  let from = 0;
  for (const edit of edits) {
    text += rich.text.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  text += rich.text.slice(from);
  // By how much everything after the first `n` edits has moved.
  const shifts = [0];
  for (const edit of edits) shifts.push((shifts.at(-1) ?? 0) + edit.text.length - (edit.end - edit.start));
  const moved = (at: number, border: "start" | "end"): number => {
    const before = countBefore(edits, at);
    const last = edits[before - 1];
    if (last === undefined || at >= last.end) return at + (shifts[before] ?? 0);
    return last.start + (shifts[before - 1] ?? 0) + (border === "end" ? last.text.length : 0);
  };
  const marks = rich.marks.map((m) => ({ ...m, start: moved(m.start, "start"), end: moved(m.end, "end") }));
  return { text, marks: clamp(text, marks) };
}

/** Replaces every match of a global pattern; null leaves a match as it is. */
export function replaceMatches(
  rich: RichText,
  pattern: RegExp,
  by: (match: string) => string | null,
): RichText {
  const edits: Edit[] = [];
  for (const match of rich.text.matchAll(pattern)) {
    const text = by(match[0]);
    if (text !== null && text !== match[0])
      edits.push({ start: match.index, end: match.index + match[0].length, text });
  }
  return rewrite(rich, edits);
}
