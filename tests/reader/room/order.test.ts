import fc from "fast-check";
import { expect, test } from "vitest";
import type { RoomView } from "../../../adapters/web/reader/view.ts";
import { addAll, bookOf, viewOf } from "./book.helper.ts";
import { edit, note, post, RoomWriter, retract, TODAY } from "./writer.helper.ts";

/**
 * Two chains with a restore between, and a third with a new certificate: posts, edits, retracts and notes, some of
 * them withdrawn by the restore, over three days. The heads of the last two are told too.
 */
function room() {
  const w = new RoomWriter();
  const old = w.begin(1, 0, { at: { epoch: TODAY - 2 } });
  for (let n = 1; n <= 4; n++) old.add(post(n, `${n}`));
  old.add(edit(1, 1, "1 edited"));
  old.add({ ...w.info(old), title: "Имя" }, { epoch: TODAY - 1 });
  old.add(retract(2));
  const kept = old.records.length - 1;
  old.add(post(5, "5, withdrawn"));
  old.add(retract(3));
  old.add(edit(4, 1, "4 edited, withdrawn"));
  const restored = w.begin(1, 1, { after: { chain: old, seq: kept }, at: { epoch: TODAY - 1 } });
  restored.add(edit(1, 2, "1 edited again"));
  restored.add(note("a word"));
  w.certify(2);
  const last = w.begin(2, 0, { at: { epoch: TODAY } });
  last.add(edit(5, 1, "an edit that waits"));
  last.add(post(5, "5"));
  last.add(retract(4));
  last.add(post(6, "6", { reply: "AAAAAAAAAAE" }));
  return {
    w,
    records: [old, restored, last].flatMap((c) => c.records),
    heads: [restored.head(), last.head()],
  };
}

const { w, records, heads } = room();
/** Everything in its order: what every other order must come to. */
const wanted: RoomView = (() => {
  const book = bookOf(w);
  addAll(book, records);
  for (const head of heads) book.addHead(head);
  return viewOf(book);
})();

test("the room as written in order", () => {
  expect(wanted.items.map((i) => i.text)).toEqual([
    "1 edited again",
    "3",
    "a word",
    "an edit that waits",
    "6",
  ]);
  expect(wanted.banners.map((b) => b.kind)).toEqual(["history-begins"]);
});

test("any subset first, then all, in any order, with repeats and over any carriers, end in the same room", () => {
  const any = fc.record({
    first: fc.subarray(records),
    all: fc.shuffledSubarray(records, { minLength: records.length }),
    again: fc.subarray(records),
    headsFirst: fc.boolean(),
    certs: fc.shuffledSubarray(w.certs, { minLength: w.certs.length }),
  });
  fc.assert(
    fc.property(any, ({ first, all, again, headsFirst, certs }) => {
      const book = bookOf(w, {}, certs);
      if (headsFirst) for (const head of heads) book.addHead(head);
      addAll(book, first);
      viewOf(book);
      addAll(book, [...all, ...again]);
      for (const head of heads) book.addHead(head);
      expect(viewOf(book)).toEqual(wanted);
    }),
    { seed: 20_261_102, numRuns: 25 },
  );
});

test("whatever part of the room is here, it shows nothing that the whole room withdraws once its last chain is here", () => {
  const last = records.slice(-5);
  fc.assert(
    fc.property(fc.subarray(records), (some) => {
      const book = bookOf(w);
      addAll(book, [...some, ...last]);
      const texts = viewOf(book).items.map((i) => i.text);
      expect(texts).not.toContain("5, withdrawn");
      expect(texts).not.toContain("4 edited, withdrawn");
    }),
    { seed: 7, numRuns: 25 },
  );
});

test("two histories are told alike in whatever order records and heads came", () => {
  const w = new RoomWriter(2);
  const chain = w.begin(1, 0);
  for (let n = 1; n <= 6; n++) chain.add(post(n, `${n}`));
  const forged = [3, 5].map((seq) => chain.make(post(9, "forged"), { seq }));
  const told = [
    ...[...chain.records, ...forged].map((bytes) => ({ head: false, bytes })),
    ...[chain.head(), chain.head({ seq: 4, hash: new Uint8Array(32).fill(1) })].map((bytes) => ({
      head: true,
      bytes,
    })),
  ];
  const views = new Set<string>();
  fc.assert(
    fc.property(fc.shuffledSubarray(told, { minLength: told.length }), (order) => {
      const book = bookOf(w);
      for (const { head, bytes } of order) head ? book.addHead(bytes) : book.addRecord(bytes);
      views.add(JSON.stringify(viewOf(book)));
    }),
    { seed: 3, numRuns: 15 },
  );
  expect(views.size).toBe(1);
  expect([...views][0]).toContain("two-histories");
});
