import { decodePayload } from "../../../adapters/web/reader/psr1/payload.ts";
import { backChains, missingBack } from "../../../adapters/web/reader/room/back.ts";
import { Book, chainOf } from "../../../adapters/web/reader/room/book.ts";
import { historyOf } from "../../../adapters/web/reader/room/history.ts";
import { placeOfItem, show } from "../../../adapters/web/reader/room/show.ts";
import { diffWords } from "../../../adapters/web/reader/ui/diff.ts";
import { dayKey, dayOf, momentOf, sizeOf, timeOf } from "../../../adapters/web/reader/ui/format.ts";
import { runsOf } from "../../../adapters/web/reader/ui/marks.ts";
import { en } from "../../../adapters/web/reader/ui/texts.en.ts";
import { ru } from "../../../adapters/web/reader/ui/texts.ru.ts";
import type { RoomView } from "../../../adapters/web/reader/view.ts";
import { idOf, NOW, RoomWriter, TODAY } from "../../reader/room/writer.helper.ts";
import { Dice } from "../dice.helper.ts";
import { isGroup, mutateJson, spelled } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";

const bytes = (n: number, fill: number): string => Buffer.alloc(n, fill).toString("base64url");
const file = {
  id: bytes(16, 1),
  key: bytes(32, 2),
  hash: bytes(32, 3),
  size: 5021,
  name: "file-2026-11-02-1.pdf",
  mime: "application/pdf",
  w: 640,
  h: 480,
  thumb: bytes(100, 4),
};
const marks = [
  { m: "strong", s: 0, e: 7 },
  { m: "link", s: 3, e: 9, url: "https://example.org/x" },
  { m: "quote", s: 2, e: 30 },
];
const base = { v: 1, t: NOW - 600 };

/** A week of a room, as the bridge writes it. */
export const week: readonly unknown[] = [
  {
    ...base,
    k: "info",
    title: "Расписание",
    zone: "Europe/Moscow",
    lang: "ru",
    history: 14,
    origins: ["a.example", "b.example/room"],
    chains: [
      { serial: 1, restart: 0, first: 0, last: 3, hash: bytes(32, 9) },
      { serial: 1, restart: 1, first: 0 },
    ],
    after: { serial: 1, restart: 0, seq: 3 },
    chat: "https://t.me/example",
    text: "Добро пожаловать",
  },
  { ...base, k: "post", id: idOf(1), rev: 0, text: "Экзамен 12 июня 😀", marks, files: [file], pin: true },
  { ...base, k: "post", id: idOf(2), rev: 0, text: "Пара отменена", marks: [], reply: idOf(1), urgent: true },
  { ...base, k: "edit", id: idOf(1), rev: 1, text: "Экзамен 14 июня 😀", marks, was: "Экзамен 12 июня 😀" },
  { ...base, k: "retract", id: idOf(2) },
  { ...base, k: "note", text: "MAX не читается с 10:40", why: "silent" },
  { ...base, k: "digest", items: [{ id: idOf(7), t: NOW - 90_000, text: "Было раньше", marks }] },
  { ...base, k: "poll", question: "?" },
];

/** Everything that the page does with a view but drawing it. */
export function drawn(view: RoomView): void {
  const ids = new Set<string>();
  for (const texts of [ru, en])
    for (const item of view.items) {
      ids.add(item.id);
      for (const { s, e } of item.marks)
        hold(0 <= s && s < e && e <= item.text.length, "a mark lies within its text");
      hold(
        runsOf(item.text, item.marks)
          .map((r) => r.text)
          .join("") === item.text,
        "the runs are the text",
      );
      for (const run of runsOf(item.text, item.marks))
        hold(
          run.href === null || /^(https:\/\/|mailto:)/.test(run.href),
          "links lead to https and mail alone",
        );
      timeOf(texts, view.zone, item.t);
      dayKey(texts, view.zone, item.t);
      dayOf(texts, view.zone, item.t, NOW);
      momentOf(texts, view.zone, item.edited?.t ?? item.t);
      if (item.edited?.was !== undefined) diffWords(item.edited.was, item.text);
      for (const f of item.files) {
        sizeOf(texts, f.size);
        hold(
          f.name !== "" && f.name.length <= 120 && f.name.isWellFormed(),
          "a file's name is short and whole",
        );
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
        hold(!/[/\\\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(f.name), "a file's name is clean");
      }
    }
  hold(ids.size === view.items.length, "each item has a name of its own");
  for (const banner of view.banners) {
    const when = "at" in banner ? banner.at : "since" in banner ? banner.since : 0;
    momentOf(ru, view.zone, when);
    if (banner.kind === "gap")
      for (const at of [banner.after, banner.before]) momentOf(ru, view.zone, at ?? 0);
  }
}

const circumstances = {
  id: "room",
  now: NOW,
  loading: false,
  gaps: new Set<string>(),
  offline: false,
  behind: false,
  locatorDisagrees: false,
  pointedMissing: false,
  contact: NOW,
  read: null,
};

/**
 * Records that are validly signed and sealed, with anything within: what a hostile writer, or who has a seized
 * machine, can send. The input is the payloads, a line each.
 */
export const room = (): Target => ({
  input(dice) {
    const some = week.filter(() => !dice.once(4));
    const lines = some.map((payload) => {
      const value = dice.once(2) ? mutateJson(dice, payload) : payload;
      // Kept as a payload of our version now and then, so that what lies deeper is reached.
      const kept =
        isGroup(value) && dice.once(2) && isGroup(payload)
          ? { ...value, v: 1, t: payload.t, k: payload.k }
          : value;
      return spelled(JSON.stringify(kept)).slice(0, 32_767);
    });
    return new Uint8Array(Buffer.from([String(dice.below(1e9)), ...lines].join("\n")));
  },
  run(input) {
    const [seed, ...lines] = Buffer.from(input).toString().split("\n");
    const dice = new Dice(Number(seed) || 0, 0);
    const w = new RoomWriter(1);
    const book = new Book(w.root.publicKey, w.salt);
    book.addKey({ serial: 1, restart: 0, epoch: TODAY - 3, key: w.key(TODAY - 3) });
    for (const cert of w.certs) book.addCert(cert);
    const first = w.begin(1, 0);
    const chains = [first];
    for (const line of lines) {
      if (Buffer.byteLength(line) > 32_767) continue;
      if (dice.once(8)) chains.push(w.begin(1, chains.length));
      const chain = dice.pick(chains);
      const epoch = TODAY - dice.below(2);
      const at = { json: line, epoch, ...(dice.once(6) ? { seq: dice.pick([0, 1, 17, 2 ** 48 - 1]) } : {}) };
      chain.add({}, at);
      decodePayload(line);
    }
    let opened = 0;
    const all = chains.flatMap((c) => c.records).filter(() => !dice.once(8));
    const seq = dice.pick([0, 1, 5, 2 ** 48 - 1]);
    book.addHead(chains.at(-1)?.head({ seq, hash: new Uint8Array(32) }) ?? new Uint8Array());
    for (const record of all.toReversed()) {
      const added = book.addRecord(record);
      if (added.ok && added.entry.payload !== null) opened++;
    }
    const shown = new Set(
      dice.once(2)
        ? []
        : [...book.entries.values()].flatMap((m) => [...m.values()].flatMap((h) => [...h.keys()])),
    );
    const history = historyOf(book, shown);
    const view = show(book, history, { ...circumstances, gaps: new Set(history.gaps.map((g) => g.key)) });
    drawn(view);
    for (const item of view.items) hold(placeOfItem(history, item.id) !== null, "every item has its place");
    for (const chain of chains)
      for (const back of backChains(book, chainOf(chain)) ?? []) {
        const missing = missingBack(book, back);
        hold(
          missing === null || (Number.isSafeInteger(missing) && missing >= 0),
          "what is missing has a place",
        );
      }
    return opened > lines.length / 2 ? "most open" : "some open";
  },
});
