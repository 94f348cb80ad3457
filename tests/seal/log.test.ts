import { expect, test } from "vitest";
import { parseHead } from "../../adapters/web/reader/psr1/head.ts";
import { Book } from "../../adapters/web/reader/room/book.ts";
import { AnnouncementId, RoomName } from "../../bridge/model/ids.ts";
import { readCert } from "../../bridge/seal/cert.ts";
import { headUnder } from "../../bridge/seal/head.ts";
import { epochOf } from "../../bridge/seal/keys.ts";
import type { Payload } from "../../bridge/seal/payload.ts";
import { atomically } from "../../bridge/store/db.ts";
import { core, payloads, ROOM, type TestCore } from "../core.helper.ts";
import { viewOf } from "../reader/room/book.helper.ts";

const DAY = 86_400_000;
const ID = AnnouncementId.parse("AAAAAAAAAAE");
const OTHER = RoomName.parse("other");

const say = (c: TestCore, text: string, id = ID): { key: string; bytes: Uint8Array } =>
  atomically(c.db, () => {
    const payload: Payload = { v: 1, t: 0, k: "post", id, rev: 0, text, marks: [] };
    return c.bridge.log.append(ROOM, payload, id);
  });
const newDay = (c: TestCore) => atomically(c.db, () => c.bridge.log.newDay(ROOM));
const restart = (c: TestCore, atLeast = 0) => atomically(c.db, () => c.bridge.log.restart(ROOM, atLeast));
function stateOf(c: TestCore) {
  const state = c.bridge.store.seal.get(ROOM);
  if (state === null) throw new Error("no keys");
  return state;
}

/** The room's log as a device reads it that holds the oldest key kept. */
function bookOf(c: TestCore): Book {
  const state = stateOf(c);
  const book = new Book(new Uint8Array(state.rootPk), new Uint8Array(state.salt));
  const [first] = c.bridge.store.seal.chains(ROOM);
  book.addKey({
    serial: first?.serial ?? 1,
    restart: 0,
    epoch: state.keyEpoch,
    key: new Uint8Array(state.key),
  });
  for (const { cert } of c.bridge.store.seal.certs(state.rootPk)) book.addCert(new Uint8Array(cert));
  for (const chain of c.bridge.store.seal.kept(ROOM))
    for (const row of c.bridge.store.seal.read(ROOM, chain.serial, chain.restart, 0, 10_000)) {
      const added = book.addRecord(new Uint8Array(row.record));
      if (!added.ok) throw new Error(added.fault);
    }
  const head = c.bridge.log.head(ROOM, Math.floor(c.clock.now() / 1000));
  if (head !== null && !book.addHead(head).ok) throw new Error("the head is refused");
  return book;
}
const shown = (c: TestCore) => {
  const view = viewOf(bookOf(c), { now: c.clock.now() / 1000 });
  return { texts: view.items.map((i) => i.text), banners: view.banners.map((b) => b.kind) };
};
const records = (c: TestCore) =>
  [...bookOf(c).entries.values()].flatMap((s) => [...s.values()].flatMap((h) => [...h.values()]));

test("a room begins with an info, at seq 0, after nothing", async () => {
  const c = await core();
  const [first, more] = records(c);
  expect(first?.record).toMatchObject({ serial: 1, restart: 0, seq: 0, prev: "0".repeat(64) });
  expect(first?.record.epoch).toBe(epochOf(c.clock.now() / 1000));
  expect(payloads(c)).toMatchObject([
    { v: 1, k: "info", title: "Расписание", history: 14, chains: [{ serial: 1, restart: 0, first: 0 }] },
  ]);
  expect(more).toBeUndefined();
});

test("seq rises by one and every record hashes the one before; an info comes first on each day and when its words change", async () => {
  const c = await core();
  say(c, "1");
  say(c, "2");
  c.clock.advance(DAY);
  const answer = say(c, "3");
  expect(answer.key).toBe("1.0.4");
  expect(newDay(c)).toBe(false);
  expect(payloads(c).map((p) => p.text ?? p.k)).toEqual(["info", "1", "2", "info", "3"]);
  // One announcement in three words of one revision: the highest place wins.
  expect(shown(c)).toEqual({ texts: ["3"], banners: ["history-begins"] });
  expect(records(c).map((e) => e.record.seq)).toEqual([0, 1, 2, 3, 4]);
});

test("on a quiet day the night makes the info alone, and once", async () => {
  const c = await core();
  expect(newDay(c)).toBe(false);
  c.clock.advance(DAY);
  expect(newDay(c)).toBe(true);
  expect(newDay(c)).toBe(false);
  expect(payloads(c).map((p) => p.k)).toEqual(["info", "info"]);
});

test("a clock that is set back lets neither the time nor the day fall", async () => {
  const c = await core();
  say(c, "1");
  c.clock.advance(-3 * DAY);
  say(c, "2");
  const times = payloads(c).map((p) => Number(p.t));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(records(c).map((e) => e.record.epoch)).size).toBe(1);
  expect(shown(c).banners).not.toContain("two-histories");
});

test("a new chain follows the last record, lists every chain, and the reader shows both as one room", async () => {
  const c = await core();
  say(c, "1");
  const { prev } = stateOf(c);
  expect(restart(c)).toBe(true);
  say(c, "2", AnnouncementId.parse("AAAAAAAAAAI"));
  expect(shown(c)).toEqual({ texts: ["1", "2"], banners: ["history-begins"] });
  const info = payloads(c)[2];
  expect(info).toMatchObject({
    k: "info",
    after: { serial: 1, restart: 0, seq: 1 },
    chains: [
      { serial: 1, restart: 0, first: 0, last: 1, hash: Buffer.from(prev).toString("base64url") },
      { serial: 1, restart: 1, first: 0 },
    ],
  });
  expect(restart(c, 7)).toBe(true);
  expect(stateOf(c)).toMatchObject({ serial: 1, restart: 7, nextSeq: 1 });
  expect(shown(c).banners).toEqual(["history-begins"]);
});

test("after restart 255 nothing is begun and nothing written: a new certificate is needed", async () => {
  const c = await core();
  expect(restart(c, 255)).toBe(true);
  const before = stateOf(c);
  expect(restart(c)).toBe(false);
  expect(stateOf(c)).toEqual(before);
});

test("past the window whole segments go, the head names the first kept, and a late reader misses nothing of it", async () => {
  const c = await core({ history: 2 });
  for (let i = 0; i < 20; i++)
    say(c, `old ${i}`, AnnouncementId.parse(`AAAAAAAAA${"ABCDEFGHIJKLMNOPQRST"[i]}E`));
  expect(restart(c)).toBe(true);
  for (let i = 0; i < 40; i++) say(c, `${i}`);
  c.clock.advance(DAY);
  newDay(c);
  expect(c.bridge.store.seal.kept(ROOM)).toHaveLength(2);
  c.clock.advance(2 * DAY);
  say(c, "new");
  newDay(c);
  // Of the closed chain nothing is left, of the open one whole segments before the first day kept are gone.
  expect(c.bridge.store.seal.kept(ROOM)).toMatchObject([{ serial: 1, restart: 1, first: 32 }]);
  const head = c.bridge.log.head(ROOM, 0);
  expect(parseHead(head ?? new Uint8Array())).toMatchObject({ restart: 1, first: 32 });
  c.clock.advance(DAY);
  newDay(c);
  expect(payloads(c).at(-1)).toMatchObject({
    chains: [
      { restart: 0, first: 21, last: 20 },
      { restart: 1, first: 32 },
    ],
  });
  expect(shown(c)).toEqual({ texts: ["new"], banners: ["history-begins"] });
});

test("a head is taken by the reader, and by a starting bridge only under its own serial and inside the validity", async () => {
  const c = await core();
  say(c, "1");
  const state = stateOf(c);
  const bytes = c.bridge.log.head(ROOM, 5) ?? new Uint8Array();
  const [row] = c.bridge.store.seal.certs(state.rootPk);
  const cert = readCert(c.lib, new Uint8Array(row?.cert ?? []), new Uint8Array(state.rootPk));
  if (cert === null) throw new Error("no certificate");
  const { made } = parseHead(bytes) ?? { made: 0 };
  expect(headUnder(c.lib, bytes, cert)).toMatchObject({
    seq: 1,
    seen: 5,
    made: Math.floor(c.clock.now() / 1000),
  });
  const grace = 2 * 86_400;
  expect(headUnder(c.lib, bytes, { ...cert, serial: 2 })).toBeNull();
  expect(headUnder(c.lib, bytes, { ...cert, notBefore: made + grace })).not.toBeNull();
  expect(headUnder(c.lib, bytes, { ...cert, notBefore: made + grace + 1 })).toBeNull();
  expect(headUnder(c.lib, bytes, { ...cert, notAfter: made - grace - 1 })).toBeNull();
  expect(headUnder(c.lib, bytes.with(5, 2), cert)).toBeNull();
});

test("an absurd post is sealed all the same, cut and marked", async () => {
  const c = await core();
  say(c, "\u0001\ud83d".repeat(20_000));
  const [item] = viewOf(bookOf(c)).items;
  expect(item?.text.endsWith("\n[…]")).toBe(true);
  expect(item?.text.startsWith("\u0001\ud83d\u0001")).toBe(true);
});

test("a second room of one root shares its certificate until that ends soon, then the root certifies anew", async () => {
  const c = await core({ rooms: [ROOM, OTHER] });
  const seed = new Uint8Array(32).fill(1);
  const create = (name: string) => {
    const room = RoomName.parse(name);
    atomically(c.db, () => c.bridge.log.create(room, seed));
    return c.bridge.store.seal.get(room)?.serial;
  };
  expect(create("second")).toBe(1);
  c.clock.advance(369 * DAY);
  expect(create("third")).toBe(1);
  c.clock.advance(2 * DAY);
  expect(create("fourth")).toBe(2);
  const { rootPk } = stateOf(c);
  expect(c.bridge.store.seal.certs(rootPk).map((k) => k.serial)).toEqual([1, 2]);
});
