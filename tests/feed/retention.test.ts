import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import {
  accepted,
  core,
  items,
  media,
  open,
  post,
  posted,
  ROOM,
  removed,
  soon,
  start,
  type TestCore,
  waiting,
} from "../core.helper.ts";

const DAY = 86_400_000;

/** What lies in the feed of the room, and among the sealed files that carriers take from. */
function tree(c: TestCore) {
  const state = c.bridge.store.seal.get(ROOM);
  const own = path.join(c.folder, "feed", Buffer.from(state?.roomId ?? []).toString("hex"));
  const names = (...parts: readonly string[]) =>
    readdirSync(path.join(...parts))
      .filter((name) => !name.endsWith(".part"))
      .toSorted();
  return {
    segments: names(own, "s", "1.0").map(Number),
    files: names(own, "f"),
    sealed: names(c.folder, "files", ROOM),
  };
}

/** Time passes, minute by minute, until it is so. */
const minutes = (c: TestCore, look: () => void): Promise<void> =>
  soon(() => {
    c.clock.advance(60_000);
    look();
  });

async function run(history: number) {
  const c = await core({ history });
  c.source.files.set("file", () => open(randomBytes(2_000)));
  const carrier = createTreeCarrier(systemDisk, path.join(c.folder, "feed"), noFailpoints);
  return { c, runtime: start(c, {}, [carrier]) };
}

test("a file goes from the feed with the post that brought it, when the source removes it", async () => {
  const { c, runtime } = await run(14);
  for (const n of [1, 2])
    c.source.tell(posted(post(n, `Пост ${n}`, { attachments: [media("file", { identity: `f${n}` })] })));
  await soon(() => expect(items(c).map((i) => i.files?.length)).toEqual([1, 1]));
  await soon(() => expect(tree(c).files).toHaveLength(2));
  const kept = Buffer.from(items(c)[1]?.files?.[0]?.id ?? "", "base64url").toString("hex");
  c.source.tell(removed(1));
  await soon(() => expect(tree(c).files).toEqual([kept]));
  await runtime.stop();
  // What the carriers take from goes with the night.
  await c.bridge.sweep();
  expect(tree(c).sealed).toEqual([kept]);
});

test("segments and files older than the room's history go by themselves, and none that is younger", async () => {
  const { c, runtime } = await run(2);
  for (let day = 0; day < 6; day++) {
    for (let i = 0; i < 20; i++) {
      const n = day * 100 + i;
      const attachments = i === 0 ? [media("file", { identity: `f${n}` })] : [];
      c.source.tell(posted(post(n, `День ${day}, пост ${i}`, { attachments })));
    }
    await accepted(c);
    await soon(() => expect(waiting(c)).toBe(0));
    expect(items(c).at(-20)?.files).toHaveLength(1);
    c.clock.advance(DAY - (c.clock.now() % DAY) + 60_000);
    c.source.tell();
    await accepted(c);
    await minutes(c, () =>
      expect(c.bridge.store.seal.get(ROOM)?.epoch).toBe(Math.floor(c.clock.now() / DAY)),
    );
  }
  const state = c.bridge.store.seal.get(ROOM);
  const first = state?.firstSeq ?? 0;
  expect(first).toBeGreaterThan(16 * 3);
  expect(first % 16).toBe(0);
  await minutes(c, () => expect(tree(c).segments[0]).toBe(first / 16));
  await minutes(c, () => expect(tree(c).files).toHaveLength(2));
  expect(tree(c).files).toEqual(tree(c).sealed);
  // Days 4 and 5 are within the two days of history; the segment that they begin in stays whole.
  expect(items(c).map((i) => i.text)).toEqual(
    [4, 5].flatMap((day) => Array.from({ length: 20 }, (_, i) => `День ${day}, пост ${i}`)),
  );
  await runtime.stop();
});
