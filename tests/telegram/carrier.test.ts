import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { carrierLines } from "../../adapters/telegram/carrier-lines.ts";
import { ChatId } from "../../adapters/telegram/ids.ts";
import { split } from "../../adapters/web/reader/psr1/record.ts";
import { NotCarried } from "../../bridge/seal/carrier.ts";
import { CERT_LENGTH } from "../../bridge/seal/cert.ts";
import { recordHash } from "../../bridge/seal/record.ts";
import { atomically } from "../../bridge/store/db.ts";
import { accepted, media, open, post, posted, ROOM, removed, soon, start, waiting } from "../core.helper.ts";
import { until } from "../reader/room/net.helper.ts";
import { bytesOf, type Carried, carried, PAGE } from "./carried.helper.ts";

const DAY = 86_400_000;

/** Posts, and waits until the room's log has them. */
async function say(c: Carried, ...ns: readonly number[]): Promise<void> {
  for (const n of ns) c.source.tell(posted(post(n, `Пост ${n}`)));
  await sealed(c);
}
async function sealed(c: Carried): Promise<void> {
  await accepted(c);
  await soon(() => {
    c.clock.advance(1_000);
    expect(waiting(c)).toBe(0);
  });
}
const recordsOf = (bytes: Uint8Array) => split(bytes.slice(CERT_LENGTH)).records;

test("every post is one document that is whole alone, with the button to its record; infos go in front of it", async () => {
  const c = await carried();
  start(c);
  const carrier = c.carrier();
  await c.copy(carrier);
  // The beginning of the log goes at once.
  expect(c.names()).toEqual(["post.psr"]);
  await say(c, 1);
  await c.copy(carrier);
  c.clock.advance(DAY);
  await c.bridge.newDay();
  await c.copy(carrier);
  expect(c.names()).toHaveLength(2);
  await say(c, 2);
  await c.copy(carrier);
  const all = c.documents();
  const [, , third] = all;
  expect(c.names()).toEqual(["post.psr", "post.psr", "post.psr"]);
  expect(all.map((d) => recordsOf(bytesOf(d)).length)).toEqual([1, 1, 2]);
  expect(all.map(({ message }) => message.silent)).toEqual([true, false, false]);
  const captions = all.map(({ message: { content } }) => (content.kind === "media" ? content.body.text : ""));
  expect(new Set(captions)).toEqual(new Set([carrierLines.ru.post]));
  const state = c.bridge.store.seal.get(ROOM);
  const record = third === undefined ? undefined : recordsOf(bytesOf(third)).at(-1);
  const hash = Buffer.from(recordHash(c.lib, record ?? new Uint8Array()))
    .subarray(0, 8)
    .toString("base64url");
  const url = `${PAGE}#p.${Buffer.from(state?.roomId ?? []).toString("hex")}.1.0.3.${hash}`;
  expect(JSON.stringify(third?.message.markup)).toContain(url);
  expect(all.some(({ message }) => message.protected)).toBe(false);
  const reader = await c.read(all.slice(2).map(bytesOf));
  await until(() => expect(reader.texts()).toEqual(["Пост 2"]));
});

test("what was there before the chat comes together and rings for nobody, cut off or not", async () => {
  const c = await carried();
  start(c);
  await say(c, ...Array.from({ length: 40 }, (_, i) => i + 1));
  c.telegram.faults.plan({ method: "sendDocument", skip: 1, times: 1, fault: { kind: "dropped" } });
  await expect(c.copy(c.carrier())).rejects.toThrow(NotCarried);
  await c.copy(c.carrier());
  expect(c.names()).toHaveLength(2);
  expect(c.documents().map(({ message }) => message.silent)).toEqual([true, true]);
  const reader = await c.read(c.documents().map(bytesOf));
  await until(() => expect(reader.texts()).toHaveLength(40));
  await say(c, 41);
  await c.copy(c.carrier());
  expect(c.documents().at(-1)?.message.silent).toBe(false);
});

test("an attachment comes before its message and opens with it; who gives it alone is told what it lacks", async () => {
  const c = await carried();
  start(c);
  const content = randomBytes(70_000);
  c.source.files.set("plan", () => open(content));
  const carrier = c.carrier();
  await c.copy(carrier);
  c.source.tell(posted(post(1, "План", { attachments: [media("plan")] })));
  await sealed(c);
  await c.copy(carrier);
  expect(c.names()).toEqual(["post.psr", "file.psr", "post.psr"]);
  const [, file, last] = c.documents();
  if (file === undefined || last === undefined) throw new Error("not there");
  expect(file.message.silent).toBe(true);
  const reader = await c.read([bytesOf(file)]);
  await until(() => expect(reader.view().error).toBe("file-alone"));
  reader.actions.takeFiles(new Blob([new Uint8Array(bytesOf(last))]));
  await until(() => expect(reader.texts()).toEqual(["План"]));
  const [item] = reader.room().items;
  const blob = await reader.actions.openFile(reader.room().id, item?.id ?? "", item?.files[0]?.id ?? "");
  expect(blob === null ? null : content.equals(new Uint8Array(await blob.arrayBuffer()))).toBe(true);
});

test("a retracted post's attachment leaves the chat within two days, and readers take the post away", async () => {
  const c = await carried();
  start(c);
  c.source.files.set("plan", () => open(randomBytes(900)));
  const carrier = c.carrier();
  for (const n of [1, 2])
    c.source.tell(posted(post(n, `План ${n}`, { attachments: [media("plan", { identity: `f${n}` })] })));
  await sealed(c);
  await c.copy(carrier);
  expect(c.names().filter((name) => name === "file.psr")).toHaveLength(2);
  c.source.tell(removed(1));
  await sealed(c);
  await c.copy(carrier);
  expect(c.names().filter((name) => name === "file.psr")).toHaveLength(1);
  const reader = await c.read(c.documents().map(bytesOf));
  await until(() => expect(reader.texts()).toEqual(["План 2"]));
  c.clock.advance(2 * DAY);
  c.source.tell(removed(2));
  await sealed(c);
  await c.copy(carrier);
  // Telegram lets no bot delete it any more.
  expect(c.names().filter((name) => name === "file.psr")).toHaveLength(1);
  expect(c.telegram.journal.entries.filter(({ method }) => method === "deleteMessage")).toHaveLength(1);
});

test("files that are too large are left out, and everything else goes on", async () => {
  const c = await carried();
  start(c);
  c.source.files.set("film", () => open(randomBytes(200_000)));
  c.source.tell(posted(post(1, "Фильм", { attachments: [media("film")] })));
  await sealed(c);
  await c.copy(c.carrier({ limit: 100_000 }));
  await c.copy(c.carrier({ limit: 100_000 }));
  expect(new Set(c.names())).toEqual(new Set(["post.psr"]));
});

test("a new chain goes on where the chat stands, with its own certificate, and never twice within one message", async () => {
  const c = await carried();
  start(c);
  const carrier = c.carrier();
  await say(c, 1);
  await c.copy(carrier);
  const state = c.bridge.store.seal.get(ROOM);
  if (state === null) throw new Error("no keys");
  atomically(c.db, () => c.bridge.log.restart(ROOM, 5));
  await c.copy(carrier);
  atomically(c.db, () => c.bridge.log.certify([ROOM], new Uint8Array(32).fill(1), 2));
  await c.copy(carrier);
  await say(c, 2);
  await c.copy(carrier);
  const serials = c.documents().map((d) => Buffer.from(bytesOf(d)).readUInt16BE(36));
  expect(serials).toEqual([1, 1, 2, 2]);
  const reader = await c.read(c.documents().map(bytesOf));
  await until(() => expect(reader.texts()).toEqual(["Пост 1", "Пост 2"]));
});

test("what keeps it from copying is a word, a 429 is a time; and after it nothing is missing", async () => {
  const c = await carried();
  start(c);
  await say(c, 1);
  const carrier = c.carrier();
  const why = async () => {
    const found: unknown = await c.copy(carrier).catch((error: unknown) => error);
    return found instanceof NotCarried ? { code: found.code, until: found.until } : null;
  };
  c.telegram.buckets.provoke(null, null, c.clock.now() + 7_000);
  expect(await why()).toEqual({ code: "rate_limited", until: c.clock.now() + 7_000 });
  c.clock.advance(7_000);
  c.chat.members.clear();
  expect(await why()).toMatchObject({ until: null });
  expect((await why())?.code).toMatch(/not_member|no_rights/);
  const elsewhere = c.carrier({ place: () => ({ chat: ChatId.parse(-1_009_999_999_999), topic: null }) });
  await expect(c.copy(elsewhere)).rejects.toMatchObject({ code: "chat_not_found" });
  const nowhere = c.carrier({ place: () => null });
  await c.copy(nowhere);
  expect(c.names()).toEqual([]);
});

test("a lost answer brings the same bytes once more, which readers take once", async () => {
  const c = await carried();
  start(c);
  await say(c, 1);
  c.telegram.faults.plan({ method: "sendDocument", fault: { kind: "accepted_then_dropped" } });
  await expect(c.copy(c.carrier())).rejects.toMatchObject({ code: "no_answer", until: null });
  await c.copy(c.carrier());
  const [first, second, ...more] = c.documents().map(bytesOf);
  expect(more).toEqual([]);
  expect(Buffer.from(first ?? []).equals(Buffer.from(second ?? []))).toBe(true);
  const reader = await c.read([first ?? new Uint8Array(), second ?? new Uint8Array()]);
  await until(() => expect(reader.texts()).toEqual(["Пост 1"]));
});
