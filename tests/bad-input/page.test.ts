import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { en } from "../../adapters/web/reader/ui/texts.en.ts";
import { ru } from "../../adapters/web/reader/ui/texts.ru.ts";
import type { InputError } from "../../adapters/web/reader/view.ts";
import { bundle } from "../../bridge/seal/bundle.ts";
import { renewal } from "../../bridge/seal/link.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { device, Net, rest, until } from "../reader/room/net.helper.ts";
import { flipped, post, RoomWriter, seed } from "../reader/room/writer.helper.ts";

/** A room with the post "раз" at one host, another room, and a page that has the first. */
async function opened() {
  const net = new Net();
  const w = new RoomWriter(1);
  const chain = w.begin(1, 0);
  chain.add(post(1, "раз"));
  const host = net.host("a.example");
  host.put(w);
  const other = new RoomWriter(5);
  const foreign = other.begin(1, 0);
  const d = await device(net, w.link());
  await until(() => expect(d.texts()).toEqual(["раз"]));
  return { net, w, chain, host, d, other, foreign };
}
type Opened = Awaited<ReturnType<typeof opened>>;

const told: Readonly<Partial<Record<InputError, readonly [ru: string, en: string]>>> = {
  "not-a-link": [
    "Это не ссылка на комнату. Скопируйте её целиком и вставьте ещё раз.",
    "This is not a room link. Copy all of it and paste it again.",
  ],
  "link-checksum": [
    "В ссылке ошибка: не хватает знака или он изменён. Скопируйте её заново.",
    "The link has a mistake: a character is missing or changed. Copy it anew.",
  ],
  "bundle-unreadable": [
    "Этот файл не удалось прочитать: в нём нет сообщений комнаты.",
    "This file could not be read: it holds no messages of a room.",
  ],
  "other-room": [
    "Это от комнаты, которой у вас нет. Сначала откройте её по ссылке.",
    "This belongs to a room that you do not have. Open that room by its link first.",
  ],
  "older-than-link": [
    "Эти сообщения старше вашей ссылки, она их не открывает.",
    "These messages are older than your link; it does not open them.",
  ],
  "file-alone": [
    "Это вложение, а его объявления здесь нет. Дайте странице и post.psr, который стоит под ним; вложение подождёт, пока страница открыта.",
    "This is an attachment, and its announcement is not here. Give the page the post.psr below it too; the attachment waits while the page is open.",
  ],
  "file-damaged": ["Файл повреждён и не открыт.", "The file is damaged and was not opened."],
  "certificate-refused": [
    "Это продление не подходит ни к одной вашей комнате. Спросите старосту.",
    "This renewal fits none of your rooms. Ask your class rep.",
  ],
};
const says = (error: InputError): void =>
  expect([ru.errors[error], en.errors[error]], error).toEqual(told[error]);

const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const certOf = (w: RoomWriter): Uint8Array => w.certs[0] ?? seed(0);

/** As many records as a file can hold, of a room that nobody has. */
function crowd(): Uint8Array {
  const record = concat(
    bytes("PSR1\x01\0\x01"),
    new Uint8Array(61),
    bytes("\0\0\x02\x48"),
    new Uint8Array(648),
  );
  const n = Math.floor(100_000_000 / record.length);
  const all = new Uint8Array(record.length * n);
  for (let i = 0; i < n; i++) all.set(record, i * record.length);
  return all;
}

type FileCase = readonly [name: string, make: (o: Opened) => Uint8Array, error: InputError];
const files: readonly FileCase[] = [
  ["nothing", () => new Uint8Array(), "bundle-unreadable"],
  ["random bytes", () => new Uint8Array(randomBytes(100_000)), "bundle-unreadable"],
  ["a picture", () => bytes("\x89PNG\r\n\x1a\n"), "bundle-unreadable"],
  ["a gzip bomb", () => new Uint8Array(gzipSync(new Uint8Array(50_000_000))), "bundle-unreadable"],
  ["more than a page takes", () => new Uint8Array(100_000_001), "bundle-unreadable"],
  ["four letters of a certificate", () => bytes("PSRA"), "bundle-unreadable"],
  ["a certificate of another root", ({ other }) => certOf(other), "certificate-refused"],
  ["a certificate with a bit turned", ({ w }) => flipped(certOf(w), 400), "certificate-refused"],
  ["a certificate cut short", ({ w }) => certOf(w).slice(0, 141), "bundle-unreadable"],
  ["another room's messages", ({ other, foreign }) => bundle(certOf(other), foreign.records), "other-room"],
  ["messages cut short", ({ w, chain }) => bundle(certOf(w), chain.records).slice(0, -1), "file-damaged"],
  [
    "messages with garbage behind",
    ({ w, chain }) => concat(bundle(certOf(w), chain.records), seed(3)),
    "file-damaged",
  ],
  [
    "a message that nobody signed",
    ({ w, chain }) => bundle(certOf(w), [flipped(chain.last, 8 * 300)]),
    "bundle-unreadable",
  ],
  [
    "a message of another signer",
    ({ w, chain }) => bundle(certOf(w), [chain.make(post(9, "x"), { signer: w.online(7).privateKey })]),
    "bundle-unreadable",
  ],
  [
    "messages older than the link",
    ({ w, chain }) => bundle(certOf(w), [chain.make(post(9, "x"), { epoch: w.firstEpoch, seq: 40 })]),
    "older-than-link",
  ],
  ["a head in place of messages", ({ chain }) => chain.head(), "bundle-unreadable"],
  ["the name of a file and no more", () => bytes("PSRF\x01\0\0\0"), "bundle-unreadable"],
  [
    "a sealed file of no message",
    () => concat(bytes("PSRF\x01\0\0\0"), new Uint8Array(randomBytes(70_000))),
    "file-alone",
  ],
  ["138,000 records of nobody", crowd, "other-room"],
];

test.each(files)(
  "dropped on the page, %s: one line says so, and the room goes on",
  async (_name, make, error) => {
    const o = await opened();
    const { d, chain, w } = o;
    d.actions.takeFiles(new Blob([make(o).slice()]));
    await until(() => expect(d.view().error).toBe(error));
    says(error);
    d.actions.dismissError();
    expect(d.view().error).toBeNull();
    chain.add(post(2, "два"));
    d.actions.takeFiles(new Blob([bundle(certOf(w), chain.records).slice()]));
    await until(() => expect(d.texts()).toEqual(["раз", "два"]));
  },
);

type LinkCase = readonly [name: string, make: (o: Opened) => string, error: InputError];
const links: readonly LinkCase[] = [
  ["nothing", () => "", "not-a-link"],
  ["ten million characters", () => "#j.".repeat(3_333_333), "not-a-link"],
  ["ten million letters of a link", () => `#j.${"A".repeat(10_000_000)}`, "link-checksum"],
  ["a script", () => "javascript:alert(1)", "not-a-link"],
  ["halves of characters", () => "https://x/#j.\ud800\udc00", "not-a-link"],
  ["a link with a letter changed", ({ w }) => w.link().replace(/#j\.(.{20})./, "#j.$1_"), "link-checksum"],
  ["a link cut short", ({ w }) => w.link().slice(0, 80), "link-checksum"],
  ["a link of another version", ({ w }) => w.link().replace("#j.A", "#j.B"), "link-checksum"],
  ["a place in a room that is not here", () => `#p.${"0".repeat(32)}.1.0.5.AAAAAAAAAAA`, "other-room"],
  ["a place beyond all numbers", ({ w }) => `#p.${w.id}.999999.0.5.AAAAAAAAAAA`, "not-a-link"],
  ["a renewal of nothing", () => "#a.", "not-a-link"],
  ["a renewal of garbage", () => "#a.AAAA", "certificate-refused"],
  [
    "a renewal of another root",
    ({ other }) => renewal("https://reader.example/", certOf(other)),
    "certificate-refused",
  ],
];

test.each(links)(
  "pasted into the page, %s: one line says so, and the room goes on",
  async (_name, make, error) => {
    const o = await opened();
    const { d } = o;
    d.actions.enterLink(make(o));
    await until(() => expect(d.view().error).toBe(error));
    says(error);
    expect(d.texts()).toEqual(["раз"]);
  },
);

test("a head that is signed rightly and tells of a place beyond all records does not hang the page", async () => {
  const lib = await ready();
  const { net, w, chain, host } = await opened();
  for (const seq of [2n ** 48n, 2n ** 53n + 2n, 2n ** 60n, 2n ** 64n - 1n]) {
    const head = chain.head();
    new DataView(head.buffer, head.byteOffset).setBigUint64(23, seq);
    const signed = concat(bytes("PSR1/head"), head.slice(0, 79));
    head.set(lib.crypto_sign_detached(signed, w.online(1).privateKey), 79);
    host.files.set(`${w.id}/head`, head);
    const d = await device(net, w.link());
    await rest();
    expect(d.view().open?.items).toEqual([]);
    d.actions.takeFiles(new Blob([bundle(certOf(w), chain.records).slice()]));
    await until(() => expect(d.texts()).toEqual(["раз"]));
  }
});

test("a post of a time that no calendar knows is kept and not shown; the page goes on", async () => {
  const { d, chain, w } = await opened();
  chain.add(post(7, "когда?"), { t: 9e15 });
  chain.add(post(2, "два"));
  d.actions.takeFiles(new Blob([bundle(certOf(w), chain.records).slice()]));
  await until(() => expect(d.texts()).toEqual(["раз", "два"]));
});
