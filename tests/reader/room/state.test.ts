import { expect, test } from "vitest";
import { addAll, bookOf, kinds, textsOf, viewOf } from "./book.helper.ts";
import { edit, hashOf, note, post, RoomWriter, retract, TODAY } from "./writer.helper.ts";

/** A room of one chain: an info and five posts. */
function room(w = new RoomWriter()) {
  const chain = w.begin(1, 0);
  for (let n = 1; n <= 5; n++) chain.add(post(n, `${n}`));
  return { w, chain };
}

test("a room with one history shows all of it and says nothing but where it begins", () => {
  const { w, chain } = room();
  const book = bookOf(w);
  addAll(book, chain.records);
  book.addHead(chain.head());
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3", "4", "5"]);
  expect(viewOf(book).title).toBe("Расписание");
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
});

test("two records of one place are two histories: what lies below stays, until a higher chain comes", () => {
  const { w, chain } = room();
  const forged = chain.make(post(9, "forged"), { seq: 3, prev: hashOf(chain.records[2] ?? chain.last) });
  const book = bookOf(w);
  addAll(book, [forged, ...chain.records]);
  expect(kinds(viewOf(book))).toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["1", "2"]);
  const next = w.begin(1, 1, { after: { chain, seq: 5 } });
  next.add(post(6, "6"));
  addAll(book, next.records);
  expect(kinds(viewOf(book))).toEqual(["history-begins"]);
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("a head that tells another hash than the record is two histories, and so are two heads", () => {
  const { w, chain } = room();
  const other = chain.head({ seq: 4, hash: new Uint8Array(32).fill(1) });
  const book = bookOf(w);
  addAll(book, chain.records);
  book.addHead(other);
  expect(kinds(viewOf(book))).toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3"]);

  const heads = bookOf(w);
  addAll(heads, chain.records.slice(0, 3));
  heads.addHead(other);
  expect(kinds(viewOf(heads))).not.toContain("two-histories");
  heads.addHead(chain.head({ seq: 4, hash: new Uint8Array(32).fill(2) }));
  expect(kinds(viewOf(heads))).toContain("two-histories");
  expect(textsOf(viewOf(heads))).toEqual(["1", "2"]);
});

test("an info cannot lift a forged record of its own chain over the fork", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  const forged = chain.make(post(9, "forged"), { seq: 3 });
  const hash = Buffer.from(hashOf(forged)).toString("base64url");
  chain.add({ ...w.info(chain), chains: [{ serial: 1, restart: 0, first: 0, last: 3, hash }] });
  for (let n = 2; n <= 4; n++) chain.add(post(n, `${n}`));
  const book = bookOf(w);
  addAll(book, [...chain.records, forged]);
  expect(textsOf(viewOf(book))).toEqual(["2"]);
});

test("a link to another record than the one before counts at the record that carries it", () => {
  const { w, chain } = room();
  chain.add(post(6, "6"), { prev: new Uint8Array(32).fill(1) });
  chain.add(post(7, "7"));
  const book = bookOf(w);
  addAll(book, chain.records);
  expect(kinds(viewOf(book))).toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3", "4", "5"]);
});

test("a link to another record than a head tells is two histories too", () => {
  const { w, chain } = room();
  const book = bookOf(w);
  addAll(book, [...chain.records.slice(0, 4), ...chain.records.slice(5)]);
  book.addHead(chain.head({ seq: 4, hash: new Uint8Array(32).fill(1) }));
  expect(kinds(viewOf(book))).toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3"]);
});

test("a day that falls is two histories at the record that carries it", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0, { at: { epoch: TODAY - 1 } });
  chain.add(post(1, "1"), { epoch: TODAY });
  chain.add(post(2, "2"), { epoch: TODAY - 1 });
  const book = bookOf(w);
  addAll(book, chain.records);
  expect(kinds(viewOf(book))).toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["1"]);
});

test("a chain that names another record than it hashes as the one before it has nothing to show", () => {
  for (const seq of [3, 99]) {
    const { w, chain } = room();
    const next = w.begin(1, 1, { info: { after: { serial: 1, restart: 0, seq } } });
    next.add(post(6, "6"));
    const book = bookOf(w);
    addAll(book, [...chain.records, ...next.records]);
    expect(kinds(viewOf(book))).toContain("two-histories");
    expect(textsOf(viewOf(book))).toEqual([]);
  }
});

test("a forged record at the place that a chain follows does not hold up that chain", () => {
  const { w, chain } = room();
  const forged = chain.make(post(9, "forged"), { seq: 5, prev: hashOf(chain.records[4] ?? chain.last) });
  const next = w.begin(1, 1);
  next.add(post(6, "6"));
  const book = bookOf(w);
  addAll(book, [...chain.records.slice(0, 5), forged, ...next.records]);
  expect(kinds(viewOf(book))).not.toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["6"]);
  addAll(book, chain.records);
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("records that do not open count by header and hash: they close a chain, carry links and are never shown", () => {
  const { w, chain } = room();
  // Neither its commitment nor its sealed text fits the room's key.
  const foreign = { key: new Uint8Array(32).fill(9) };
  chain.add(post(6, "foreign"), foreign);
  chain.add(post(7, "7"));
  const book = bookOf(w);
  addAll(book, chain.records);
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3", "4", "5", "7"]);
  expect(kinds(viewOf(book))).not.toContain("gap");
  const forged = chain.make(post(8, "foreign too"), {
    ...foreign,
    seq: 6,
    prev: hashOf(chain.records[5] ?? chain.last),
  });
  book.addRecord(forged);
  expect(kinds(viewOf(book))).toContain("two-histories");
  const next = w.begin(1, 1, { at: foreign });
  addAll(book, next.records);
  // The new chain does not open, yet it closes the old one and links back all of it.
  expect(kinds(viewOf(book))).not.toContain("two-histories");
  expect(textsOf(viewOf(book))).toEqual(["1", "2", "3", "4", "5", "7"]);
});

test("of one id the highest revision wins, of equal ones the higher place; what comes first waits for its post", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  chain.add(edit(1, 2, "second"));
  chain.add(retract(2));
  chain.add(edit(3, 1, "an edit without its post"));
  chain.add(post(1, "first"));
  chain.add(post(2, "gone"));
  chain.add(edit(1, 1, "between"));
  chain.add(edit(1, 2, "second again"));
  chain.add(post(2, "gone for good"));
  const book = bookOf(w);
  addAll(book, chain.records);
  expect(textsOf(viewOf(book))).toEqual(["second again"]);
});

test("kinds of another day are kept and not shown, and notes and digests have their place in the order", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  chain.add(post(1, "1"));
  chain.add({ k: "poll", question: "?" });
  chain.add(note("a word"));
  chain.add({
    k: "digest",
    items: [
      { id: "AAAAAAAAAAE", t: 1, text: "1", marks: [] },
      { id: "AAAAAAAAAAk", t: 1, text: "older", marks: [] },
    ],
  });
  const book = bookOf(w);
  addAll(book, chain.records);
  expect(book.entries.get(256)?.size).toBe(5);
  expect(viewOf(book).items.map((i) => [i.type, i.text])).toEqual([
    ["post", "1"],
    ["note", "a word"],
    ["digest", "older"],
  ]);
});
