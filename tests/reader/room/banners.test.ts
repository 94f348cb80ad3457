import { expect, test } from "vitest";
import type { Banner } from "../../../adapters/web/reader/view.ts";
import { addAll, bookOf, kinds, viewOf } from "./book.helper.ts";
import { NOW, post, RoomWriter } from "./writer.helper.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The banners of a room whose head was made and had seen the source so many seconds ago. */
function heard(o: { made: number; seen: number; now?: number; offline?: boolean; loading?: boolean }) {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  const book = bookOf(w);
  addAll(book, chain.records);
  book.addHead(chain.head({ made: NOW - o.made, seen: NOW - o.seen }));
  const { offline = false, loading = false, now = NOW } = o;
  return viewOf(book, { offline, loading, now }).banners.filter((b) => b.kind !== "history-begins");
}

test("a mirror is silent after 3 h, the source after 6 h, and not a second sooner", () => {
  expect(heard({ made: 3 * HOUR, seen: 6 * HOUR })).toEqual([]);
  expect(heard({ made: 3 * HOUR + 1, seen: 3 * HOUR + 60 })).toEqual([
    { kind: "mirror-silent", since: NOW - 3 * HOUR - 1 },
  ]);
  expect(heard({ made: 60, seen: 6 * HOUR + 1 })).toEqual([
    { kind: "source-silent", since: NOW - 6 * HOUR - 1 },
  ]);
});

test("a silent mirror says of the source no more than it knew, and both where it knew", () => {
  expect(heard({ made: 10 * HOUR, seen: 10 * HOUR + 60 }).map((b) => b.kind)).toEqual(["mirror-silent"]);
  expect(heard({ made: 4 * HOUR, seen: 11 * HOUR }).map((b) => b.kind)).toEqual([
    "mirror-silent",
    "source-silent",
  ]);
});

test("while it still asks, nothing is called silent", () => {
  expect(heard({ made: 9 * HOUR, seen: 9 * HOUR, loading: true })).toEqual([]);
});

test("a device's clock that disagrees by more than 48 h is named, in both directions, and refuses nothing", () => {
  const clock = (o: Parameters<typeof heard>[0]): readonly Banner[] =>
    heard(o).filter((b) => b.kind === "clock");
  expect(clock({ made: -48 * HOUR, seen: 0 })).toEqual([]);
  expect(clock({ made: -49 * HOUR, seen: 0 })).toEqual([{ kind: "clock", hours: 49 }]);
  expect(clock({ made: 49 * HOUR, seen: 49 * HOUR })).toEqual([{ kind: "clock", hours: 49 }]);
  // Offline the last word is merely old.
  expect(clock({ made: 49 * HOUR, seen: 49 * HOUR, offline: true })).toEqual([]);
  expect(clock({ made: -49 * HOUR, seen: 0, offline: true })).toEqual([{ kind: "clock", hours: 49 }]);

  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  chain.add(post(1, "1"));
  const book = bookOf(w);
  addAll(book, chain.records);
  for (const now of [0, NOW, 2 ** 32]) expect(viewOf(book, { now }).items).toHaveLength(1);
});

test("30 days before its end the certificate is said to expire, after it that it has; a newer one ends both", () => {
  const w = new RoomWriter();
  const at = NOW + 30 * DAY;
  const book = bookOf(w, {}, [w.cert(1, NOW - DAY, at)]);
  addAll(book, w.begin(1, 0).records);
  const said = (now: number) => viewOf(book, { now }).banners.filter((b) => b.kind !== "history-begins");
  expect(said(NOW)).toEqual([]);
  expect(said(NOW + 1)).toEqual([{ kind: "certificate-expiring", at }]);
  expect(said(at)).toEqual([{ kind: "certificate-expiring", at }]);
  expect(said(at + 1)).toEqual([{ kind: "certificate-expired", at }]);
  book.addCert(w.cert(2, NOW, NOW + 400 * DAY));
  expect(said(at + 1)).toEqual([]);
});

test("the worst is said first", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  chain.add(post(1, "1"));
  const book = bookOf(w, {}, [w.cert(1, NOW - DAY, NOW + DAY)]);
  addAll(book, [...chain.records, chain.make(post(2, "2"), { seq: 1 })]);
  book.addHead(chain.head({ made: NOW - 4 * HOUR }));
  expect(kinds(viewOf(book, { behind: true, offline: true, locatorDisagrees: true }))).toEqual([
    "two-histories",
    "certificate-expiring",
    "rolled-back",
    "locator-disagrees",
    "offline",
    "mirror-silent",
    "history-begins",
  ]);
});

test("eight words stand for the newest record, and another record has others", () => {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  const book = bookOf(w);
  addAll(book, chain.records);
  const first = viewOf(book).compare;
  expect(first).toMatchObject({ chain: "1.0", seq: 0 });
  expect(first?.words).toHaveLength(8);
  addAll(book, [chain.add(post(1, "1"))]);
  expect(viewOf(book).compare?.words).not.toEqual(first?.words);
});
