import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cleanImage, isPicture, sniff } from "../../bridge/media/clean.ts";

/** A picture of four colours, one a corner, so that its turning can be seen. */
function corners(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const colour =
        y < height / 2 ? (x < width / 2 ? 0xff0000 : 0x00ff00) : x < width / 2 ? 0x0000ff : 0xffffff;
      bytes.writeUIntBE(colour, (y * width + x) * 3, 3);
    }
  return bytes;
}
const drawn = (width = 64, height = 32) =>
  sharp(corners(width, height), { raw: { width, height, channels: 3 } });
const exif = {
  IFD0: { Make: "CANARY-MAKE", Artist: "CANARY-ARTIST", ImageDescription: "CANARY-DESCRIPTION" },
  IFD3: {
    GPSLatitudeRef: "N",
    GPSLatitude: "59/1 57/1 0/1",
    GPSLongitudeRef: "E",
    GPSLongitude: "30/1 18/1 0/1",
  },
};
const xmp =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">CANARY-XMP</rdf:RDF></x:xmpmeta>';

test.each(["jpeg", "png", "webp"] as const)(
  "a %s loses place, camera, author and XMP, and keeps its picture",
  async (format) => {
    const made = await drawn().withExif(exif).withXmp(xmp).toFormat(format).toBuffer();
    const given = new Uint8Array(made);
    expect(made.includes("CANARY-ARTIST")).toBe(true);
    const clean = await cleanImage(given);
    if (!clean.ok) throw new Error(clean.code);
    const bytes = Buffer.from(clean.bytes);
    expect(bytes.includes("CANARY")).toBe(false);
    const { exif: left, xmp: leftXmp, iptc, width, height } = await sharp(bytes).metadata();
    expect({ left, leftXmp, iptc, width, height }).toEqual({ width: 64, height: 32 });
    expect(clean).toMatchObject({ width: 64, height: 32 });
    const pixels = await sharp(bytes).removeAlpha().raw().toBuffer();
    const near = (at: number, ...colour: readonly number[]) => {
      for (const [i, value] of colour.entries())
        expect(Math.abs((pixels[at + i] ?? 0) - value)).toBeLessThan(60);
    };
    near(0, 255, 0, 0);
    near(63 * 3, 0, 255, 0);
    near((31 * 64 + 63) * 3, 255, 255, 255);
  },
);

test("what trails behind a picture does not cross", async () => {
  const given = Buffer.concat([await drawn().jpeg().toBuffer(), Buffer.from("CANARY-TRAILER")]);
  const clean = await cleanImage(given);
  if (clean.ok) expect(Buffer.from(clean.bytes).includes("CANARY")).toBe(false);
});

test("a picture that was held turned stands upright, with the size it is seen in", async () => {
  const clean = await cleanImage(
    await drawn().jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer(),
  );
  if (!clean.ok) throw new Error(clean.code);
  expect(clean).toMatchObject({ width: 32, height: 64 });
  const pixels = await sharp(clean.bytes).raw().toBuffer();
  // Turned by a quarter to the right: blue comes to the upper left, red to the upper right.
  expect(pixels[2]).toBeGreaterThan(200);
  expect(pixels[31 * 3]).toBeGreaterThan(200);
});

test("a preview is at most 2 KiB and shows the whole picture", async () => {
  const noise = Buffer.from(Array.from({ length: 600 * 400 * 3 }, (_, i) => (i * 2_654_435_761) >>> 24));
  const given = await sharp(noise, { raw: { width: 600, height: 400, channels: 3 } })
    .png()
    .toBuffer();
  const clean = await cleanImage(given);
  if (!clean.ok || clean.thumb === null) throw new Error("no preview");
  expect(clean.thumb.length).toBeLessThanOrEqual(2_048);
  const { width = 0, height = 1 } = await sharp(clean.thumb).metadata();
  expect(width / height).toBeCloseTo(1.5, 1);
});

test("an animation keeps its frames and its frame's size", async () => {
  const frames = Buffer.concat([corners(20, 10), corners(20, 10).reverse(), corners(20, 10)]);
  const given = await sharp(frames, { raw: { width: 20, height: 30, channels: 3, pageHeight: 10 } })
    .gif({ delay: [100, 100, 100] })
    .toBuffer();
  const clean = await cleanImage(given);
  if (!clean.ok) throw new Error(clean.code);
  expect(clean).toMatchObject({ mime: "image/gif", width: 20, height: 10 });
  expect((await sharp(clean.bytes, { animated: true }).metadata()).pages).toBe(3);
});

/** A PNG that says it is `side` pixels wide and high and carries as many as `rows` rows of nothing. */
function bomb(side: number, rows: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const data = deflateSync(Buffer.alloc((side * 3 + 1) * rows), { level: 9 });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

test("a small file that would unfold into a huge picture is refused before it does", async () => {
  expect(bomb(30_000, 300).length).toBeLessThan(60_000);
  expect(await cleanImage(bomb(30_000, 300))).toEqual({ ok: false, code: "not_cleanable" });
  const one = await sharp({ create: { width: 2000, height: 2000, channels: 3, background: "#777" } })
    .gif()
    .toBuffer();
  const palette = 13 + 3 * 2 ** (((one[10] ?? 0) & 7) + 1);
  const frame = one.subarray(palette, -1);
  const film = (frames: number): Buffer =>
    Buffer.concat([
      one.subarray(0, palette),
      ...Array.from({ length: frames }, () => frame),
      one.subarray(-1),
    ]);
  expect((await sharp(film(25)).metadata()).pages).toBe(25);
  expect(film(25).length).toBeLessThan(3_000_000);
  expect(await cleanImage(film(25))).toEqual({ ok: false, code: "not_cleanable" });
  expect((await cleanImage(film(2))).ok).toBe(true);
});

test.each([
  ["nothing at all", Buffer.alloc(0)],
  [
    "an SVG with a script",
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  ],
  ["a page", Buffer.from("<!doctype html><title>429</title>")],
  ["a PDF", Buffer.from("%PDF-1.4\n%%EOF")],
  ["a picture's beginning", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])],
  ["chance", Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 97) % 251))],
])("%s is no picture that could be cleaned", async (_name, bytes) => {
  expect(await cleanImage(bytes)).toEqual({ ok: false, code: "not_cleanable" });
});

test("a JPEG whose second half is missing is refused, not passed on in part", async () => {
  const given = await drawn(400, 400).jpeg().toBuffer();
  expect((await cleanImage(given)).ok).toBe(true);
  expect(await cleanImage(given.subarray(0, given.length / 2))).toEqual({ ok: false, code: "not_cleanable" });
});

test("a file is what its bytes say: pictures by any name are pictures, scanned books are documents", async () => {
  expect(isPicture((await sniff(await drawn().jpeg().toBuffer())).mime)).toBe(true);
  expect(isPicture((await sniff(await drawn().tiff().toBuffer())).mime)).toBe(true);
  const djvu = Buffer.concat([
    Buffer.from("AT&TFORM"),
    Buffer.alloc(4),
    Buffer.from("DJVUINFO"),
    Buffer.alloc(40),
  ]);
  expect(isPicture((await sniff(djvu)).mime)).toBe(false);
  expect((await sniff(Buffer.from("%PDF-1.7\n"))).ext).toBe("pdf");
  expect(await sniff(Buffer.from("plain words"))).toEqual({ mime: "application/octet-stream", ext: "bin" });
  const svg = await sniff(Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'));
  expect(svg.mime).not.toBe("image/svg+xml");
});
