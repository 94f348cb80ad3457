import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { expect, test } from "vitest";
import { createPreviews } from "../../bridge/media/preview.ts";
import { SpoolLost } from "../../bridge/media/spool.ts";
import { MediaId } from "../../bridge/model/ids.ts";

const ID = MediaId.parse("abcdefghijk");
const never = new AbortController().signal;

/** A picture of noise: large in bytes for its size. */
const noise = (width: number, height: number) =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();

const preview = (bytes: Buffer, over: object = {}) => {
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  };
  const meta = { size: bytes.length, mime: "image/jpeg", name: "photo.jpg", ...over };
  return createPreviews(pieces)(ID, meta, never);
};

test("a large picture has a preview that fits into what a chat shows, in its own proportions", async () => {
  const made = await preview(await noise(1_600, 800), { width: 1_600, height: 800 });
  expect(made).toMatchObject({ mime: "image/jpeg", width: 800, height: 400 });
  const found = await sharp(made?.bytes).metadata();
  expect([found.width, found.height]).toEqual([800, 400]);
});

test("what is small, moves, is no picture or does not decode has none", async () => {
  const large = await noise(1_600, 800);
  expect(await preview(await noise(100, 50), { width: 100, height: 50 })).toBe(null);
  expect(await preview(large, { mime: "image/gif", width: 1_600, height: 800 })).toBe(null);
  expect(await preview(large, { mime: "video/mp4", width: 1_600, height: 800 })).toBe(null);
  expect(await preview(randomBytes(200_000), { width: 1_600, height: 800 })).toBe(null);
});

test("a spooled picture that is lost is told as that", async () => {
  const lost = createPreviews(() => {
    throw new SpoolLost(ID);
  });
  const meta = { size: 1_000_000, mime: "image/jpeg", name: "photo.jpg", width: 2_000, height: 2_000 };
  await expect(lost(ID, meta, never)).rejects.toThrow(SpoolLost);
});
