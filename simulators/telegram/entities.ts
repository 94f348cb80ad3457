import type { Entity, Formatted } from "./model.ts";
import { bad } from "./refused.ts";

/** Types a bot may send. Those that the server finds by itself (links, mentions, hashtags) are ignored, as it does. */
const sent = new Set([
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "code",
  "pre",
  "text_link",
  "text_mention",
  "custom_emoji",
  "blockquote",
  "expandable_blockquote",
]);
const found = new Set([
  "mention",
  "hashtag",
  "cashtag",
  "bot_command",
  "url",
  "email",
  "phone_number",
  "media_timestamp",
  "bank_card_number",
]);
const quotes = new Set(["blockquote", "expandable_blockquote"]);
const monospace = new Set(["code", "pre"]);
/** Those that may be cut to pieces: the others stand whole or not at all. */
const splittable = new Set(["bold", "italic", "underline", "strikethrough", "spoiler"]);
const mostEntities = 100;

const low = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const high = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
/** Whether `at` lies between the halves of one character. */
const inside = (text: string, at: number): boolean =>
  at > 0 && at < text.length && low(text.charCodeAt(at)) && high(text.charCodeAt(at - 1));

function checked(text: string, entities: readonly Entity[]): readonly Entity[] {
  for (const { type, offset, length } of entities) {
    if (!sent.has(type) && !found.has(type)) throw bad("can't parse entities: unsupported type specified");
    if (offset < 0 || length < 0) throw bad("can't parse entities: a negative offset or length");
    if (offset + length > text.length)
      throw bad(
        `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${text.length}`,
      );
    if (inside(text, offset))
      throw bad(`entity begins in a middle of a UTF-16 symbol at byte offset ${offset}`);
    if (inside(text, offset + length))
      throw bad(`entity ends in a middle of a UTF-16 symbol at byte offset ${offset + length}`);
  }
  return entities.filter(({ type, length }) => sent.has(type) && length > 0);
}

/** The text as the server cleans it, and where each of its units has gone. */
function cleaned(text: string): { readonly text: string; readonly at: readonly number[] } {
  const at: number[] = [];
  let clean = "";
  for (let i = 0; i < text.length; i++) {
    at.push(clean.length);
    const unit = text.charCodeAt(i);
    if (unit === 13 || (unit >= 0x2028 && unit <= 0x202e)) continue;
    clean += unit < 32 && unit !== 10 ? " " : text.charAt(i);
  }
  at.push(clean.length);
  return { text: clean, at };
}

const end = (e: Entity): number => e.offset + e.length;
const meets = (a: Entity, b: Entity): boolean => a.offset < end(b) && b.offset < end(a);

/** What is left of `entity` outside of `holes`. */
function without(entity: Entity, holes: readonly Entity[]): readonly Entity[] {
  return holes.reduce<readonly Entity[]>(
    (left, hole) =>
      left.flatMap((piece) =>
        meets(piece, hole)
          ? [
              { ...piece, length: hole.offset - piece.offset },
              { ...piece, offset: end(hole), length: end(piece) - end(hole) },
            ].filter((p) => p.length > 0)
          : [piece],
      ),
    [entity],
  );
}

/** Pieces of one kind that touch or overlap become one. */
function merged(entities: readonly Entity[]): readonly Entity[] {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset);
  const out: Entity[] = [];
  for (const one of sorted) {
    const last = out.at(-1);
    if (last !== undefined && one.offset <= end(last))
      out[out.length - 1] = { ...last, length: Math.max(end(last), end(one)) - last.offset };
    else out.push(one);
  }
  return out;
}

/** Of entities that stand whole: those that meet no earlier one. */
function apart(entities: readonly Entity[]): readonly Entity[] {
  const kept: Entity[] = [];
  for (const one of [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length))
    if (!kept.some((k) => meets(k, one))) kept.push(one);
  return kept;
}

const linked = (e: Entity): boolean => {
  if (e.type !== "text_link") return true;
  const url = e.url ?? "";
  return URL.canParse(/^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `http://${url}`) && url !== "";
};

/**
 * Formatting as the server keeps it: quotes are not nested; in code nothing else stands; what may be cut gives way to
 * code; links that meet another one, or lead nowhere, are dropped; at most a hundred.
 */
function settled(entities: readonly Entity[]): readonly Entity[] {
  const usable = entities.filter(linked);
  const quoted = apart(usable.filter((e) => quotes.has(e.type)));
  const mono = apart(usable.filter((e) => monospace.has(e.type)));
  const whole = apart(
    usable
      .filter((e) => !quotes.has(e.type) && !monospace.has(e.type) && !splittable.has(e.type))
      .filter((e) => !mono.some((m) => meets(m, e))),
  );
  const cut = [...splittable].flatMap((type) =>
    merged(usable.filter((e) => e.type === type)).flatMap((e) => without(e, mono)),
  );
  return [...quoted, ...mono, ...whole, ...cut]
    .sort((a, b) => a.offset - b.offset || b.length - a.length)
    .slice(0, mostEntities);
}

/**
 * The text and its formatting as the server would keep them: control characters become spaces, white space goes at both
 * ends (at the beginning only as far as the first entity), and what is left of the entities is put in order.
 * Throws a refusal for entities out of bounds, of unknown types, and those that cut a character in two.
 */
export function formatted(raw: string, given: readonly Entity[]): Formatted {
  const { text, at } = cleaned(raw);
  const moved = checked(raw, given).map((e) => {
    const offset = at[e.offset] ?? 0;
    return { ...e, offset, length: (at[end(e)] ?? text.length) - offset };
  });
  const last = text.replace(/[ \n]+$/, "").length;
  const clipped = moved
    .map((e) => ({ ...e, length: Math.min(end(e), last) - e.offset }))
    .filter((e) => e.length > 0)
    .filter((e) => text.slice(e.offset, end(e)).trim() !== "" || monospace.has(e.type) || quotes.has(e.type));
  const firstEntity = Math.min(last, ...clipped.map((e) => e.offset));
  const white = /^[ \n]*/.exec(text.slice(0, firstEntity))?.[0].length ?? 0;
  return {
    text: text.slice(white, last),
    entities: settled(clipped.map((e) => ({ ...e, offset: e.offset - white }))),
  };
}
