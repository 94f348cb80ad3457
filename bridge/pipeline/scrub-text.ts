import type { RichText } from "../model/rich-text.ts";
import { clamp } from "../model/rich-text.ts";
import { handle, isForeign, leadsToMax, maxId, maxLink, webLink } from "./max-traces.ts";
import { type Edit, replaceMatches, rewrite } from "./rewrite.ts";
import type { ScrubWords } from "./scrub-words.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Canonical composition (NFC), with the marks moved along. */
function composed(rich: RichText): RichText {
  if (rich.text.normalize("NFC") === rich.text) return rich;
  const edits: Edit[] = [];
  for (const { segment, index } of new Intl.Segmenter("ru", { granularity: "grapheme" }).segment(rich.text)) {
    const text = segment.normalize("NFC");
    if (text !== segment) edits.push({ start: index, end: index + segment.length, text });
  }
  return rewrite(rich, edits);
}

/** More than any messenger takes in one post. What is longer, or has more marks, is hostile and cut: it must hold up nothing. */
const LONGEST = 100_000;
const MOST_MARKS = 5_000;

function bounded(rich: RichText): RichText {
  const marks = rich.marks.length > MOST_MARKS ? rich.marks.slice(0, MOST_MARKS) : rich.marks;
  if (rich.text.length <= LONGEST) return { text: rich.text, marks };
  const whole = rich.text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "");
  return { text: `${whole}\n[…]`, marks };
}

/**
 * One text without what leads to people or into MAX: well-formed, without control characters, in one
 * normalisation form; links into MAX, message ids and handles become neutral words.
 */
export function scrubText(given: RichText, words: ScrubWords): RichText {
  const rich = bounded(given);
  const text = rich.text.toWellFormed();
  let clean: RichText = { text, marks: clamp(text, rich.marks) };
  clean = {
    ...clean,
    marks: clean.marks.flatMap((m) => {
      if (m.kind !== "link") return [m];
      return m.url === undefined || isForeign(m.url) ? [] : [{ ...m, url: m.url.trim().toWellFormed() }];
    }),
  };
  clean = replaceMatches(clean, /\r\n?/g, () => "\n");
  clean = replaceMatches(clean, control, () => "");
  clean = composed(clean);
  clean = replaceMatches(clean, webLink, (link) => {
    const end = link.replace(/[.,;:!?)\]}'’]+$/u, "").length;
    return leadsToMax(link) ? words.maxLink + link.slice(end) : null;
  });
  clean = replaceMatches(clean, maxLink, () => words.maxLink);
  clean = replaceMatches(clean, maxId, () => words.id);
  clean = replaceMatches(clean, handle, (found) => (found.startsWith("@") ? words.handle : null));
  const end = clean.text.trimEnd().length;
  return rewrite(clean, end < clean.text.length ? [{ start: end, end: clean.text.length, text: "" }] : []);
}
