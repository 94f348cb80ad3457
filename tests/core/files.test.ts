import { rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { MappingName, RoomName } from "../../bridge/model/ids.ts";
import type { MediaOutcome } from "../../bridge/model/source.ts";
import { MEDIA_PATIENCE } from "../../bridge/outbox/worker.ts";
import {
  accepted,
  core,
  items,
  mapping,
  media,
  open,
  payloads,
  post,
  posted,
  ROOM,
  soon,
  start,
  type TestCore,
  texts,
  waiting,
} from "../core.helper.ts";

const OTHER = RoomName.parse("other");
const PDF = Buffer.from("%PDF-1.4 a small file");
const withFile = (n: number, text: string, ref = `f${n}`, over = {}) =>
  posted(post(n, text, { attachments: [media(ref, over)] }));
const never = (): Promise<MediaOutcome> => new Promise(() => {});
const spooled = (c: TestCore) => readdir(path.join(c.folder, "spool")).catch((): string[] => []);

test("a file is fetched once for all rooms, sealed for each by itself, and then erased", async () => {
  const rooms = [ROOM, OTHER, RoomName.parse("third")];
  const c = await core({ rooms, mappings: [mapping({ rooms })] });
  let fetched = 0;
  c.source.files.set("f1", () => {
    fetched++;
    return open(PDF);
  });
  const runtime = start(c);
  c.source.tell(withFile(1, "С файлом", "f1", { name: "расписание_для_студента.pdf" }));
  for (const room of rooms) await soon(() => expect(items(c, room)[0]?.files).toHaveLength(1));
  await soon(async () => expect(await spooled(c)).toEqual([]));
  await runtime.stop();
  expect(fetched).toBe(1);
  const entries = rooms.map((room) => items(c, room)[0]?.files?.[0]);
  expect(new Set(entries.map((e) => e?.id)).size).toBe(3);
  expect(new Set(entries.map((e) => e?.key)).size).toBe(3);
  for (const entry of entries)
    expect(entry).toMatchObject({ name: "file-2026-11-02-1.pdf", size: PDF.length });
});

test.each<[string, MediaOutcome, RegExp]>([
  ["is gone", { kind: "gone" }, /\[Файл file-2026-11-02-1\.bin: уже недоступен/u],
  ["is too large", { kind: "too_large", size: 1e10 }, /слишком велик/u],
  ["grows beyond what was said", open(Buffer.alloc(2_000)), /слишком велик/u],
  [
    "is a picture that cannot be cleaned",
    open(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])),
    /не удалось очистить/u,
  ],
])(
  "of a file that %s the room gets a line, with the post and without delay",
  async (_what, outcome, line) => {
    const c = await core({ mappings: [mapping({ largestFile: 1_000 })] });
    c.source.files.set("f1", outcome.kind === "open" ? { ...outcome, size: null } : outcome);
    const runtime = start(c);
    c.source.tell(withFile(1, "С файлом"), posted(post(2, "Второй")));
    await soon(() => expect(texts(c)).toHaveLength(2));
    await runtime.stop();
    expect(texts(c)[0]).toMatch(line);
    expect(texts(c)[0]).toMatch(/^С файлом\n\n\[/u);
    expect(await spooled(c)).toEqual([]);
  },
);

test("each mapping's own limits hold: a file goes where it may and a line where it is too large", async () => {
  const c = await core({
    rooms: [ROOM, OTHER],
    mappings: [
      mapping({ largestFile: 10 }),
      mapping({ name: MappingName.parse("wide"), rooms: [OTHER], largestFile: 1_000 }),
    ],
  });
  c.source.files.set("f1", open(PDF));
  const runtime = start(c);
  c.source.tell(withFile(1, "С файлом"));
  await soon(() => expect(items(c, OTHER)[0]?.files).toHaveLength(1));
  await soon(() => expect(texts(c)[0]).toMatch(/слишком велик/u));
  await runtime.stop();
  expect(items(c)[0]?.files).toBeUndefined();
});

test("of kinds a mapping leaves out nothing is said, unless the post would be empty; nor are they fetched", async () => {
  const c = await core({ mappings: [mapping({ attachments: ["file"] })] });
  const fetched: string[] = [];
  for (const ref of ["f1", "f2"])
    c.source.files.set(ref, () => {
      fetched.push(ref);
      return open(PDF);
    });
  const runtime = start(c);
  c.source.tell(withFile(1, "С фото", "f1", { kind: "image" }), withFile(2, "", "f2", { kind: "image" }));
  await soon(() => expect(texts(c)).toHaveLength(2));
  await runtime.stop();
  expect(texts(c)).toEqual(["С фото", "[Фото photo-2026-11-02-1.jpg: в эту комнату не переносится]"]);
  expect(fetched).toEqual([]);
});

test("files that hang hold up nobody else, and their own posts for 20 s altogether", async () => {
  const c = await core({
    rooms: [ROOM, OTHER],
    mappings: [
      mapping({ exclude: [{ kind: "hashtag", tag: "#другая" }] }),
      mapping({ rooms: [OTHER], include: [{ kind: "hashtag", tag: "#другая" }] }),
    ],
  });
  c.source.media = never;
  const began = c.clock.now();
  const runtime = start(c);
  c.source.tell(
    withFile(1, "Первый"),
    withFile(2, "Второй"),
    withFile(3, "Третий"),
    posted(post(4, "Четвёртый")),
    posted(post(5, "#другая")),
  );
  await soon(() => expect(texts(c, OTHER)).toEqual(["#другая"]));
  expect(texts(c)).toEqual([]);
  c.clock.advance(MEDIA_PATIENCE - 1);
  await accepted(c);
  expect(texts(c)).toEqual([]);
  c.clock.advance(1);
  await soon(() => expect(texts(c)).toHaveLength(4));
  await runtime.stop();
  expect(c.clock.now() - began).toBe(MEDIA_PATIENCE);
  expect(texts(c).map((t) => t.split("\n")[0])).toEqual(["Первый", "Второй", "Третий", "Четвёртый"]);
  expect(texts(c)[0]).toMatch(/появится здесь позже/u);
});

test("a download that hangs is given up at its deadline and tried again, from whatever place it stopped", async () => {
  const c = await core();
  let tries = 0;
  c.source.media = async () => {
    tries++;
    if (tries === 1) return never();
    const stream = (async function* () {
      yield PDF.subarray(0, 10);
      if (tries === 2) await never();
      if (tries === 3) throw new Error("reset");
      if (tries === 4) return;
      yield PDF.subarray(10);
    })();
    return { kind: "open", size: PDF.length, stream };
  };
  const runtime = start(c);
  c.source.tell(withFile(1, "С файлом"));
  await soon(() => {
    c.clock.advance(10_000);
    expect(items(c)[0]?.files).toHaveLength(1);
  });
  await runtime.stop();
  expect(tries).toBe(5);
  expect(items(c)[0]).toMatchObject({ text: "С файлом", files: [{ size: PDF.length }] });
  expect(items(c)[0]?.was).toBeUndefined();
  await soon(async () => expect(await spooled(c)).toEqual([]));
});

test("a file that never comes is given up after about a day, and the line says so instead of promising", async () => {
  const c = await core();
  let tries = 0;
  c.source.files.set("f1", () => {
    tries++;
    return { kind: "retry", at: c.clock.now() };
  });
  const runtime = start(c);
  const began = c.clock.now();
  c.source.tell(withFile(1, "С файлом"));
  await soon(() => {
    c.clock.advance(60_000);
    expect(texts(c)[0]).toMatch(/позже/u);
  });
  await soon(() => {
    c.clock.advance(10 * 60_000);
    expect(texts(c)[0]).toMatch(/не удалось получить/u);
  });
  await runtime.stop();
  expect(tries).toBe(24);
  expect(c.clock.now() - began).toBeGreaterThan(20 * 3_600_000);
  expect(payloads(c).filter((p) => p.was !== undefined)).toEqual([]);
});

test("several late files come one by one, and none is lost or doubled", async () => {
  const c = await core();
  const ready = new Set<string>();
  for (const ref of ["a", "b", "d"])
    c.source.files.set(ref, () =>
      ready.has(ref) ? open(Buffer.from(`%PDF-1.4 ${ref}`)) : { kind: "retry", at: c.clock.now() + 5_000 },
    );
  const runtime = start(c);
  c.source.tell(posted(post(1, "Три файла", { attachments: ["a", "b", "d"].map((ref) => media(ref)) })));
  await soon(() => {
    c.clock.advance(5_000);
    expect(texts(c)).toHaveLength(1);
  });
  for (const [i, ref] of ["b", "a", "d"].entries()) {
    ready.add(ref);
    await soon(() => {
      c.clock.advance(60_000);
      expect(items(c)[0]?.files).toHaveLength(i + 1);
    });
  }
  await soon(() => expect(waiting(c)).toBe(0));
  await runtime.stop();
  expect(texts(c)).toEqual(["Три файла"]);
  expect(items(c)[0]).toMatchObject({ rev: 3 });
});

test("a late file whose spooled bytes are lost before it was sealed is fetched anew and comes all the same", async () => {
  let fetched = 0;
  let late = false;
  const c = await core({
    failpoints(name) {
      if (name === "media.after" && fetched === 1)
        rmSync(path.join(c.folder, "spool"), { recursive: true, force: true });
    },
  });
  c.source.files.set("f1", () => {
    if (!late) return { kind: "retry", at: c.clock.now() + 5_000 };
    fetched++;
    return open(PDF);
  });
  const runtime = start(c);
  c.source.tell(withFile(1, "С файлом"));
  await soon(() => {
    c.clock.advance(5_000);
    expect(texts(c)).toHaveLength(1);
  });
  late = true;
  await soon(() => {
    c.clock.advance(60_000);
    expect(items(c)[0]?.files).toHaveLength(1);
  });
  await soon(() => expect(waiting(c)).toBe(0));
  await runtime.stop();
  expect(fetched).toBe(2);
  expect(texts(c)).toEqual(["С файлом"]);
});

test("after a crash in the middle of a file nothing of it is left, and it comes whole", async () => {
  let crash = true;
  const c = await core({
    failpoints(name) {
      if (name === "media.spooled" && crash) throw new Error("crash");
    },
  });
  c.source.files.set("f1", () => open(PDF));
  let runtime = start(c);
  c.source.tell(withFile(1, "С файлом"));
  await soon(async () => expect(await spooled(c)).toHaveLength(1));
  await runtime.stop();
  await c.bridge.sweep();
  expect(await spooled(c)).toEqual([]);
  crash = false;
  runtime = start(c);
  await soon(() => {
    c.clock.advance(1_000);
    expect(items(c)[0]?.files).toHaveLength(1);
  });
  await runtime.stop();
});

test("a spooled file that is lost is fetched anew at once, though nothing else comes", async () => {
  let lose: (() => Promise<void>) | null = null;
  const c = await core();
  let fetched = 0;
  c.source.files.set("f1", () => {
    fetched++;
    return open(PDF);
  });
  const read = c.bridge.spool.read;
  c.bridge.spool.read = async function* (id, key) {
    await lose?.();
    yield* read(id, key);
  };
  lose = async () => {
    lose = null;
    for (const name of await spooled(c)) await rm(path.join(c.folder, "spool", name));
  };
  const runtime = start(c);
  c.source.tell(withFile(1, "С файлом"));
  await soon(() => expect(items(c)[0]?.files).toHaveLength(1));
  await runtime.stop();
  expect([fetched, texts(c)]).toEqual([2, ["С файлом"]]);
});
