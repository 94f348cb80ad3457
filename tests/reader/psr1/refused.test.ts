import { expect, test } from "vitest";
import { readCert } from "../../../adapters/web/reader/psr1/cert.ts";
import { verify } from "../../../adapters/web/reader/psr1/ed25519.ts";
import { decodePayload } from "../../../adapters/web/reader/psr1/payload.ts";
import type { Book } from "../../../adapters/web/reader/room/book.ts";
import { ready } from "../../../bridge/seal/sodium.ts";
import { crookedSignature, torsion } from "../../vectors/refused.helper.ts";
import { addAll, bookOf, textsOf, viewOf } from "../room/book.helper.ts";
import { flipped, NOW, post, RoomWriter, retract, seed, TODAY } from "../room/writer.helper.ts";

const lib = await ready();
const DAY = 86_400;

function room() {
  const w = new RoomWriter();
  const chain = w.begin(1, 0);
  chain.add(post(1, "1"));
  return { w, chain };
}

/** All that a set holds. */
const held = (book: Book) =>
  [...book.entries.values()].flatMap((s) => [...s.values()].flatMap((h) => [...h.keys()])).length +
  book.heads.size;

test("a record with any single bit turned is refused, and the room is unharmed", () => {
  const { w, chain } = room();
  const book = bookOf(w);
  addAll(book, chain.records);
  const before = viewOf(book);
  const good = chain.make(retract(1));
  expect(good).toHaveLength(720);
  for (let bit = 0; bit < good.length * 8; bit++)
    expect(book.addRecord(flipped(good, bit)).ok, `bit ${bit}`).toBe(false);
  expect(viewOf(book)).toEqual(before);
  expect(book.addRecord(good).ok).toBe(true);
  expect(textsOf(viewOf(book))).toEqual([]);
});

test("a head and a certificate with any single bit turned are refused", () => {
  const { w, chain } = room();
  const book = bookOf(w);
  const head = chain.head();
  const cert = w.cert(2, NOW, NOW + DAY);
  for (let bit = 0; bit < head.length * 8; bit++)
    expect(book.addHead(flipped(head, bit)).ok, `bit ${bit}`).toBe(false);
  for (let bit = 0; bit < cert.length * 8; bit++)
    expect(book.addCert(flipped(cert, bit)), `bit ${bit}`).toBe("refused");
  expect(held(book)).toBe(0);
  expect(book.addHead(head).ok).toBe(true);
  expect(book.addCert(cert)).toBe("added");
});

test("heads and certificates of any other length or beginning are refused", () => {
  const { w, chain } = room();
  const book = bookOf(w);
  for (const bytes of [chain.head(), w.cert(2, NOW, NOW + DAY), chain.last]) {
    expect(book.addHead(bytes.slice(0, -1)).ok).toBe(false);
    expect(book.addHead(new Uint8Array([...bytes, 0])).ok).toBe(false);
    expect(book.addCert(bytes.slice(0, -1))).toBe("refused");
    expect(book.addCert(new Uint8Array([...bytes, 0]))).toBe("refused");
  }
  expect(book.addHead(new Uint8Array())).toEqual({ ok: false, fault: "layout" });
});

test("each fault has its name, in the order of the checks", () => {
  const { w, chain } = room();
  const book = bookOf(w, { epoch: TODAY - 1 }, w.certs);
  const other = new RoomWriter(5);
  const cases = [
    ["layout", new Uint8Array([1, 2, 3])],
    ["layout", chain.last.slice(0, 71)],
    ["other-room", other.begin(1, 0).last],
    ["signature", chain.make(post(1, "1"), { signer: w.online(9).privateKey })],
    ["older-than-link", chain.make(post(1, "1"), { epoch: TODAY - 2 })],
    ["commit", chain.make(post(1, "1"), { key: seed(3) })],
    ["commit", chain.make(post(1, "1"), { key: w.key(TODAY + 1) })],
    ["text", chain.make(post(1, "1"), { json: "{}" })],
    ["text", chain.make(post(1, "1", { rev: 3 }))],
  ] as const;
  for (const [fault, bytes] of cases) {
    const added = book.addRecord(bytes);
    expect(added.ok ? added.entry.fault : added.fault).toBe(fault);
  }
  const higher = bookOf(w, { restart: 1 });
  expect(higher.addRecord(chain.last)).toEqual({ ok: false, fault: "lower-chain" });
  expect(higher.addHead(chain.head())).toEqual({ ok: false, fault: "lower-chain" });
  const bare = bookOf(w, {}, []);
  expect(bare.addRecord(chain.last)).toEqual({ ok: false, fault: "certificate" });
  expect(bare.addHead(chain.head())).toEqual({ ok: false, fault: "certificate" });
  expect(bookOf(other).addHead(chain.head())).toEqual({ ok: false, fault: "other-room" });
});

test("a key that belongs to another room of the same root opens nothing: the record itself is bound to its room", () => {
  const { w, chain } = room();
  const book = bookOf(w);
  const moved = new Uint8Array(chain.make(post(2, "2"), { roomId: new Uint8Array(16).fill(1) }));
  expect(book.addRecord(moved)).toEqual({ ok: false, fault: "other-room" });
  moved.set(w.roomId, 8);
  expect(book.addRecord(moved)).toEqual({ ok: false, fault: "signature" });
});

test("the certificate's validity counts with two days of grace on both sides, and by the record's own day", () => {
  const w = new RoomWriter();
  const [from, to] = [TODAY * DAY + 100, (TODAY + 10) * DAY + 100];
  const book = bookOf(w, { epoch: TODAY - 10 }, [w.cert(1, from, to)]);
  const chain = w.begin(1, 0);
  const fault = (epoch: number) => {
    const added = book.addRecord(chain.make(post(1, "1"), { epoch }));
    return added.ok ? null : added.fault;
  };
  expect([TODAY - 3, TODAY - 2, TODAY, TODAY + 12, TODAY + 13].map(fault)).toEqual([
    "validity",
    null,
    null,
    null,
    "validity",
  ]);
  const made = (at: number) => {
    const added = book.addHead(chain.head({ made: at }));
    return added.ok ? null : added.fault;
  };
  const grace = 2 * DAY;
  expect([from - grace - 1, from - grace, to + grace, to + grace + 1].map(made)).toEqual([
    "validity",
    null,
    null,
    "validity",
  ]);
});

test("a second, different certificate of a serial is refused; the same one again is known", () => {
  const w = new RoomWriter();
  const book = bookOf(w);
  const [first] = w.certs;
  expect(book.addCert(first ?? new Uint8Array())).toBe("known");
  expect(book.addCert(w.cert(1, NOW, NOW + DAY, w.online(2).publicKey))).toBe("refused");
  expect(book.addCert(w.cert(0, NOW, NOW + DAY))).toBe("refused");
  expect(book.addCert(new RoomWriter(5).cert(2, NOW, NOW + DAY))).toBe("refused");
  expect(book.certs.size).toBe(1);
});

test("signatures that libsodium refuses are refused by noble as it is used here", () => {
  const message = new Uint8Array([1, 2, 3]);
  const pair = lib.crypto_sign_seed_keypair(seed(1));
  const good = lib.crypto_sign_detached(message, pair.privateKey);
  const zero = torsion.multiplyUnsafe(8n);
  const crooked = [
    crookedSignature(seed(1), message, 777n),
    crookedSignature(seed(1), message, 0n),
    crookedSignature(seed(1), message, 0n, zero),
    // s + L: the same number, written another way.
    Uint8Array.from(good, (byte, i) => byte ^ (i === 63 ? 0x10 : 0)),
  ];
  for (const signature of crooked) {
    expect(lib.crypto_sign_verify_detached(signature, message, pair.publicKey)).toBe(false);
    expect(verify(signature, message, pair.publicKey)).toBe(false);
  }
  expect(verify(crookedSignature(seed(1), message, 777n, zero), message, pair.publicKey)).toBe(true);
  expect(verify(good, message, pair.publicKey)).toBe(true);
  for (let times = 1n; times <= 8n; times++) {
    const small = torsion.multiplyUnsafe(times).toBytes();
    const signature = new Uint8Array(64);
    signature.set(zero.toBytes());
    expect(lib.crypto_sign_verify_detached(signature, message, small)).toBe(false);
    expect(verify(signature, message, small)).toBe(false);
  }
  expect(verify(new Uint8Array(64).fill(255), message, pair.publicKey)).toBe(false);
  expect(readCert(new Uint8Array(142), new Uint8Array(32))).toBeNull();
});

test("payloads that are not of this protocol are refused; members and kinds not known here are not", () => {
  const t = 1_790_000_000;
  const id = "AAECAwQFBgc";
  const good = { v: 1, t, k: "post", id, rev: 0, text: "x", marks: [], files: [] };
  const decode = (json: unknown) => decodePayload(JSON.stringify(json));
  expect(decode(good)).toMatchObject({ k: "post", text: "x" });
  expect(decode({ ...good, later: { any: 1 } })).toMatchObject({ k: "post" });
  expect(decode({ v: 1, t, k: "poll" })).toEqual({ k: "other", t });
  for (const bad of [
    { ...good, v: 2 },
    { ...good, v: "1" },
    { ...good, t: -1 },
    { ...good, t: 1.5 },
    { ...good, k: 1 },
    { ...good, id: "AAECAwQFBg" },
    { ...good, rev: 1 },
    { ...good, k: "edit" },
    { ...good, text: null },
    { ...good, marks: {} },
    { ...good, files: [{ id: "x" }] },
    { ...good, files: "x" },
    { v: 1, t, k: "retract" },
    { v: 1, t, k: "note", text: "x", why: "other" },
    { v: 1, t, k: "digest", items: [{ id }] },
    { v: 1, t, k: "info", title: "x" },
    [good],
    null,
    "post",
  ])
    expect(decode(bad), JSON.stringify(bad)).toBeNull();
  expect(decodePayload(`\ufeff${JSON.stringify(good)}`)).toBeNull();
  expect(decodePayload("")).toBeNull();
});

test("marks are cut to their text, and those without sense left out; the text stands", () => {
  const marks = [
    { m: "strong", s: -5, e: 99 },
    { m: "em", s: 2, e: 2 },
    { m: "blink", s: 0, e: 1 },
    { m: "link", s: 0, e: 2, url: 7 },
    { m: "code", s: "0", e: 1 },
    null,
  ];
  const json = JSON.stringify({ v: 1, t: 1, k: "post", id: "AAECAwQFBgc", rev: 0, text: "abc", marks });
  expect(decodePayload(json)).toMatchObject({
    text: "abc",
    marks: [
      { m: "strong", s: 0, e: 3 },
      { m: "link", s: 0, e: 2 },
    ],
  });
});

test("a record that seals a text of another version counts by its hash: it keeps the chain whole", () => {
  const { w, chain } = room();
  chain.add(post(2, "2"), { json: '{"v":2}' });
  chain.add(post(3, "3"));
  const book = bookOf(w);
  addAll(book, chain.records);
  expect(textsOf(viewOf(book))).toEqual(["1", "3"]);
  expect(viewOf(book).banners.map((b) => b.kind)).toEqual(["history-begins"]);
});
