import { clamp, type RichText } from "../model/rich-text.ts";

/** Puts `text` in the place of [start, end). Edits are sorted and do not overlap. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
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
  const moved = (at: number, border: "start" | "end"): number => {
    let by = 0;
    for (const edit of edits) {
      if (at <= edit.start) break;
      if (at >= edit.end) by += edit.text.length - (edit.end - edit.start);
      else return edit.start + by + (border === "end" ? edit.text.length : 0);
    }
    return at + by;
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
