import { clamp, type Mark, type MarkKind, type RichText } from "../../bridge/model/rich-text.ts";
import type { Entity, EntityType, Formatted } from "./message.ts";

/** The most entities that Telegram takes in one message; further ones it drops without a word. */
const MOST_ENTITIES = 100;
/** A link that is longer leads nowhere sensible. */
const LONGEST_URL = 2_000;

/** What one character looks like, outermost first. Two of one `key` next to each other are one entity. */
interface Element {
  readonly key: string;
  readonly type: EntityType;
  readonly url?: string;
}

const QUOTE: Element = { key: "quote", type: "blockquote" };
const CODE: Element = { key: "code", type: "code" };
const BOLD: Element = { key: "bold", type: "bold" };
const ITALIC: Element = { key: "italic", type: "italic" };
const UNDERLINE: Element = { key: "underline", type: "underline" };
const STRIKE: Element = { key: "strike", type: "strikethrough" };

/** Whether a link of Telegram's may lead there: http and https alone, and to a host with a dot in it. */
function linkable(url: string): boolean {
  if (url.length > LONGEST_URL) return false;
  const parsed = URL.parse(url);
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol)) return false;
  return parsed.hostname.includes(".") || parsed.hostname.startsWith("[");
}

/** The address as it is read, for links that cannot be followed in Telegram; null: it is none that is of use. */
function spelled(url: string | undefined): string | null {
  if (url === undefined || url.length > LONGEST_URL || linkable(url)) return null;
  const parsed = URL.parse(url);
  if (parsed === null || !["http:", "https:", "mailto:", "tel:"].includes(parsed.protocol)) return null;
  return url.replace(/^(mailto|tel):/i, "");
}

/**
 * Writes the addresses of links that Telegram does not take behind their words, where these are others. No mark ends
 * within a character afterwards, so that none is cut there.
 */
export function spelledOut({ text: before, marks: any }: RichText): RichText {
  const rich: RichText = { text: before, marks: clamp(before, any) };
  const inserts = rich.marks
    .flatMap((m) => {
      const address = m.kind === "link" ? spelled(m.url) : null;
      if (address === null || rich.text.slice(m.start, m.end).includes(address)) return [];
      return [{ at: m.end, text: ` (${address})` }];
    })
    .sort((a, b) => a.at - b.at);
  if (inserts.length === 0) return rich;
  let text = "";
  let from = 0;
  for (const insert of inserts) {
    text += rich.text.slice(from, insert.at) + insert.text;
    from = insert.at;
  }
  text += rich.text.slice(from);
  const moved = (place: number, end: boolean): number =>
    inserts.reduce((sum, i) => (i.at < place || (i.at === place && !end) ? sum + i.text.length : sum), place);
  const marks = rich.marks.map((m) => ({ ...m, start: moved(m.start, false), end: moved(m.end, true) }));
  return { text, marks };
}

/**
 * What stands over a character that has these marks. A heading is bold. A highlight is bold, and underlined where that
 * would not be seen. Code stands alone but for a quote, as Telegram wants it; a link is worth more than its being code.
 */
function elementsOf(marks: readonly Mark[]): readonly Element[] {
  const kinds = new Set<MarkKind>(marks.map((m) => m.kind));
  const link = marks.find((m) => m.kind === "link" && m.url !== undefined && linkable(m.url));
  const made: Element[] = kinds.has("quote") ? [QUOTE] : [];
  if (link?.url !== undefined) made.push({ key: `link ${link.url}`, type: "text_link", url: link.url });
  else if (kinds.has("code")) return [...made, CODE];
  const bold = kinds.has("strong") || kinds.has("head");
  if (bold || kinds.has("mark")) made.push(BOLD);
  if (kinds.has("em")) made.push(ITALIC);
  if (kinds.has("under") || (bold && kinds.has("mark"))) made.push(UNDERLINE);
  if (kinds.has("strike")) made.push(STRIKE);
  return made;
}

/** As the server keeps a text: no control characters but line ends, no halves of characters, nothing blank around it. */
function asKept({ text, marks }: RichText): RichText {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just these become spaces.
  const spaced = text.toWellFormed().replaceAll(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/g, " ");
  // The server takes these out altogether: lines would run into one another.
  const clean = spaced.replaceAll(/[\u2028\u2029]/g, "\n");
  const end = clean.trimEnd().length;
  const start = Math.min(end, clean.length - clean.trimStart().length);
  const within = clamp(text, marks).flatMap((m) => {
    const [from, to] = [Math.max(m.start, start), Math.min(m.end, end)];
    return from < to ? [{ ...m, start: from - start, end: to - start }] : [];
  });
  return { text: clean.slice(start, end), marks: within };
}

/**
 * A text as entities: properly nested, none blank, none within a character. Whoever cuts texts asks {@link fits} first.
 * The text must have been {@link spelledOut}.
 */
export function formatted(rich: RichText): Formatted {
  const { text, marks } = asKept(rich);
  const places = [...new Set([0, text.length, ...marks.flatMap((m) => [m.start, m.end])])].sort(
    (a, b) => a - b,
  );
  const entities: Entity[] = [];
  let open: { readonly element: Element; readonly from: number }[] = [];
  const close = (kept: number, at: number): void => {
    for (const { element, from } of open.slice(kept)) {
      const covered = text.slice(from, at);
      if (covered.trim() === "") continue;
      const type = element.type === "code" && covered.includes("\n") ? "pre" : element.type;
      const url = element.url === undefined ? {} : { url: element.url };
      entities.push({ type, offset: from, length: at - from, ...url });
    }
    open = open.slice(0, kept);
  };
  const byStart = [...marks].sort((a, b) => a.start - b.start);
  let next = 0;
  let over: Mark[] = [];
  for (const at of places) {
    over = over.filter((m) => m.end > at);
    for (let m = byStart[next]; m !== undefined && m.start <= at; m = byStart[next]) {
      over.push(m);
      next += 1;
    }
    const wanted = at === text.length ? [] : elementsOf(over);
    let kept = 0;
    while (kept < open.length && kept < wanted.length && open[kept]?.element.key === wanted[kept]?.key)
      kept += 1;
    close(kept, at);
    for (const element of wanted.slice(kept)) open.push({ element, from: at });
  }
  entities.sort((a, b) => a.offset - b.offset || b.length - a.length);
  return { text, entities };
}

/** Whether a text can be one message or caption of at most `limit` UTF-16 units. */
export function fits(rich: RichText, limit: number): boolean {
  // Entities are counted only where it is not clear without.
  if (rich.text.length <= limit && rich.marks.length <= MOST_ENTITIES / 12) return true;
  const made = formatted(rich);
  return made.text.length <= limit && made.entities.length <= MOST_ENTITIES;
}
