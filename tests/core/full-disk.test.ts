import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { freeSpace, systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { createLogger } from "../../bridge/log/logger.ts";
import type { Disk } from "../../bridge/model/disk.ts";
import { createSpace, type SpaceReport } from "../../bridge/space.ts";
import type { Db } from "../../bridge/store/db.ts";
import {
  accepted,
  core,
  edited,
  items,
  media,
  open,
  post,
  posted,
  ROOM,
  SOURCE,
  soon,
  start,
  type TestCore,
  texts,
} from "../core.helper.ts";

const GB = 1e9;

/** Lets time pass in steps, each noticed, until `look` is content. */
const meanwhile = (c: TestCore, look: () => void): Promise<void> =>
  soon(() => {
    c.clock.advance(1_000);
    look();
  });

/** No page more than there is, or as many as it likes. */
function fill(db: Db, full: boolean): void {
  // What is free within the file would still take a row or two.
  if (full) db.exec("VACUUM");
  const pages = Number(db.pragma("page_count", { simple: true }));
  db.pragma(`max_page_count = ${full ? pages : 1_000_000}`);
}

/** A space whose free bytes the test sets. */
function ownSpace(c: TestCore, free: { bytes: number }) {
  const told: SpaceReport["kind"][] = [];
  const space = createSpace({
    free: async () => free.bytes,
    floor: GB,
    clock: c.clock,
    report: ({ kind }) => void told.push(kind),
  });
  return { space, told };
}

test("below the floor nothing new is read or fetched, what was accepted goes on; with room again all of it comes", async () => {
  const c = await core();
  const free = { bytes: 10 * GB };
  const { space, told } = ownSpace(c, free);
  let fetched = 0;
  c.source.files.set("file", () => {
    fetched++;
    return open(randomBytes(1_000));
  });
  const runtime = start(c, {}, [], { space });
  c.source.tell(posted(post(1, "Первый")));
  await soon(() => expect(texts(c)).toEqual(["Первый"]));
  free.bytes = 1.5 * GB;
  await meanwhile(c, () => expect(told).toEqual(["low"]));
  free.bytes = 0.5 * GB;
  await meanwhile(c, () => expect(told).toEqual(["low", "full"]));
  const cursor = c.bridge.store.sources.cursor(SOURCE);
  c.source.tell(posted(post(2, "Второй", { attachments: [media("file")] })));
  c.source.tell(posted(post(3, "Третий")));
  for (let i = 0; i < 60; i++) {
    c.clock.advance(10_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(c.bridge.store.sources.cursor(SOURCE)).toBe(cursor);
  expect([texts(c), fetched]).toEqual([["Первый"], 0]);
  // A little above the floor is not enough to begin again.
  free.bytes = 1.01 * GB;
  c.clock.advance(10_000);
  free.bytes = 5 * GB;
  await meanwhile(c, () => expect(texts(c)).toEqual(["Первый", "Второй", "Третий"]));
  expect(told.at(-1)).toBe("fine");
  await meanwhile(c, () => expect(items(c)[1]?.files).toHaveLength(1));
  expect(fetched).toBe(1);
  await runtime.stop();
});

test("a full database at every write: nothing is lost or doubled, and all goes on when there is room", async () => {
  const c = await core();
  c.source.files.set("file", () => open(randomBytes(100_000)));
  const runtime = start(c);
  let broken = false;
  runtime.ended.catch(() => {
    broken = true;
  });
  const all: string[] = [];
  for (let round = 0; round < 4; round++) {
    // Now and then in the middle of what is under way.
    if (round % 2 === 0) fill(c.db, true);
    for (let i = 0; i < 5; i++) {
      const n = round * 10 + i;
      const text = `Пост ${n} ${"длинный ".repeat(300)}`;
      all.push(text);
      const attachments = i === 0 ? [media("file", { identity: `file-${n}` })] : [];
      c.source.tell(posted(post(n, text, { attachments })));
    }
    if (round % 2 === 1) fill(c.db, true);
    for (let i = 0; i < 40; i++) {
      c.clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(broken).toBe(false);
    fill(c.db, false);
    await meanwhile(c, () =>
      expect(texts(c).map((t) => t.split("\n")[0])).toEqual(all.map((t) => t.trimEnd())),
    );
  }
  c.source.tell(edited(0, "Правка", 5_000));
  await meanwhile(c, () => expect(texts(c)[0]).toBe("Правка"));
  await runtime.stop();
  await accepted(c);
  expect(broken).toBe(false);
});

const noRoom = (): Error => Object.assign(new Error("no space"), { code: "ENOSPC" });

/** A disk that has no room while `full` says so. */
function small(full: () => boolean): Disk {
  return {
    ...systemDisk,
    async create(file, mode) {
      const writer = await systemDisk.create(file, mode);
      return {
        ...writer,
        async write(bytes) {
          if (full()) throw noRoom();
          await writer.write(bytes);
        },
      };
    },
  };
}

test("no room for spool, sealed files and the feed: no try of an attachment is used up, and each comes whole", async () => {
  let full = true;
  const disk = small(() => full);
  const c = await core({ disk });
  const bytes = randomBytes(200_000);
  c.source.files.set("file", () => open(bytes));
  const feed = path.join(c.folder, "feed");
  const results: string[] = [];
  const runtime = start(c, { media: (code) => void results.push(code) }, [
    createTreeCarrier(disk, feed, noFailpoints),
  ]);
  c.source.tell(posted(post(1, "С файлом", { attachments: [media("file")] })));
  // Far longer than the tries of an attachment last.
  for (let i = 0; i < 400; i++) {
    c.clock.advance(30_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(results).toEqual([]);
  expect(c.db.prepare("SELECT max(tries) FROM media").pluck().get()).toBe(0);
  full = false;
  await meanwhile(c, () => expect(items(c)[0]?.files?.[0]?.size).toBe(bytes.length));
  const own = path.join(feed, Buffer.from(c.bridge.store.seal.get(ROOM)?.roomId ?? []).toString("hex"));
  await meanwhile(c, () => expect(readdirSync(path.join(own, "f"))).toHaveLength(1));
  await runtime.stop();
  // Nothing torn is left to take up room.
  const left = readdirSync(c.folder, { recursive: true }).filter((name) => String(name).endsWith(".part"));
  expect(left).toEqual([]);
});

test("what a source has begun to give is let go where the spool cannot even be begun", async () => {
  let full = true;
  const disk: Disk = {
    ...systemDisk,
    async create(file, mode) {
      if (full) throw noRoom();
      return systemDisk.create(file, mode);
    },
  };
  const c = await core({ disk });
  const signals: AbortSignal[] = [];
  const source = c.source;
  const give = source.media.bind(source);
  source.media = async (ref, _limit?: number, signal?: AbortSignal) => {
    if (signal !== undefined) signals.push(signal);
    return give(ref);
  };
  source.files.set("file", () => open(randomBytes(200_000)));
  const runtime = start(c);
  source.tell(posted(post(1, "С файлом", { attachments: [media("file")] })));
  await meanwhile(c, () => expect(signals.length).toBeGreaterThan(1));
  await meanwhile(c, () => expect(signals.slice(0, -1).every((signal) => signal.aborted)).toBe(true));
  full = false;
  await meanwhile(c, () => expect(items(c)[0]?.files?.[0]?.size).toBe(200_000));
  await runtime.stop();
});

test("above its limit the spool takes no more; what is delivered makes room for what waits", async () => {
  const c = await core({ timing: { slots: [23 * 60], jitter: 0, silentHours: null } });
  for (const name of ["one", "two", "three"]) c.source.files.set(name, () => open(randomBytes(60_000)));
  const runtime = start(c, {}, [], { spoolMax: 100_000, filesAtOnce: 1 });
  for (const [i, name] of ["one", "two", "three"].entries())
    c.source.tell(posted(post(i, name, { attachments: [media(name)] })));
  await meanwhile(c, () => expect(c.bridge.store.media.spools().size).toBe(2));
  for (let i = 0; i < 50; i++) {
    c.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(c.bridge.store.media.spools().size).toBe(2);
  expect(c.bridge.spool.used()).toBeGreaterThan(100_000);
  c.clock.advance(86_400_000);
  await meanwhile(c, () => expect(items(c).map((i) => i.files?.length)).toEqual([1, 1, 1]));
  await soon(() => expect(c.bridge.spool.used()).toBe(0));
  await runtime.stop();
});

test.runIf(existsSync("/dev/full"))("a log file on a full disk ends nothing", () => {
  const logger = createLogger({ level: "info", file: "/dev/full", target: { write: () => {} } });
  for (let i = 0; i < 100; i++) logger.event("bridge.started");
  logger.close();
});

/** A small disk of its own in memory; null where this may not be had. */
async function tmpfs(size: string): Promise<string | null> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-small-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "postern", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder], { stdio: "ignore" });
  });
  return folder;
}

test("a real disk that is full to the last byte: the bridge waits, and goes on with everything", async (t) => {
  const small = await tmpfs("8m");
  if (small === null) return t.skip("this machine lets nobody mount a small disk here");
  const folder = path.join(small, "data");
  const c = await core({ folder });
  const feed = path.join(folder, "feed");
  c.source.files.set("file", () => open(randomBytes(300_000)));
  const runtime = start(c, {}, [createTreeCarrier(systemDisk, feed, noFailpoints)]);
  let broken: unknown = null;
  runtime.ended.catch((error) => {
    broken = error;
  });
  c.source.tell(posted(post(0, "Пока есть место")));
  await meanwhile(c, () => expect(texts(c)).toHaveLength(1));
  // Filled up: first nearly, then whole.
  const ballast = path.join(folder, "ballast");
  for (const piece of [100_000, 4_096, 1]) {
    try {
      for (let i = 0; i < 10_000; i++) writeFileSync(ballast, Buffer.alloc(piece), { flag: "a" });
    } catch {
      // full
    }
  }
  expect(await freeSpace(folder)).toBe(0);
  for (let n = 1; n <= 20; n++)
    c.source.tell(
      posted(
        post(
          n,
          `Пост ${n} ${"текст ".repeat(500)}`,
          n % 5 === 0 ? { attachments: [media("file", { identity: `f${n}` })] } : {},
        ),
      ),
    );
  for (let i = 0; i < 300; i++) {
    c.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(broken).toBe(null);
  expect(texts(c).length).toBeLessThan(21);
  await rm(ballast);
  await meanwhile(c, () => expect(items(c)).toHaveLength(21));
  await meanwhile(c, () => expect(items(c).filter((i) => i.files?.length === 1)).toHaveLength(4));
  expect(texts(c).map((x) => x.split(" ")[1])).toEqual([
    "есть",
    ...Array.from({ length: 20 }, (_, i) => `${i + 1}`),
  ]);
  await runtime.stop();
  expect(broken).toBe(null);
});
