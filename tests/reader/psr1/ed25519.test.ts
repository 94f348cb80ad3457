import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { expect, test } from "vitest";
import { verify } from "../../../adapters/web/reader/psr1/ed25519.ts";
import { bytes } from "../../vectors/inputs.helper.ts";
import { crookedSignature, torsion } from "../../vectors/refused.helper.ts";

const { Point } = ed25519;
const text = (n: number) => new TextEncoder().encode(`объявление ${n}`);

test("a key that has signed many records refuses what it refused at the first", () => {
  const seed = bytes(32, 40);
  const key = ed25519.getPublicKey(seed);
  for (let n = 0; n < 60; n++) {
    const good = ed25519.sign(text(n), seed);
    expect(verify(good, text(n), key)).toBe(true);
    expect(verify(good, text(n + 1), key)).toBe(false);
    expect(verify(ed25519.sign(text(n), bytes(32, 41)), text(n), key)).toBe(false);
    expect(verify(crookedSignature(seed, text(n), 777n), text(n), key)).toBe(false);
    expect(verify(crookedSignature(seed, text(n), 0n, Point.ZERO), text(n), key)).toBe(false);
    const flipped = good.slice();
    flipped[n] = (flipped[n] ?? 0) ^ 1;
    expect(verify(flipped, text(n), key)).toBe(false);
  }
});

test("what is asked about stays as it is, also where it is a Buffer", () => {
  const seed = bytes(32, 43);
  const key = ed25519.getPublicKey(seed);
  const good = Buffer.from(ed25519.sign(text(1), seed));
  const before = good.toString("hex");
  for (let n = 0; n < 3; n++) expect(verify(good, text(1), key)).toBe(true);
  expect(good.toString("hex")).toBe(before);
});

test("a hundred keys one after another change nothing for the first", () => {
  const seeds = Array.from({ length: 100 }, (_, n) => bytes(32, n));
  for (const seed of [...seeds, ...seeds.slice(0, 2)])
    expect(verify(ed25519.sign(text(1), seed), text(1), ed25519.getPublicKey(seed))).toBe(true);
});

test("a key with a torsion part is judged by the equation with the cofactor, R without one", () => {
  const seed = bytes(32, 42);
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed);
  const key = Point.BASE.multiply(scalar).add(torsion).toBytes();
  const number = (b: Uint8Array) => b.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const signed = (n: number, point: Uint8Array, r: bigint) => {
    const k = Point.Fn.create(number(sha512(new Uint8Array([...point, ...key, ...text(n)]))));
    return new Uint8Array([...point, ...Point.Fn.toBytes(Point.Fn.create(r + k * scalar))]);
  };
  for (let n = 0; n < 40; n++) {
    const r = BigInt(n + 2);
    const point = Point.BASE.multiply(r);
    const signature = signed(n, point.toBytes(), r);
    expect(verify(signature, text(n), key)).toBe(true);
    expect(verify(signature, text(n + 1), key)).toBe(false);
    expect(verify(signed(n, point.add(torsion).toBytes(), r), text(n), key)).toBe(false);
  }
  expect(verify(signed(1, Point.ZERO.toBytes(), 0n), text(1), key)).toBe(false);
});
