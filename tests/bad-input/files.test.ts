import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { crc32, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
import { items } from "../core.helper.ts";
import type { Group } from "../fuzz/json.helper.ts";
import { stand } from "./stand.helper.ts";

/** What both rooms show: a line in each language, or a file of so many bytes with a name of our own. */
type Shown = { readonly ru: string; readonly en: string } | { readonly size: number; readonly name: string };
/** What an address gives; a text: another address than ours. */
type Sends = ((response: ServerResponse, url: string) => void) | string;
type Case = readonly [
  name: string,
  kind: "image" | "file" | "sticker",
  sends: Sends,
  shown: Shown,
  filename?: string,
];

const bytes =
  (content: Uint8Array | string, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(200, headers).end(content);

/** A PNG that says it is `side` pixels wide and high, whatever of them is there. */
function png(side: number, rows: Uint8Array): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head[8] = 8;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** Sends on and on; the bridge must leave. */
function endless(response: ServerResponse): void {
  response.writeHead(200);
  const piece = Buffer.alloc(1_000_000, 7);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", more);
  more();
}
const leads = (to: (url: string) => string) => (response: ServerResponse, url: string) =>
  void response.writeHead(302, { location: to(url) }).end();

const line = (ru: string, en: string, name: string): Shown => ({
  ru: `[${ru.replace("%", name)}]`,
  en: `[${en.replace("%", name)}]`,
});
const photo = (name = "photo-2026-11-02-1.jpg", ru = "Фото", en = "Photo"): Shown =>
  line(
    `${ru} %: не удалось очистить от скрытых данных, поэтому не переслан`,
    `${en} %: could not be cleaned of hidden data and was not forwarded`,
    name,
  );
const FILE = "file-2026-11-02-1.bin";
const tooLarge = line(
  "Файл %: слишком велик и не переслан",
  "File %: is too large and was not forwarded",
  FILE,
);
const gone = line(
  "Файл %: уже недоступен в исходном канале",
  "File %: is no longer available in the original channel",
  FILE,
);
const svg = (inner: string): string => `<svg xmlns="http://www.w3.org/2000/svg">${inner}</svg>`;
const packed = gzipSync(Buffer.alloc(100_000_000));
const zip = Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(5000, 0xff)]);

const cases: readonly Case[] = [
  [
    "a picture of ten billion pixels in 10 MB",
    "image",
    bytes(png(100_000, new Uint8Array(10_000_000))),
    photo(),
  ],
  ["a picture that is smaller than it says", "image", bytes(png(4000, new Uint8Array(100))), photo()],
  ["a picture of nothing", "image", bytes(""), photo()],
  ["a picture of random bytes", "image", bytes(randomBytes(50_000)), photo()],
  ["a drawing with a script in it", "image", bytes(svg("<script>alert(1)</script>")), photo()],
  ["a drawing that names a file of ours", "image", bytes(svg('<image href="file:///etc/passwd"/>')), photo()],
  [
    "a web page in place of a picture",
    "image",
    bytes("<!doctype html>", { "content-type": "image/png" }),
    photo(),
  ],
  [
    "a broken picture that is called a file",
    "file",
    bytes(png(3000, new Uint8Array(9))),
    photo(FILE, "Файл", "File"),
  ],
  [
    "a sticker that is none",
    "sticker",
    bytes("RIFF\0\0\0\0WEBPVP8 junk"),
    photo("sticker-2026-11-02-1.webp", "Стикер", "Sticker"),
  ],
  [
    "half a PDF",
    "file",
    bytes("%PDF-1.7\n%%EOF garbage"),
    { size: 22, name: "file-2026-11-02-1.pdf" },
    "план.pdf",
  ],
  ["an archive that is broken", "file", bytes(zip), { size: 5004, name: "file-2026-11-02-1.zip" }, "a.zip"],
  ["a file of nothing", "file", bytes(""), { size: 0, name: FILE }],
  [
    "a file packed on its way: it is not unpacked here",
    "file",
    bytes(packed, { "content-encoding": "gzip" }),
    { size: packed.length, name: "file-2026-11-02-1.gz" },
  ],
  [
    "a name of 10,000 characters",
    "file",
    bytes("x"),
    { size: 1, name: "file-2026-11-02-1.docx" },
    `${"я".repeat(10_000)}.docx`,
  ],
  [
    "a name that turns around and leads up",
    "file",
    bytes("x"),
    { size: 1, name: FILE },
    "../../\u202efdp.exe\u0000.pdf/..",
  ],
  ["a file without end", "file", endless, tooLarge],
  [
    "a file that says it is a terabyte",
    "file",
    (r) => void r.writeHead(200, { "content-length": "1099511627776" }).write("x"),
    tooLarge,
  ],
  ["a way that leads in a circle", "file", leads((url) => url), gone],
  ["a way to a file of ours", "file", leads(() => "file:///etc/passwd"), gone],
  ["a way to nowhere", "file", leads(() => "http://["), gone],
  ["a file of ours", "file", "file:///etc/passwd", gone],
  ["an address of data", "file", "data:text/plain,x", gone],
  ["an address that is none", "file", "http://[::1", gone],
  ["an address of 1 MB", "file", `ftp://${"x".repeat(1_000_000)}`, gone],
];

test.each(cases.map((one) => ({ name: one[0], one })))(
  "$name: a line says what is missing, or the file is there, and all else arrives",
  async ({ one: [, kind, sends, shown, filename] }) => {
    const s = await stand({ largestFile: 20_000_000 });
    const own = `${s.url}/media-of-another/x`;
    s.between(({ path }, response) => {
      if (!path.startsWith("/media-of-another")) return false;
      if (typeof sends !== "string") sends(response, own);
      return true;
    });
    s.publish("до");
    s.spoil((message, room): Group => {
      const payload = { url: typeof sends === "string" ? sends : own, token: "t" };
      const attachment = { type: kind, payload, ...(filename === undefined ? {} : { filename }) };
      return { ...message, body: { mid: `mid.${room}`, text: "", attachments: [attachment] } };
    });
    await s.goesOn();
    for (const lang of ["ru", "en"] as const) {
      const found = items(s.c, RoomName.parse(`room-${lang}`));
      expect(found.map((i) => i.text)).toEqual(["до", "size" in shown ? "" : shown[lang], "после"]);
      const files = (found[1]?.files ?? []).map(({ size, name }) => ({ size, name }));
      expect(files).toEqual("size" in shown ? [shown] : []);
    }
    expect(s.control.stats().mediaWithToken).toBe(0);
  },
);

test("10,000 photos in one post: the first hundred are tried, a line says so, and all else arrives", async () => {
  const s = await stand();
  s.publish("до");
  s.spoil((message, room): Group => {
    const photos = Array.from({ length: room === "ru" ? 10_000 : 1 }, (_, i) => ({
      type: "image",
      payload: { photo_id: i, url: "ftp://x", token: "t" },
    }));
    return { ...message, body: { mid: `mid.${room}`, text: "Фото", attachments: photos } };
  });
  await s.goesOn();
  const { ru, en } = s.inTheMiddle();
  const lines = Array.from(
    { length: 100 },
    (_, i) => `[Фото photo-2026-11-02-${i + 1}.jpg: уже недоступен в исходном канале]`,
  );
  const most = "[Вложений слишком много: 10000. Перенесены первые 100]";
  expect(ru).toEqual([["Фото", most, ...lines].join("\n\n")]);
  expect(en).toEqual([
    "Фото\n\n[Photo photo-2026-11-02-1.jpg: is no longer available in the original channel]",
  ]);
});
