import { expect, test } from "vitest";
import type { Book } from "../../../adapters/web/reader/room/book.ts";
import { historyOf } from "../../../adapters/web/reader/room/history.ts";
import { addAll, bookOf, kinds, linkKey, textsOf, viewOf } from "./book.helper.ts";
import { edit, NOW, note, post, RoomWriter, retract, seed, TODAY } from "./writer.helper.ts";

/** Hashes of what a device shows of a set: it remembers them. */
const remember = (book: Book): ReadonlySet<string> =>
  new Set(historyOf(book, new Set()).displayed.map((e) => e.record.hash));

/** Three posts are backed up; then come a fourth, an edit, a retract and a note, and all of that is lost. */
function lost() {
  const w = new RoomWriter();
  const old = w.begin(1, 0);
  for (let n = 1; n <= 3; n++) old.add(post(n, `${n}`));
  old.add(post(4, "4"));
  old.add(edit(1, 1, "1 edited"));
  old.add(retract(2));
  old.add(note("a word"));
  const restored = w.begin(1, 1, { after: { chain: old, seq: 3 } });
  return { w, old, restored };
}

test("after a restore what is not linked back is withdrawn: posts, edits and retracts", () => {
  const { w, old, restored } = lost();
  const book = bookOf(w);
  addAll(book, old.records);
  expect(textsOf(viewOf(book))).toEqual(["1 edited", "3", "4", "a word"]);
  addAll(book, restored.records);
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3"]);
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
});

test("what the device had shown stays apart, not confirmed, and neither edits nor retracts", () => {
  const { w, old, restored } = lost();
  const book = bookOf(w);
  addAll(book, old.records);
  const shown = remember(book);
  addAll(book, restored.records);
  const view = viewOf(book, { shown });
  expect(textsOf(view)).toEqual(["1", "2", "3", "4?", "a word?"]);
  expect(kinds(view)).toContain("restored");
});

test("a post that came together with its retract was never shown, and does not come up when both are withdrawn", () => {
  const w = new RoomWriter();
  const old = w.begin(1, 0);
  old.add(post(1, "1"));
  old.add(post(2, "a slip"));
  old.add(retract(2));
  const book = bookOf(w);
  addAll(book, old.records);
  const shown = remember(book);
  addAll(book, w.begin(1, 1, { after: { chain: old, seq: 1 } }).records);
  expect(textsOf(viewOf(book, { shown }))).toEqual(["1"]);
});

test("a restored bridge posts again what it lost, and a later chain may link all of it back", () => {
  const { w, old, restored } = lost();
  const book = bookOf(w);
  addAll(book, old.records);
  const shown = remember(book);
  restored.add(post(4, "4"));
  addAll(book, restored.records);
  expect(textsOf(viewOf(book, { shown }))).toEqual(["1", "2", "3", "a word?", "4"]);
  // A chain that goes on from the whole of the first: nothing of the one between is confirmed.
  const whole = w.begin(1, 2, { after: { chain: old, seq: 7 } });
  addAll(book, whole.records);
  expect(textsOf(viewOf(book, { shown }))).toEqual(["1 edited", "3", "4", "a word"]);
});

test("with all that was lost posted again nothing is doubled, and for a week the page says why times changed", () => {
  const w = new RoomWriter();
  const old = w.begin(1, 0);
  for (let n = 1; n <= 3; n++) old.add(post(n, `${n}`));
  const book = bookOf(w);
  addAll(book, old.records);
  const shown = remember(book);
  const restored = w.begin(1, 1, { after: { chain: old, seq: 1 } });
  restored.add(post(2, "2"));
  restored.add(post(3, "3"));
  addAll(book, restored.records);
  const view = viewOf(book, { shown });
  expect(textsOf(view)).toEqual(["1", "2", "3"]);
  expect(kinds(view)).toContain("restored");
  const week = 8 * 86_400;
  expect(kinds(viewOf(book, { shown, now: NOW + week }))).not.toContain("restored");
  // Who had not seen it needs no explanation.
  expect(kinds(viewOf(book))).not.toContain("restored");
});

test("a retract stays final in the chains after its own", () => {
  const w = new RoomWriter();
  const old = w.begin(1, 0);
  old.add(post(1, "1"));
  old.add(retract(1));
  const next = w.begin(1, 1);
  next.add(post(1, "1 again"));
  next.add(post(2, "2"));
  next.add(retract(2));
  const book = bookOf(w);
  addAll(book, [...old.records, ...next.records]);
  expect(textsOf(viewOf(book))).toEqual([]);
});

test("of a closed chain the records are taken from anywhere; what is not linked yet waits, and a gap is said", () => {
  const { w, old, restored } = lost();
  const book = bookOf(w);
  addAll(book, restored.records);
  expect(textsOf(viewOf(book))).toEqual([]);
  expect(kinds(viewOf(book))).not.toContain("gap");
  addAll(book, [...old.records.slice(0, 2), ...old.records.slice(3, 4)]);
  expect(textsOf(viewOf(book))).toEqual(["3"]);
  expect(kinds(viewOf(book))).toContain("gap");
  addAll(book, old.records.slice(2, 3));
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3"]);
  expect(kinds(viewOf(book))).not.toContain("gap");
});

test("an info links a closed chain by its last hash where the new chain's first record is missing", () => {
  const { w, old, restored } = lost();
  restored.add({ ...w.info(restored, { chain: old, seq: 3 }), title: "Новое имя" });
  const book = bookOf(w);
  addAll(book, [...old.records, restored.last]);
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3"]);
  expect(viewOf(book).title).toBe("Новое имя");
});

test("a new certificate begins the next chain, and the newest info names the room", () => {
  const w = new RoomWriter();
  const old = w.begin(1, 0);
  old.add(post(1, "1"));
  w.certify(2);
  const next = w.begin(2, 0, { info: { title: "Другое имя" } });
  next.add(post(2, "2"));
  const book = bookOf(w);
  addAll(book, [...next.records, ...old.records]);
  expect(textsOf(viewOf(book))).toEqual(["1", "2"]);
  expect(viewOf(book)).toMatchObject({ title: "Другое имя", compare: { chain: "2.0", seq: 1 } });
});

test("a new key in a chain above the link's asks for the new link, also after a restore that opened", () => {
  const w = new RoomWriter();
  const book = bookOf(w);
  const first = w.begin(1, 0);
  first.add(post(1, "1"));
  const restored = w.begin(1, 1);
  restored.add(post(2, "2"));
  w.rekey();
  const rekeyed = w.begin(1, 2);
  rekeyed.add(post(3, "3"));
  addAll(book, [...first.records, ...restored.records]);
  expect(kinds(viewOf(book))).not.toContain("rekeyed");
  addAll(book, rekeyed.records);
  expect(kinds(viewOf(book))).toContain("rekeyed");
  expect(kinds(viewOf(book))).not.toContain("link-damaged");
  expect(textsOf(viewOf(book))).toEqual(["1", "2"]);
  expect(viewOf(book).title).toBe("Расписание");
  // The new link: its key opens the new chain, the old posts stay.
  book.addKey(linkKey(w, { restart: 2, epoch: TODAY }));
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3"]);
  // Once more.
  const again = w.begin(1, 3, { at: { key: seed(9) } });
  addAll(book, again.records);
  expect(kinds(viewOf(book))).toContain("rekeyed");
});

test("with the newest link at hand, a key between that was missed asks for nothing", () => {
  const w = new RoomWriter();
  const first = w.begin(1, 0);
  const missed = w.begin(1, 1, { at: { key: seed(9) } });
  w.rekey();
  w.begin(1, 2);
  const old = linkKey(w, { key: w.firstKey, epoch: w.firstEpoch });
  const newest = linkKey(w, { restart: 2, epoch: TODAY });
  for (const [one, two] of [
    [old, newest],
    [newest, old],
  ] as const) {
    const book = bookOf(w, one);
    book.addKey(two);
    addAll(book, [...first.records, ...missed.records]);
    expect(kinds(viewOf(book))).toEqual(["history-begins"]);
  }
});

test("a chain with the old key after a feigned or undone rekey needs no new link", () => {
  const w = new RoomWriter();
  const first = w.begin(1, 0);
  const feigned = w.begin(1, 1, { at: { key: seed(9) } });
  const book = bookOf(w);
  addAll(book, [...first.records, ...feigned.records]);
  expect(kinds(viewOf(book))).toContain("rekeyed");
  addAll(book, w.begin(1, 2).records);
  expect(kinds(viewOf(book))).not.toContain("rekeyed");
});

test("a key that does not fit its own chain is a damaged link", () => {
  const w = new RoomWriter();
  const book = bookOf(w, { key: seed(9) });
  addAll(book, w.begin(1, 0).records);
  expect(kinds(viewOf(book))).toContain("link-damaged");
  expect(kinds(viewOf(book))).not.toContain("rekeyed");
});

test("with dropped segments history begins at the oldest record here, and no gap is said", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  for (let n = 1; n <= 40; n++) chain.add(post(n, `${n}`));
  const book = bookOf(w);
  addAll(book, chain.records.slice(32));
  book.addHead(chain.head({ first: 32 }));
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
  expect(textsOf(viewOf(book))).toEqual(["32", "33", "34", "35", "36", "37", "38", "39", "40"]);
});

test("a hole between records, and one below the head, are gaps with the times around them", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  for (let n = 1; n <= 5; n++) chain.add(post(n, `${n}`, {}), { t: 1000 + n });
  const book = bookOf(w);
  addAll(book, [...chain.records.slice(0, 2), ...chain.records.slice(4, 5)]);
  book.addHead(chain.head());
  expect(viewOf(book).banners.filter((b) => b.kind === "gap")).toEqual([
    { kind: "gap", after: 1001, before: 1004, local: false },
    { kind: "gap", after: 1004, before: null, local: false },
  ]);
  expect(kinds(viewOf(book, { gaps: new Set() }))).not.toContain("gap");
});

test("a link made late finds the room's title in its own day, shows nothing older, and complains of nothing", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0, { at: { epoch: TODAY - 2 } });
  chain.add(post(1, "too early"), { epoch: TODAY - 2 });
  // A quiet day: an info alone.
  chain.add({ ...w.info(chain), title: "Вчера" }, { epoch: TODAY - 1 });
  chain.add({ ...w.info(chain), title: "Сегодня" }, { epoch: TODAY });
  const book = bookOf(w, { epoch: TODAY });
  addAll(book, chain.records);
  expect(viewOf(book).title).toBe("Сегодня");
  expect(textsOf(viewOf(book))).toEqual([]);
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
  chain.add(post(2, "2"));
  addAll(book, chain.records);
  expect(textsOf(viewOf(book))).toEqual(["2"]);
  const yesterday = bookOf(w, { epoch: TODAY - 1 });
  addAll(yesterday, chain.records.slice(0, 3));
  expect(viewOf(yesterday).title).toBe("Вчера");
});

test("a link from a higher chain takes nothing below it; an older link adds what it opens", () => {
  const w = new RoomWriter();
  const old = w.begin(1, 0);
  old.add(post(1, "1"));
  const next = w.begin(1, 1);
  next.add(post(2, "2"));
  const book = bookOf(w, { restart: 1 });
  expect(book.addRecord(old.last)).toEqual({ ok: false, fault: "lower-chain" });
  addAll(book, next.records);
  expect(textsOf(viewOf(book))).toEqual(["2"]);
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
  book.addKey(linkKey(w));
  addAll(book, old.records);
  expect(textsOf(viewOf(book))).toEqual(["1", "2"]);
});

test("until the open chain tells the room's name, the name that was shown before stays", () => {
  const { w, old, restored } = lost();
  restored.add(post(5, "5"));
  const book = bookOf(w);
  addAll(book, old.records);
  const shown = remember(book);
  addAll(book, [restored.last]);
  expect(viewOf(book, { shown }).title).toBe("Расписание");
});
