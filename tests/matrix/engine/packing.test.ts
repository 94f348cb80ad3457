import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, packed, unpacked, valueIn } from "../../../adapters/matrix/engine/store/packing.ts";
import { isLong, patched, patchOf } from "../../../adapters/matrix/engine/store/patch.ts";

const kept = (value: unknown): unknown => valueIn(unpacked(packed(bytesOf(value))));

test("any value comes back as it was: texts in base64, texts that only look so, and all else", () => {
  // Those that are compressed, and those that are too short for it.
  const base64 = fc
    .tuple(fc.uint8Array({ minLength: 700, maxLength: 1_600 }), fc.constantFrom(1, 30))
    .map(([bytes, times]) => {
      const text = Buffer.concat(Array.from({ length: times }, () => bytes)).toString("base64");
      return text.replace(/=+$/, "");
    });
  const spoiled = fc
    .tuple(base64, fc.nat(), fc.constantFrom("=", "-", "_", " ", "\n", "é", "Ł", "я", "😀", "A", ""))
    .map(([text, at, by]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + by + text.slice(place + (at % 2));
    });
  const others = fc.oneof(
    fc.string({ maxLength: 3_000 }),
    fc.string({ minLength: 17_000, maxLength: 20_000 }),
    fc.jsonValue(),
    fc.uint8Array(),
    fc.bigInt(),
  );
  fc.assert(
    fc.property(fc.oneof(base64, spoiled, others), (value) => {
      expect(kept(value)).toEqual(value);
    }),
    { numRuns: 300 },
  );
});

test("what nobody packed is no value", () => {
  expect(() => unpacked(Buffer.alloc(10, 9))).toThrow();
  expect(() => unpacked(packed(bytesOf("x".repeat(50_000))).subarray(0, 10))).toThrow();
});

test("a patch makes of the old value the new one, wherever they differ, and is far shorter", () => {
  const long = fc.uint8Array({ minLength: 2_048, maxLength: 12_000 });
  const change = fc.record({ at: fc.nat(), without: fc.nat(40), put: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(long, fc.array(change, { maxLength: 2 }), (base, changes) => {
      const next = changes.reduce((bytes: Buffer, { at, without, put }) => {
        const place = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + without)]);
      }, Buffer.from(base));
      const patch = patchOf(base, next);
      if (changes.length < 2 && isLong(next)) expect(patch).not.toBeNull();
      if (patch === null) return;
      expect(patch.length).toBeLessThanOrEqual(8 + next.length / 8);
      expect(Buffer.from(patched(base, Buffer.from(patch))).equals(next)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("what repeats itself is patched as well: no byte stays of the beginning and of the end at once", () => {
  for (const [was, is] of [
    [3_000, 3_001],
    [3_001, 3_000],
    [3_000, 3_000],
    [9_000, 9_300],
    [9_300, 9_000],
  ] as const) {
    const [base, next] = [Buffer.alloc(was, 7), Buffer.alloc(is, 7)];
    const patch = patchOf(base, next);
    expect(patch).not.toBeNull();
    expect(Buffer.from(patched(base, Buffer.from(patch ?? []))).equals(next)).toBe(true);
  }
});
