import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePayload } from "../../adapters/web/reader/psr1/payload.ts";
import { fitPayload } from "../../bridge/seal/fit.ts";
import { encodePayload, type Payload, type PostPayload } from "../../bridge/seal/payload.ts";
import { LARGEST_JSON } from "../../bridge/seal/record.ts";

const id = "AAECAwQFBgc";
const size = (p: Payload) => Buffer.byteLength(encodePayload({ ...p, t: 4_294_967_295 }));
const post = (more: Partial<PostPayload>): PostPayload => ({
  v: 1,
  t: 0,
  k: "post",
  id,
  rev: 0,
  text: "",
  marks: [],
  ...more,
});
const file = (name: string, thumb?: string) => ({
  id: "A".repeat(22),
  key: "A".repeat(43),
  hash: "A".repeat(43),
  size: 1,
  name,
  mime: "image/png",
  ...(thumb === undefined ? {} : { thumb }),
});

/** Short and long texts: Latin, Cyrillic, pairs of surrogates and halves of them, control characters. */
const text = fc
  .tuple(
    fc.array(fc.constantFrom("a", "ж", "\u0001", "\ud83d\ude00", "\ud83d", "\ude00", "\n", '"'), {
      minLength: 1,
      maxLength: 9,
    }),
    fc.integer({ min: 0, max: 9000 }),
  )
  .map(([letters, times]) => letters.join("").repeat(times).slice(0, 50_000));

test("any post or edit fits into the largest record, keeps valid marks, and is understood by the reader", () => {
  const any = fc.record({
    text,
    was: fc.option(text, { nil: undefined }),
    marks: fc.array(fc.tuple(fc.nat(60_000), fc.nat(60_000), fc.nat(3000)), { maxLength: 300 }),
    files: fc.array(fc.tuple(fc.nat(1000), fc.nat(3000)), { maxLength: 200 }),
  });
  fc.assert(
    fc.property(any, ({ text, was, marks, files }) => {
      const whole = post({
        k: "edit",
        rev: 3,
        text,
        marks: marks.flatMap(([s, length, url]) => {
          const e = Math.min(text.length, s + length);
          return s < e ? [{ m: "link" as const, s, e, url: `https://${"x".repeat(url)}` }] : [];
        }),
        files: files.map(([name, thumb]) => file("n".repeat(name), "A".repeat(thumb))),
        ...(was === undefined ? {} : { was }),
      });
      const p = fitPayload(whole);
      expect(size(p)).toBeLessThanOrEqual(LARGEST_JSON);
      const read = decodePayload(encodePayload(p));
      if (read?.k !== "edit" || p.k !== "edit") throw new Error("the reader refuses it");
      expect(read.marks).toEqual(p.marks);
      expect(read.was === null).toBe(was === undefined);
      // Everything is there, or it is said that it is not.
      const all =
        p.text === text && p.marks.length === whole.marks.length && read.files.length === files.length;
      expect(all || p.text.endsWith("[…]")).toBe(true);
      const kept = p.text.replace(/\n\[…\]$/, "");
      expect(text.startsWith(kept)).toBe(true);
      // A character is never cut in half, though halves that came stay as they are.
      if (kept.length < text.length)
        expect(/[\ud800-\udbff]$/.test(kept) && /^[\udc00-\udfff]/.test(text.slice(kept.length))).toBe(false);
    }),
    { seed: 5, numRuns: 60 },
  );
});

test("what fits stays as it is", () => {
  const p = post({ text: "Экзамен", marks: [{ m: "strong", s: 0, e: 7 }], files: [file("a", "AAAA")] });
  expect(fitPayload(p)).toBe(p);
});

test("to the very byte: the longest text that fits stays whole, one letter more is cut and said", () => {
  const room = LARGEST_JSON - size(post({}));
  expect(fitPayload(post({ text: "x".repeat(room) }))).toMatchObject({ text: "x".repeat(room) });
  const cut = fitPayload(post({ text: "x".repeat(room + 1) }));
  expect(cut).toMatchObject({ text: expect.stringMatching(/^x+\n\[…\]$/) });
  expect(size(cut)).toBe(LARGEST_JSON);
});

test("a long text keeps its files, and many files leave room for the text", () => {
  const long = fitPayload(post({ text: "ж".repeat(40_000), files: [file("a")] }));
  expect(long).toMatchObject({ files: [{ name: "a" }] });
  const many = fitPayload(post({ text: "Экзамен", files: Array.from({ length: 300 }, () => file("a")) }));
  expect(many).toMatchObject({ text: "Экзамен\n[…]" });
  expect(many.k === "post" && (many.files?.length ?? 0) > 50).toBe(true);
});

test("infos, notes and digests of any length fit too", () => {
  const chains = Array.from({ length: 1000 }, (_, i) => ({
    serial: 1 + Math.floor(i / 256),
    restart: i % 256,
    first: 0,
    last: 10,
    hash: "A".repeat(43),
  }));
  const info = {
    v: 1,
    t: 0,
    k: "info",
    title: "x",
    zone: "UTC",
    lang: "ru",
    history: 14,
    origins: [],
    chains,
  } as const;
  const fitted = fitPayload({ ...info, text: "x".repeat(50_000) });
  expect(size(fitted)).toBeLessThanOrEqual(LARGEST_JSON);
  expect(size(fitPayload(info))).toBeLessThanOrEqual(LARGEST_JSON);
  expect(fitPayload(info)).toMatchObject({ chains: expect.arrayContaining([chains.at(-1)]) });
  for (const p of [
    { v: 1, t: 0, k: "note", why: "rep", text: "ж".repeat(40_000) },
    {
      v: 1,
      t: 0,
      k: "digest",
      items: Array.from({ length: 900 }, () => ({ id, t: 1, text: "ж".repeat(40), marks: [] })),
    },
  ] as const) {
    const small = fitPayload(p);
    expect(size(small)).toBeLessThanOrEqual(LARGEST_JSON);
    expect(decodePayload(encodePayload(small))?.k).toBe(p.k);
  }
});
