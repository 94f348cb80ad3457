import { expect, test } from "vitest";
import { type Group, isGroup } from "../fuzz/json.helper.ts";
import { type Change, stand } from "./stand.helper.ts";

/** What both rooms show instead; a line of both, or lines of each language; none: nothing, and a count tells why. */
type Shown = string | RegExp | { readonly ru: string; readonly en: string } | { readonly counted: string };
type Case = readonly [name: string, change: Change, shown: Shown];

const body = (message: Group, over: Group): Group => ({
  ...message,
  body: { ...(isGroup(message.body) ? message.body : {}), ...over },
});
const text =
  (words: string, over: Group = {}) =>
  (message: Group) =>
    body(message, { text: words, ...over });
const attached =
  (...attachments: readonly unknown[]) =>
  (message: Group) =>
    body(message, { text: "", attachments });
const spoken = text("экзамен");
const silent = text("");
/** A million marks: in the Russian room's channel alone, for both together no answer holds. */
const million =
  (words: string): Change =>
  (m, room) =>
    text(words, {
      markup: Array.from({ length: room === "ru" ? 1_000_000 : 1 }, (_, i) => ({
        type: "em",
        from: i % words.length,
        length: 3,
      })),
    })(m);
const DEEP = "#deep:list:100000#";

const unknown = {
  ru: "[Вложение неизвестного вида: оно видно только в исходном канале]",
  en: "[An attachment of an unknown kind: it can be seen in the original channel only]",
};
const contact = { ru: "[Контакт не переносится]", en: "[A contact card is not mirrored]" };
const lines = (n: number, line: string): readonly string[] => new Array<string>(n).fill(line);
const odd = { counted: "odd_message" };

const cases: readonly Case[] = [
  ["an attachment nested 100,000 deep", attached({ type: "new", x: DEEP }), unknown],
  ["a member nested 100,000 deep", (m) => ({ ...spoken(m), extra: DEEP }), "экзамен"],
  ["groups nested 100,000 deep", (m) => ({ ...spoken(m), stat: "#deep:group:100000#" }), "экзамен"],
  ["a text of 10 MB", text("э".repeat(5_000_000)), /^э{15000,17000}\n\[…\]$/],
  ["a text of 10 MB without a space or a letter", text("@".repeat(10_000_000)), /^@{30000,33000}\n\[…\]$/],
  ["a text of lone surrogates", text("\ud800экзамен\udc00"), "\ufffdэкзамен\ufffd"],
  ["NUL and other control characters", text("эк\u0000за\u001bмен\u0007"), "экзамен"],
  ["a byte order mark before the text", text("\ufeffэкзамен"), "\ufeffэкзамен"],
  ["a text that is a number", text("x", { text: 5 }), unknown],
  ["a text that is a list", text("x", { text: ["экзамен"] }), unknown],
  [
    "markup with negative offsets",
    text("экзамен", { markup: [{ type: "strong", from: -5, length: 9 }] }),
    "экзамен",
  ],
  [
    "markup beyond every number",
    text("экзамен", {
      markup: [
        { type: "strong", from: "#raw:1e999#", length: 1 },
        { type: "link", from: 0, length: "#raw:9e99#", url: "javascript:alert(1)" },
        { type: "em", from: 2.5, length: "3" },
      ],
    }),
    "экзамен",
  ],
  [
    "a million marks over a text that is changed everywhere",
    million("а\u0001".repeat(2000)),
    /^а{2000}(\n\[…\])?$/,
  ],
  ["markup that is no list", text("экзамен", { markup: "strong" }), "экзамен"],
  ["a text of combining marks", text(`э${"\u0301".repeat(4000)}`), `э${"\u0301".repeat(4000)}`],
  ["a body that is a list", (m) => ({ ...m, body: [1, 2] }), unknown],
  ["no body at all", (m) => ({ ...m, body: "" }), unknown],
  ["attachments that are a group", text("экзамен", { attachments: { 0: {} } }), "экзамен"],
  [
    "attachments of every wrong type",
    attached(null, 5, "x", [], {}, [[]]),
    { ru: lines(6, unknown.ru).join("\n\n"), en: lines(6, unknown.en).join("\n\n") },
  ],
  [
    "10,000 attachments of a new kind",
    attached(...Array.from({ length: 10_000 }, () => ({ type: "poll" }))),
    {
      ru: [...lines(100, unknown.ru), "[Вложений слишком много: 10000. Перенесены первые 100]"].join("\n\n"),
      en: [...lines(100, unknown.en), "[Too many attachments: 10000. The first 100 are mirrored]"].join(
        "\n\n",
      ),
    },
  ],
  ["a card of 1 MB", attached({ type: "contact", payload: { vcf_info: "x".repeat(1_000_000) } }), contact],
  ["a place that is none", attached({ type: "location", latitude: "#raw:1e999#", longitude: 0 }), unknown],
  ["a place off the globe", attached({ type: "location", latitude: 1e21, longitude: -1e9 }), unknown],
  ["a keyboard nested in itself", attached({ type: "inline_keyboard", payload: { buttons: DEEP } }), unknown],
  [
    "a keyboard of wrong types",
    attached({ type: "inline_keyboard", payload: { buttons: [5, [7], null] } }),
    unknown,
  ],
  ["a share without anything", attached({ type: "share", payload: null }), unknown],
  [
    "keys that every object has",
    (m) => JSON.parse(JSON.stringify(spoken(m)).replace("{", '{"__proto__":{"mid":"x"},"constructor":1,')),
    "экзамен",
  ],
  ["an id with a path in it", (m, room) => text("экзамен", { mid: `../../me?x=${room}#` })(m), "экзамен"],
  ["one id in both channels, which leads up", text("экзамен", { mid: ".." }), { ru: "экзамен", en: "" }],
  ["an id of 10,000 characters", text("экзамен", { mid: "m".repeat(10_000) }), "экзамен"],
  [
    "an id that is a number beyond 2^53",
    (m, room) => text("экзамен", { mid: `#raw:11632989016799936${room === "ru" ? 4 : 5}#` })(m),
    "экзамен",
  ],
  [
    "a link with a password in it",
    text("экзамен", { markup: [{ type: "link", from: 0, length: 7, url: "https://a:b@c.example/" }] }),
    "экзамен",
  ],
  ["a forward of nothing", (m) => ({ ...silent(m), link: { type: "forward", message: {} } }), unknown],
  [
    "a forward nested in itself",
    (m) => ({ ...spoken(m), link: { type: "forward", message: { text: "да", link: DEEP } } }),
    { ru: "экзамен\n\nПереслано:\nда", en: "экзамен\n\nForwarded:\nда" },
  ],
  [
    "a reply to a list",
    (m) => ({ ...spoken(m), link: { type: "reply", message: [] } }),
    { ru: `экзамен\n\n${unknown.ru}`, en: `экзамен\n\n${unknown.en}` },
  ],
  ["a moment before 1970", (m) => ({ ...spoken(m), timestamp: -1 }), odd],
  ["a moment beyond all calendars", (m) => ({ ...spoken(m), timestamp: 8.64e15 + 1 }), odd],
  ["the last moment of all calendars", (m) => ({ ...spoken(m), timestamp: 8.64e15 }), "экзамен"],
  ["a moment in words", (m) => ({ ...spoken(m), timestamp: "2026-02-30" }), odd],
  ["no recipient", (m) => ({ ...spoken(m), recipient: null }), odd],
  ["a message that is a text", () => "экзамен", odd],
  ["a message that is a list of messages", (m) => [m], odd],
  ["a sender of a wrong type", (m) => ({ ...spoken(m), sender: { user_id: {} } }), { counted: "no_mapping" }],
];

test.each(cases)(
  "%s: the posts around it arrive, and what is said of it is exact",
  async (_name, change, wanted) => {
    const s = await stand();
    s.publish("до");
    s.spoil(change);
    await s.goesOn();
    const { ru, en } = s.inTheMiddle();
    if (typeof wanted === "object" && "counted" in wanted) {
      expect({ ru, en }).toEqual({ ru: [], en: [] });
      expect(s.counters()[wanted.counted]).toBeGreaterThan(0);
      return;
    }
    if (wanted instanceof RegExp) {
      for (const list of [ru, en]) {
        expect(list).toHaveLength(1);
        expect(wanted.test(list[0] ?? ""), list[0]?.slice(0, 80)).toBe(true);
      }
      return;
    }
    const said = typeof wanted === "string" ? { ru: wanted, en: wanted } : wanted;
    // Two messages with one id are one.
    expect({ ru, en }).toEqual({ ru: [said.ru], en: said.en === "" ? [] : [said.en] });
  },
);
