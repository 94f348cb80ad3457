import { readdirSync } from "node:fs";
import path from "node:path";
import type sodium from "libsodium-wrappers";
import { expect, test, vi } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { ForeignId } from "../../bridge/model/ids.ts";
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
): Promise<{ readonly waiting: readonly Leak[]; readonly out: readonly Leak[]; readonly c: TestCore }> {
  const c = await core({
    lib,
    timing: { slots: [23 * 60], jitter: 0, silentHours: null },
    mappings: [mapping({ senders: [sender(SENDER)] })],
  });
  const feed = path.join(c.folder, "feed");
  c.source.files.set(REF, () => open(Buffer.from(`${CONTENT}\n`.repeat(4000))));
  const runtime = start(c, {}, [createTreeCarrier(systemDisk, feed, noFailpoints)]);
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

test("the search knows the forms in which a text may hide", () => {
  const text = Buffer.from(TEXT);
  for (const bytes of [
    text,
    Buffer.from(TEXT, "utf16le"),
    Buffer.from(text.toString("hex")),
    Buffer.from(encodeURIComponent(TEXT)),
    ...[0, 1, 2].map((n) =>
      Buffer.from(Buffer.concat([Buffer.alloc(n, 65), text, Buffer.from("tail")]).toString("base64")),
    ),
    ...[0, 1, 2].map((n) =>
      Buffer.from(Buffer.concat([Buffer.alloc(n, 65), text, Buffer.from("tail")]).toString("base64url")),
    ),
  ])
    expect(searchBytes("x", Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(3)]), [TEXT])).not.toEqual(
      [],
    );
  expect(searchBytes("x", Buffer.from("nothing of it"), all)).toEqual([]);
});
