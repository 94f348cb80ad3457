/**
 * The inputs of tests/vectors/psr1.json: fixed, so that two implementations must come to the same bytes.
 * Nothing here is secret; none of it may be used for a real room.
 */
export const bytes = (length: number, start: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (start + i) % 256);

export const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

const t = 1_790_000_000;
const id = "AAECAwQFBgc";

/** One JSON for each kind, and texts that fill each of the seven sizes. */
export const payloads: readonly string[] = [
  {
    v: 1,
    t,
    k: "info",
    title: "Расписание",
    zone: "Europe/Moscow",
    lang: "ru",
    history: 14,
    origins: ["feed.example.org/a"],
    chains: [{ serial: 1, restart: 0, first: 0 }],
  },
  { v: 1, t, k: "post", id, rev: 0, text: "Экзамен 12 июня, ауд. 305", marks: [{ m: "strong", s: 0, e: 7 }] },
  {
    v: 1,
    t: t + 1,
    k: "edit",
    id,
    rev: 1,
    text: "Экзамен 14 июня, ауд. 305",
    marks: [{ m: "link", s: 8, e: 15, url: "https://example.org/" }],
    was: "Экзамен 12 июня, ауд. 305",
    pin: true,
    urgent: true,
    reply: "BwYFBAMCAQA",
  },
  { v: 1, t: t + 2, k: "digest", items: [{ id, t, text: "Экзамен", marks: [] }] },
  { v: 1, t: t + 3, k: "note", text: "MAX has not been readable since 10:40", why: "silent" },
  { v: 1, t: t + 4, k: "retract", id },
  { v: 1, t: t + 5, k: "something-new", anything: [1, null, { deep: true }] },
  ...[900, 1900, 4000, 8000, 16_000, 32_000].map((n) => ({
    v: 1,
    t: t + 6,
    k: "post",
    id: "CAkKCwwNDg8",
    rev: 0,
    text: "x".repeat(n),
    marks: [],
  })),
].map((p) => JSON.stringify(p));

export const inputs = {
  rootSeed: bytes(32, 0),
  onlineSeed: bytes(32, 32),
  salt: bytes(8, 64),
  key: bytes(32, 72),
  serial: 1,
  restart: 2,
  epoch: 20_717,
  notBefore: 1_789_900_000,
  notAfter: 1_824_460_000,
  fileId: bytes(16, 104),
  fileKey: bytes(32, 120),
  fileSize: 200_000,
  origins: ["feed.example.org/a~b", "localhost:8080"],
  page: "https://reader.example/",
} as const;

/** The content of the file: byte i is i mod 251. */
export const fileContent = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i % 251);
