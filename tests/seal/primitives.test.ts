import { x25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bundle } from "../../bridge/seal/bundle.ts";
import { CERT_LENGTH, makeCert, readCert } from "../../bridge/seal/cert.ts";
import { carriedLength, LARGEST_CONTENT, openFile, padme, sealFile } from "../../bridge/seal/file.ts";
import { HEAD_LENGTH, makeHead, readHead } from "../../bridge/seal/head.ts";
import { backupPair, dayKey, nextDay, onlinePair, roomId, rootPair } from "../../bridge/seal/keys.ts";
import { joinLink, locator, readJoinLink, renewal } from "../../bridge/seal/link.ts";
import { BUCKETS, LARGEST_JSON, openRecord, recordHash, sealRecord } from "../../bridge/seal/record.ts";
import { recoveryCode, recoverySeed } from "../../bridge/seal/recovery.ts";
import { ready } from "../../bridge/seal/sodium.ts";

const lib = await ready();
const root = rootPair(lib, new Uint8Array(32).fill(7));
const online = onlinePair(lib);
const salt = new Uint8Array(8).fill(3);
const room = roomId(lib, root.publicKey, salt);
const key = new Uint8Array(32).fill(9);

const record = (json: string) =>
  sealRecord(lib, {
    serial: 1,
    restart: 0,
    roomId: room,
    epoch: 20_000,
    seq: 5,
    prev: new Uint8Array(32),
    key,
    onlineSecret: online.privateKey,
    json,
  });

test("every text up to the limit goes into the smallest bucket that fits and comes back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: LARGEST_JSON }), (length) => {
      const json = "x".repeat(length);
      const sealed = record(json);
      const bucket = BUCKETS.find((b) => length < b) ?? 0;
      expect(sealed.length).toBe(72 + 72 + bucket + 64);
      expect(openRecord(lib, sealed, online.publicKey, key)).toMatchObject({ ok: true, json });
    }),
    { numRuns: 30 },
  );
  expect(() => record("x".repeat(LARGEST_JSON + 1))).toThrow(RangeError);
});

test("a record with any single bit flipped does not open", () => {
  const sealed = record("{}");
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const bad = sealed.slice();
    const at = bit >> 3;
    bad[at] = (bad[at] ?? 0) ^ (1 << (bit & 7));
    expect(openRecord(lib, bad, online.publicKey, key).ok).toBe(false);
  }
});

test("another day's key, another signer and another room's commitment are refused", () => {
  const sealed = record("{}");
  expect(openRecord(lib, sealed, online.publicKey, nextDay(lib, key))).toEqual({
    ok: false,
    fault: "commit",
  });
  expect(openRecord(lib, sealed, onlinePair(lib).publicKey, key)).toEqual({ ok: false, fault: "signature" });
  expect(openRecord(lib, sealed.slice(0, -1), online.publicKey, key)).toEqual({ ok: false, fault: "layout" });
});

test("certificates and heads are read back, and with any bit flipped refused", () => {
  const cert = makeCert(lib, {
    rootSecret: root.privateKey,
    serial: 2,
    onlinePk: online.publicKey,
    notBefore: 1_700_000_000,
    notAfter: 1_734_560_000,
  });
  expect(cert.length).toBe(CERT_LENGTH);
  expect(readCert(lib, cert, root.publicKey)).toMatchObject({ serial: 2, notBefore: 1_700_000_000 });
  const head = makeHead(lib, {
    serial: 2,
    restart: 1,
    roomId: room,
    seq: 17,
    hash: new Uint8Array(32).fill(1),
    first: 16,
    made: 1_700_000_000,
    seen: 1_699_999_000,
    onlineSecret: online.privateKey,
  });
  expect(head.length).toBe(HEAD_LENGTH);
  expect(readHead(lib, head, online.publicKey)).toMatchObject({ serial: 2, restart: 1, seq: 17, first: 16 });
  for (const [bytes, read] of [
    [cert, (b: Uint8Array) => readCert(lib, b, root.publicKey)],
    [head, (b: Uint8Array) => readHead(lib, b, online.publicKey)],
  ] as const)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = bytes.slice();
      const at = bit >> 3;
      bad[at] = (bad[at] ?? 0) ^ (1 << (bit & 7));
      expect(read(bad)).toBeNull();
    }
});

async function* pieces(content: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function seal(content: Uint8Array, size = content.length, step = 10_000) {
  const out: Uint8Array[] = [];
  const sealed = await sealFile(lib, pieces(content, step), size, async (p) => void out.push(p.slice()));
  return { sealed, carried: new Uint8Array(Buffer.concat(out)) };
}

test("files of every awkward size come back whole, padded to a size that tells little", async () => {
  for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 200_001]) {
    const content = lib.randombytes_buf(size);
    const { sealed, carried } = await seal(content);
    if (!sealed.ok) throw new Error(sealed.error);
    expect(carried.length).toBe(carriedLength(size));
    expect(Buffer.from(openFile(lib, carried, { ...sealed, size }) ?? []).equals(content)).toBe(true);
  }
  expect(carriedLength(LARGEST_CONTENT)).toBeLessThanOrEqual(100_000_000);
  expect(padme(LARGEST_CONTENT)).toBe(LARGEST_CONTENT);
});

test("a file that is cut, extended, re-ordered or told another size is refused", async () => {
  const size = 200_000;
  const { sealed, carried } = await seal(lib.randombytes_buf(size));
  if (!sealed.ok) throw new Error(sealed.error);
  const sha = async (b: Uint8Array) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(b)));
  const swapped = carried.slice();
  swapped.set(carried.subarray(24 + 65_552, 24 + 2 * 65_552), 24);
  swapped.set(carried.subarray(24, 24 + 65_552), 24 + 65_552);
  for (const bad of [carried.slice(0, -1), Buffer.concat([carried, new Uint8Array(1)]), swapped]) {
    const hash = await sha(bad);
    expect(openFile(lib, bad, { ...sealed, hash, size })).toBeNull();
  }
  expect(openFile(lib, carried, { ...sealed, size: size - 1 })).toBeNull();
  expect((await seal(new Uint8Array(10), 9)).sealed).toEqual({ ok: false, error: "wrong_size" });
  expect((await seal(new Uint8Array(10), 11)).sealed).toEqual({ ok: false, error: "wrong_size" });
  expect((await seal(new Uint8Array(1), LARGEST_CONTENT + 1)).sealed).toEqual({
    ok: false,
    error: "too_large",
  });
});

test("a join link keeps its secret and origins, and a damaged one is noticed", () => {
  const secret = { rootPk: root.publicKey, salt, serial: 1, restart: 3, epoch: 20_000, key };
  const link = joinLink(lib, "https://reader.example/", secret, ["feed.example.org/~x", "localhost:8080"]);
  expect(readJoinLink(lib, link)).toEqual({ secret, origins: ["feed.example.org/~x", "localhost:8080"] });
  expect(readJoinLink(lib, joinLink(lib, "https://r.example/", secret, []))?.origins).toEqual([]);
  const at = link.indexOf("#j.") + 20;
  expect(
    readJoinLink(lib, link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1)),
  ).toBeNull();
});

test("locators and renewals carry no secret, and a bundle is its certificate and records", () => {
  const sealed = record("{}");
  const place = { roomId: room, serial: 1, restart: 0, seq: 5 };
  const text = locator("https://r.example/", place, recordHash(lib, sealed));
  expect(text).toMatch(/^https:\/\/r\.example\/#p\.[0-9a-f]{32}\.1\.0\.5\.[A-Za-z0-9_-]{11}$/);
  const cert = new Uint8Array(CERT_LENGTH);
  expect(renewal("https://r.example/", cert)).toMatch(/^https:\/\/r\.example\/#a\.A+$/);
  expect(bundle(cert, [sealed]).length).toBe(CERT_LENGTH + sealed.length);
});

test("day keys go forward only", () => {
  expect(dayKey(lib, key, 10, 12)).toEqual(nextDay(lib, nextDay(lib, key)));
  expect(() => dayKey(lib, key, 10, 9)).toThrow(RangeError);
});

test("the recovery code is 24 words that give the seed back, and the backup's pair follows from it", () => {
  const seed = lib.randombytes_buf(32);
  const code = recoveryCode(seed);
  expect(code.split(" ")).toHaveLength(24);
  expect(recoverySeed(`  ${code.toUpperCase()} `)).toEqual(seed);
  expect(recoverySeed(code.split(" ").toReversed().join(" "))).not.toEqual(seed);
  expect(recoverySeed("abandon")).toBeNull();
  const pair = backupPair(lib, seed);
  // The secret is the derived key itself, whoever multiplies.
  expect(pair.privateKey).toEqual(lib.crypto_kdf_derive_from_key(32, 1, "PSR1bkup", seed));
  expect(pair.publicKey).toEqual(x25519.getPublicKey(pair.privateKey));
  const sealed = lib.crypto_box_seal(new Uint8Array([1, 2]), pair.publicKey);
  expect(lib.crypto_box_seal_open(sealed, pair.publicKey, pair.privateKey)).toEqual(new Uint8Array([1, 2]));
});
