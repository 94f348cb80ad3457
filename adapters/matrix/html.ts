import type { Mark, MarkKind, RichText } from "../../bridge/model/rich-text.ts";

/** A text as an event carries it: the plain one for clients that show no formatting, and the formatted one. */
export interface Rendered {
  readonly body: string;
  /** HTML of the subset that Matrix allows; null where the text has no formatting. */
  readonly formatted: string | null;
}

/** A link that is longer leads nowhere sensible, and would not fit into an event. */
const LONGEST_URL = 2_000;
const SCHEMES = new Set(["https:", "http:", "mailto:", "tel:"]);

/** An address that may stand in a link; null: it may not. */
function safe(url: string | undefined): string | null {
  if (url === undefined || url.length > LONGEST_URL) return null;
  const parsed = URL.parse(url);
  return parsed !== null && SCHEMES.has(parsed.protocol) ? url : null;
}

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** An element that is open over some of the text. Two of one `key` are the same element. */
interface Element {
  readonly key: string;
  readonly open: string;
  readonly close: string;
  readonly block: boolean;
}

const element = (key: string, open: string, close: string, block = false): Element => ({
  key,
  open,
  close,
  block,
});

const QUOTE = element("quote", "<blockquote>", "</blockquote>", true);
const HEAD = element("head", "<h3>", "</h3>", true);
const PRE = element("pre", "<pre><code>", "</code></pre>", true);
const inline: readonly (readonly [MarkKind, Element])[] = [
  ["strong", element("strong", "<strong>", "</strong>")],
  ["em", element("em", "<em>", "</em>")],
  ["under", element("under", "<u>", "</u>")],
  ["strike", element("strike", "<del>", "</del>")],
  // Both colours, or a dark theme's white letters would stand on yellow.
  ["mark", element("mark", '<span data-mx-bg-color="#fff2ab" data-mx-color="#1f1f1f">', "</span>")],
  ["code", element("code", "<code>", "</code>")],
];

interface Link {
  readonly start: number;
  readonly end: number;
  readonly url: string;
}

/** The links, in order, none within another: of two that overlap the first goes on until it ends. */
function linksOf(marks: readonly Mark[]): readonly Link[] {
  const links: Link[] = [];
  let free = 0;
  const found = marks.flatMap((m) => {
    const url = m.kind === "link" ? safe(m.url) : null;
    return url === null ? [] : [{ start: m.start, end: m.end, url }];
  });
  for (const link of found.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const start = Math.max(link.start, free);
    if (start >= link.end) continue;
    links.push({ ...link, start });
    free = link.end;
  }
  return links;
}

/** What is open over the text from one place to the next where that changes, outermost first. */
function runs(rich: RichText, links: readonly Link[]) {
  const { text, marks } = rich;
  const changes = new Map<number, (readonly [MarkKind | "pre", number])[]>();
  const change = (at: number, kind: MarkKind | "pre", by: number): void => {
    const known = changes.get(at);
    if (known === undefined) changes.set(at, [[kind, by]]);
    else known.push([kind, by]);
  };
  for (const { kind, start, end } of marks) {
    const as = kind === "code" && text.slice(start, end).includes("\n") ? "pre" : kind;
    change(start, as, 1);
    change(end, as, -1);
  }
  const places = new Set([0, text.length, ...changes.keys(), ...links.flatMap((l) => [l.start, l.end])]);
  const sorted = [...places].sort((a, b) => a - b);
  const live = new Map<MarkKind | "pre", number>();
  const has = (kind: MarkKind | "pre"): boolean => (live.get(kind) ?? 0) > 0;
  let link = 0;
  return sorted.slice(0, -1).map((start, i) => {
    for (const [kind, by] of changes.get(start) ?? []) live.set(kind, (live.get(kind) ?? 0) + by);
    while ((links[link]?.end ?? Number.POSITIVE_INFINITY) <= start) link++;
    const here = links[link];
    const open: Element[] = [];
    if (has("quote")) open.push(QUOTE);
    if (has("pre")) open.push(PRE);
    else if (has("head")) open.push(HEAD);
    if (here !== undefined && here.start <= start)
      open.push(element(`link ${here.start}`, `<a href="${escaped(here.url)}">`, "</a>"));
    for (const [kind, of] of inline) if (has(kind) && !(kind === "code" && has("pre"))) open.push(of);
    return { start, end: sorted[i + 1] ?? start, open, pre: has("pre") };
  });
}

const blocks = (open: readonly Element[]): string =>
  open
    .filter((e) => e.block)
    .map((e) => e.key)
    .join(" ");

function formatted(rich: RichText, links: readonly Link[]): string {
  const { text } = rich;
  const all = runs(rich, links);
  // A block breaks the line by itself: the one line break that stands there in the text would be a second one.
  const swallowed = new Set<number>();
  for (const [i, run] of all.entries()) {
    const before = all[i - 1];
    if (before === undefined || blocks(before.open) === blocks(run.open)) continue;
    if (text[run.start - 1] === "\n" && !swallowed.has(run.start - 1)) swallowed.add(run.start - 1);
    else if (text[run.start] === "\n") swallowed.add(run.start);
  }
  let html = "";
  let stack: readonly Element[] = [];
  const to = (open: readonly Element[]): void => {
    let same = 0;
    while (same < stack.length && stack[same]?.key === open[same]?.key) same++;
    for (const e of stack.slice(same).reverse()) html += e.close;
    for (const e of open.slice(same)) html += e.open;
    stack = open;
  };
  for (const run of all) {
    to(run.open);
    let from = run.start;
    for (let at = run.start; at <= run.end; at++) {
      if (at < run.end && text[at] !== "\n") continue;
      html += escaped(text.slice(from, at));
      if (at < run.end && !swallowed.has(at)) html += run.pre ? "\n" : "<br>";
      from = at + 1;
    }
  }
  to([]);
  return html;
}

/** The text with the addresses of its links behind their words, where the words do not say them already. */
function plainly(text: string, links: readonly Link[]): string {
  let body = "";
  let from = 0;
  for (const { start, end, url } of links) {
    body += text.slice(from, end);
    from = end;
    const said = text.slice(start, end);
    const bare = url.replace(/^(?:https?:\/\/|mailto:|tel:)/, "").replace(/\/$/, "");
    if (!said.includes(bare)) body += ` (${url})`;
  }
  return body + text.slice(from);
}

/** Renders a text. Whatever its marks are, the HTML is well nested, and nothing of the text becomes a tag. */
export function render(rich: RichText): Rendered {
  const links = linksOf(rich.marks);
  const marks = rich.marks.filter((m) => m.kind !== "link");
  const plain = marks.length === 0 && links.length === 0;
  return {
    body: plainly(rich.text, links),
    formatted: plain ? null : formatted({ text: rich.text, marks }, links),
  };
}
