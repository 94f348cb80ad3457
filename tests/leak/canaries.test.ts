import { randomBytes } from "node:crypto";
import { appendFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type sodium from "libsodium-wrappers";
import { expect, test, vi } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { ForeignId } from "../../bridge/model/ids.ts";
import type { Delivery } from "../../bridge/outbox/port.ts";
import { freeze } from "../../bridge/pipeline/clean.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import {
  core,
  items,
  mapping,
  media,
  open,
  post,
  ROOM,
  sender,
  start,
  type TestCore,
} from "../core.helper.ts";
import { type Leak, searchBytes, searchFolder } from "./search.helper.ts";
import { unsealed } from "./unsealed.helper.ts";

const TEXT = "КанареечныйТекстОбъявления-7f3a";
const OLD = "ПрежнийТекстКанарейки-51bd";
const NAME = "расписание_для_канарейки_c2d9.pdf";
const CONTENT = "canary-inside-the-file-9e41-0123456789";
const SENDER = "sender-canary-80412673";
const MID = "mid.canary00000000000077aa";
const REF = "https://media.example/canary-signature-3c55";
const all = [TEXT, OLD, NAME, CONTENT, SENDER, MID, REF];

/** Runs a post with a file and an edit through the core; looks while all of it waits and again when it is out. */
async function run(
  lib: typeof sodium,
  /** What is written of a delivery into a log file in the data folder. */
  logged: (delivery: Delivery) => string = () => "",
): Promise<{ readonly waiting: readonly Leak[]; readonly out: readonly Leak[]; readonly c: TestCore }> {
  const c = await core({
    lib,
    timing: { slots: [23 * 60], jitter: 0, silentHours: null },
    mappings: [mapping({ senders: [sender(SENDER)] })],
  });
  const feed = path.join(c.folder, "feed");
  c.source.files.set(REF, () => open(Buffer.from(`${CONTENT}\n`.repeat(4000))));
  const log = path.join(c.folder, "postern.log");
  const delivery = (d: Delivery): void => appendFileSync(log, `${logged(d)}\n`);
  const runtime = start(c, { delivery }, [createTreeCarrier(systemDisk, feed, noFailpoints)]);
  const about = post(1, OLD, {
    sender: sender(SENDER),
    attachments: [media(REF, { name: NAME })],
    foreignId: ForeignId.parse(MID),
  });
  c.source.tell({ type: "posted", at: c.clock.now(), post: about });
  c.source.tell({
    type: "edited",
    at: c.clock.now() + 1,
    post: { ...about, body: { text: TEXT, marks: [] } },
  });
  await vi.waitFor(() => expect(c.bridge.store.media.spools().size).toBe(1));
  const revision = c.db.prepare("SELECT max(revision) FROM announcements").pluck();
  await vi.waitFor(() => expect(revision.get()).toBe(1));
  const waiting = searchFolder(c.folder, all);
  c.clock.advance(86_400_000);
  await vi.waitFor(() => expect(items(c)[0]).toMatchObject({ text: TEXT }));
  const files = path.join(
    feed,
    Buffer.from(c.bridge.store.seal.get(ROOM)?.roomId ?? []).toString("hex"),
    "f",
  );
  await vi.waitFor(() => expect(readdirSync(files).filter((f) => !f.endsWith(".part"))).toHaveLength(1));
  await runtime.stop();
  return { waiting, out: searchFolder(c.folder, all), c };
}

test("what is mirrored is in no clear form in database, WAL, spool, sealed files or the feed's bytes", async () => {
  const { waiting, out } = await run(await ready());
  expect(waiting).toEqual([]);
  expect(out).toEqual([]);
});

test("the search would find it: with the sealing switched off each of these stores trips it", async () => {
  const { waiting, out } = await run(unsealed(await ready()));
  const where = (leaks: readonly Leak[], part: RegExp) =>
    leaks.filter((l) => part.test(l.file)).map((l) => l.canary);
  expect(where(waiting, /postern\.db(-wal)?$/)).toEqual(expect.arrayContaining([OLD, TEXT, REF]));
  expect(where(waiting, /postern\.db-wal$/)).toContain(TEXT);
  expect(where(waiting, /\/spool\//)).toContain(CONTENT);
  expect(where(out, /\/files\//)).toContain(CONTENT);
  expect(where(out, /\/feed\/.*\/f\//)).toContain(CONTENT);
  expect(where(out, /\/feed\/.*\/s\//)).toEqual(expect.arrayContaining([TEXT]));
});

test("the search would find it: a log that writes what it is given trips it", async () => {
  const talkative = (d: Delivery): string =>
    JSON.stringify({ ...d, clean: d.clean === null ? null : freeze(d.clean) });
  const { out, c } = await run(await ready(), talkative);
  const leaks = out.filter((l) => l.file === path.join(c.folder, "postern.log"));
  expect(leaks.map((l) => l.canary)).toContain(TEXT);
  expect(out).toEqual(leaks);
});

/** Every form in which a text may hide, made without the search's own means. */
const hidden: readonly (readonly [form: string, hide: (text: string) => Buffer | string])[] = [
  ["UTF-8", (t) => t],
  ["UTF-16, little end first", (t) => Buffer.from(t, "utf16le")],
  ["UTF-16, big end first", (t) => Buffer.from(t, "utf16le").swap16()],
  ["hex", (t) => Buffer.from(t).toString("hex")],
  ["hex in capitals", (t) => Buffer.from(t).toString("hex").toUpperCase()],
  ["an address", (t) => new URL(`https://x/?${t}`).search],
  [
    "an address in small letters",
    (t) => new URL(`https://x/?${t}`).search.replaceAll(/%../g, (code) => code.toLowerCase()),
  ],
  [
    "an address, every byte escaped",
    (t) => Buffer.from(t).toString("hex").toUpperCase().replaceAll(/../g, "%$&"),
  ],
  [
    "an address, every byte escaped in small letters",
    (t) => Buffer.from(t).toString("hex").replaceAll(/../g, "%$&"),
  ],
  ["JSON escapes", (t) => t.replaceAll(/[^ -~]/g, (c) => `\\u0${c.charCodeAt(0).toString(16)}`)],
  ...[0, 1, 2].flatMap((n) =>
    (["base64", "base64url"] as const).map(
      (kind) =>
        [
          `${kind}, ${n} bytes on`,
          (t: string) => Buffer.from(`${"A".repeat(n)}${t}tail`).toString(kind),
        ] as const,
    ),
  ),
  ["gzip", (t) => gzipSync(t)],
  [
    "gzip within a file",
    (t) => Buffer.concat([Buffer.from("head"), gzipSync(`${"x".repeat(5_000)}${t}`), Buffer.from("tail")]),
  ],
  [
    "gzip with a name in its header",
    (t) => {
      const [packed, name] = [gzipSync(t), Buffer.from("name\0")];
      packed[3] = 8;
      return Buffer.concat([packed.subarray(0, 10), name, packed.subarray(10)]);
    },
  ],
  ["gzip that is cut off", (t) => gzipSync(`${t}${randomBytes(50_000).toString("hex")}`).subarray(0, 20_000)],
  ["gzip within gzip", (t) => gzipSync(gzipSync(t))],
  ["base64 within gzip", (t) => gzipSync(Buffer.from(t).toString("base64"))],
];

test.each(hidden)("the search finds a text hidden as %s", (_form, hide) => {
  const bytes = Buffer.concat([Buffer.alloc(7), Buffer.from(hide(TEXT)), Buffer.alloc(3)]);
  expect(searchBytes("x", bytes, [TEXT]).map((l) => l.canary)).toContain(TEXT);
  expect(searchBytes("x", bytes, [OLD, NAME])).toEqual([]);
});

test("the search finds nothing where nothing is", () => {
  expect(searchBytes("x", Buffer.from("nothing of it"), all)).toEqual([]);
  expect(searchBytes("x", randomBytes(1_000_000), all)).toEqual([]);
  expect(searchBytes("x", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0x1f, 0x8b, 8]), all)).toEqual([]);
});
