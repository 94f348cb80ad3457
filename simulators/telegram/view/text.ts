import type { Entity } from "../model.ts";
import { escaped, linkable } from "./html.ts";

const inline: Readonly<Record<string, string>> = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  spoiler: "mark",
};
/** From the outermost to the innermost; what is of one level never overlaps. */
const levels: readonly (readonly string[])[] = [
  ["blockquote", "expandable_blockquote"],
  ["pre", "code"],
  ["text_link"],
];

const out = (href: string, content: string): string =>
  `<a href="${escaped(href)}" target="_blank" rel="noopener noreferrer">${content}</a>`;

/** Plain text, with the addresses in it as links. */
function plain(text: string, links: boolean): string {
  if (!links) return escaped(text);
  return text
    .split(/(https?:\/\/[^\s<>"«»]*[^\s<>"«».,;:!?)])/)
    .map((piece, i) =>
      i % 2 === 1 && linkable(piece) !== null ? out(piece, escaped(piece)) : escaped(piece),
    )
    .join("");
}

interface Part {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly entities: readonly Entity[];
  readonly links: boolean;
}

function inlined({ text, from, to, entities, links }: Part): string {
  const within = entities.filter(
    (e) => inline[e.type] !== undefined && e.offset < to && e.offset + e.length > from,
  );
  const cuts = [from, to, ...within.flatMap((e) => [e.offset, e.offset + e.length])]
    .filter((at) => at >= from && at <= to)
    .sort((a, b) => a - b);
  let html = "";
  for (const [i, at] of cuts.entries()) {
    const next = cuts[i + 1];
    if (next === undefined || next === at) continue;
    const tags = within
      .filter((e) => e.offset <= at && e.offset + e.length >= next)
      .flatMap((e) => inline[e.type] ?? []);
    html += tags.map((t) => `<${t}>`).join("") + plain(text.slice(at, next), links);
    html += tags
      .reverse()
      .map((t) => `</${t}>`)
      .join("");
  }
  return html;
}

function wrapped(entity: Entity, content: string): string {
  switch (entity.type) {
    case "code":
    case "pre":
      return `<${entity.type}>${content}</${entity.type}>`;
    case "text_link": {
      const href = linkable(entity.url ?? "");
      return href === null ? content : out(href, content);
    }
    default:
      return `<blockquote>${content}</blockquote>`;
  }
}

const block = (e: Entity | undefined): boolean =>
  e !== undefined && e.type !== "code" && e.type !== "text_link";

function nested(part: Part, depth: number): string {
  const kinds = levels[depth];
  if (kinds === undefined) return inlined(part);
  const here = part.entities
    .filter((e) => kinds.includes(e.type) && e.offset < part.to && e.offset + e.length > part.from)
    .sort((a, b) => a.offset - b.offset);
  let html = "";
  let at = part.from;
  let before: Entity | undefined;
  const gap = (to: number, after: Entity | undefined): void => {
    // A block begins and ends a line by itself: the line breaks next to it would leave an empty one.
    const from = block(before) && part.text[at] === "\n" ? at + 1 : at;
    const end = block(after) && to > from && part.text[to - 1] === "\n" ? to - 1 : to;
    if (end > from) html += nested({ ...part, from, to: end }, depth + 1);
  };
  for (const e of here) {
    const from = Math.max(e.offset, at);
    const to = Math.min(e.offset + e.length, part.to);
    gap(from, e);
    html += wrapped(
      e,
      nested({ ...part, from, to, links: part.links && block(e) && e.type !== "pre" }, depth + 1),
    );
    at = to;
    before = e;
  }
  gap(part.to, undefined);
  return html;
}

/** A text with its formatting as HTML; all of it escaped. */
export const textHtml = (text: string, entities: readonly Entity[]): string =>
  nested({ text, from: 0, to: text.length, entities, links: true }, 0);
