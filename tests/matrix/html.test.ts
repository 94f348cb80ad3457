import fc from "fast-check";
import { expect, test } from "vitest";
import { render } from "../../adapters/matrix/html.ts";
import { type Mark, markKinds, plain, type RichText } from "../../bridge/model/rich-text.ts";
import { richText } from "./rich-text.helper.ts";

/** A character of the HTML as a reader has it before him, with the elements that stand over it. */
interface Shown {
  readonly char: string;
  readonly over: readonly string[];
  readonly href: string | null;
}

const BLOCKS = new Set(["blockquote", "h3", "pre"]);
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};
const entities = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (e) => ENTITIES[e] ?? "");

/** Reads HTML back, and throws at anything that is not of the allowed subset, well nested and escaped. */
function read(html: string): readonly Shown[] {
  const shown: Shown[] = [];
  const open: { tag: string; href: string | null }[] = [];
  const put = (char: string) =>
    shown.push({
      char,
      over: open.map((o) => o.tag),
      href: open.findLast((o) => o.href !== null)?.href ?? null,
    });
  const tag =
    /<(?:(br)|(\/)?(blockquote|h3|pre|code|strong|em|u|del|a|span)( href="[^"<>]*"| data-mx-bg-color="#[0-9a-f]{6}" data-mx-color="#[0-9a-f]{6}")?)>|([^<]+)|(<)/gu;
  for (const [, br, end, name, attribute, text, stray] of html.matchAll(tag)) {
    if (stray !== undefined) throw new Error(`not an allowed tag in ${html}`);
    if (br !== undefined) put("\n");
    else if (text !== undefined) {
      if (/[>"']|&(?!amp;|lt;|gt;|quot;|#39;)/.test(text)) throw new Error(`not escaped: ${text}`);
      for (const char of entities(text)) put(char);
    } else if (name !== undefined && end !== undefined) {
      if (open.pop()?.tag !== name) throw new Error(`badly nested: ${html}`);
      if (BLOCKS.has(name)) put("block");
    } else if (name !== undefined) {
      if (BLOCKS.has(name)) put("block");
      if (name === "a" && open.some((o) => o.tag === "a")) throw new Error("a link in a link");
      if (["a", "span"].includes(name) !== (attribute !== undefined)) throw new Error("a wrong attribute");
      open.push({ tag: name, href: name === "a" ? entities(attribute?.slice(7, -1) ?? "") : null });
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${html}`);
  return shown;
}

const visible = (all: readonly Shown[]): readonly Shown[] =>
  all.filter((s) => s.char !== "\n" && s.char !== "block");

const TAGS = {
  strong: "strong",
  em: "em",
  under: "u",
  strike: "del",
  mark: "span",
  quote: "blockquote",
} as const;

test("whatever the marks, the HTML is well nested, covers every character, and each has the formatting it had", () => {
  fc.assert(
    fc.property(richText, (rich) => {
      const { formatted } = render(rich);
      if (formatted === null) return;
      const shown = visible(read(formatted));
      expect(shown.map((s) => s.char).join("")).toBe(rich.text.replaceAll("\n", ""));
      const places = [...rich.text.matchAll(/[^\n]/gu)].map((m) => m.index);
      for (const [i, at] of places.entries())
        for (const [kind, tag] of Object.entries(TAGS)) {
          const marked = rich.marks.some((m) => m.kind === kind && m.start <= at && at < m.end);
          expect(shown[i]?.over.includes(tag), `${kind} at ${at}`).toBe(marked);
        }
    }),
    { numRuns: 2_000 },
  );
});

test("links lead where their mark says, and nowhere but to http, https, mailto and tel", () => {
  fc.assert(
    fc.property(richText, (rich) => {
      const shown = visible(read(render(rich).formatted ?? ""));
      const places = [...rich.text.matchAll(/[^\n]/gu)].map((m) => m.index);
      for (const [i, s] of shown.entries()) {
        const at = places[i] ?? 0;
        const over = rich.marks.filter((m) => m.kind === "link" && m.start <= at && at < m.end);
        const good = over.filter((m) => /^(?:https|mailto|tel):/.test(m.url ?? ""));
        if (good.length === 0) expect(s.href).toBeNull();
        else expect(good.map((m) => m.url)).toContain(s.href);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("lines break as often as in the text: a block breaks one by itself", () => {
  const rich: RichText = {
    text: "Заголовок\nтекст\n\nцитата\nдальше",
    marks: [
      { kind: "head", start: 0, end: 9 },
      { kind: "quote", start: 17, end: 23 },
    ],
  };
  expect(render(rich).formatted).toBe("<h3>Заголовок</h3>текст<br><blockquote>цитата</blockquote>дальше");
});

test("code of several lines keeps them, and is no longer inline", () => {
  const rich: RichText = { text: "x:\na <b>\n c\nend", marks: [{ kind: "code", start: 3, end: 11 }] };
  expect(render(rich).formatted).toBe("x:<pre><code>a &lt;b&gt;\n c</code></pre>end");
});

test("a text without formatting has none, and the plain one is the text itself", () => {
  expect(render(plain("Экзамен <завтра> & потом"))).toEqual({
    body: "Экзамен <завтра> & потом",
    formatted: null,
  });
});

test("the plain text tells where a link leads, unless its words say so already", () => {
  const rich: RichText = {
    text: "здесь и example.org/x",
    marks: [
      { kind: "link", start: 0, end: 5, url: "https://example.org/table" },
      { kind: "link", start: 8, end: 21, url: "https://example.org/x" },
      { kind: "link", start: 6, end: 7, url: "javascript:alert(1)" },
    ],
  };
  expect(render(rich).body).toBe("здесь (https://example.org/table) и example.org/x");
  expect(render(rich).formatted).not.toContain("javascript");
});

test("five thousand overlapping marks are rendered at once", () => {
  const t = "слово ".repeat(10_000);
  const marks = Array.from({ length: 5_000 }, (_, i): Mark => {
    const kind = markKinds[i % 8] ?? "em";
    return { kind, start: i, end: t.length - i };
  });
  expect(read(render({ text: t, marks }).formatted ?? "").length).toBeGreaterThan(59_000);
});
