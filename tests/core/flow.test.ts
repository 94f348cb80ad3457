import { expect, test, vi } from "vitest";
import { failpointNames } from "../../bridge/failpoint.ts";
import { MappingName, RoomName } from "../../bridge/model/ids.ts";
import {
  core,
  items,
  mapping,
  media,
  open,
  payloads,
  post,
  ROOM,
  type start as Start,
  start,
  texts,
} from "../core.helper.ts";

const soon = <T>(look: () => T): Promise<T> => vi.waitFor(look, { timeout: 20_000, interval: 5 });
type Runtime = ReturnType<typeof Start>;

const T = Date.UTC(2026, 10, 2, 8);

test("posts come to the room in their order, each once, though the source repeats itself", async () => {
  const c = await core();
  const runtime = start(c);
  for (let n = 1; n <= 20; n++) c.source.tell({ type: "posted", at: T, post: post(n, `Пост ${n}`) });
  c.source.tell(
    { type: "posted", at: T, post: post(3, "Пост 3") },
    { type: "snapshot", at: T + 1000, post: post(7, "Пост 7") },
    { type: "posted", at: T, post: post(21, "Последний") },
  );
  await soon(() => expect(texts(c).at(-1)).toBe("Последний"));
  await runtime.stop();
  expect(texts(c)).toEqual([...Array.from({ length: 20 }, (_, i) => `Пост ${i + 1}`), "Последний"]);
});

test("an edit shows what was there before, and a moved exam is announced by one short reply", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell({ type: "posted", at: T, post: post(1, "Экзамен 12 июня, ауд. 305") });
  await soon(() => expect(texts(c)).toHaveLength(1));
  c.source.tell({ type: "edited", at: T + 5, post: post(1, "Экзамен 14 июня, ауд. 305") });
  await soon(() => expect(items(c)).toHaveLength(2));
  const [exam, reply] = items(c);
  expect(exam).toMatchObject({ rev: 1, text: "Экзамен 14 июня, ауд. 305", was: "Экзамен 12 июня, ауд. 305" });
  expect(reply?.reply).toBe(exam?.id);
  expect(reply?.text).toContain("14");
  c.source.tell(
    { type: "edited", at: T + 6, post: post(1, "Экзамен 14 июня, ауд. 305!") },
    { type: "posted", at: T + 7, post: post(2, "Конец") },
  );
  await soon(() => expect(texts(c).at(-1)).toBe("Конец"));
  await runtime.stop();
  expect(items(c)).toHaveLength(3);
});

test("with edits: replace nothing is said of what was there before", async () => {
  const c = await core({ mappings: [mapping({ edits: "replace" })] });
  const runtime = start(c);
  c.source.tell({ type: "posted", at: T, post: post(1, "Экзамен 12 июня") });
  await soon(() => expect(texts(c)).toHaveLength(1));
  c.source.tell({ type: "edited", at: T + 5, post: post(1, "Экзамен 14 июня") });
  await soon(() => expect(texts(c)).toEqual(["Экзамен 14 июня"]));
  await runtime.stop();
  expect(items(c)[0]?.was).toBeUndefined();
});

test("an edit older than what is known, and one that changes nothing, do nothing", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell({ type: "posted", at: T, post: post(1, "Текст") });
  await soon(() => expect(texts(c)).toEqual(["Текст"]));
  c.source.tell({ type: "edited", at: T + 10, post: post(1, "Новый") });
  c.source.tell({ type: "snapshot", at: T + 5, post: post(1, "Текст") });
  c.source.tell({ type: "snapshot", at: T + 20, post: post(1, "Новый") });
  c.source.tell({ type: "posted", at: T, post: post(2, "Конец") });
  await soon(() => expect(texts(c).at(-1)).toBe("Конец"));
  await runtime.stop();
  expect(payloads(c).filter((p) => p.k === "edit")).toHaveLength(1);
});

test("a removed post goes from the room, and one removed before it was sent leaves no trace", async () => {
  const c = await core({ timing: { slots: [23 * 60], jitter: 0, silentHours: null } });
  const runtime = start(c);
  c.source.tell({ type: "posted", at: T, post: post(1, "Ошибка") });
  c.source.tell({
    type: "removed",
    at: T + 1,
    channel: post(1, "").channel,
    foreignId: post(1, "").foreignId,
  });
  c.source.tell({ type: "posted", at: T, post: post(2, "Настоящий") });
  await soon(() => expect(c.bridge.store.lanes.lengths()).toEqual([{ room: ROOM, n: 1 }]));
  c.clock.advance(24 * 3_600_000);
  await soon(() => expect(texts(c)).toEqual(["Настоящий"]));
  expect(payloads(c).some((p) => p.k === "retract")).toBe(false);
  c.source.tell({
    type: "removed",
    at: T + 2,
    channel: post(2, "").channel,
    foreignId: post(2, "").foreignId,
  });
  await soon(() => expect(c.bridge.store.lanes.lengths()).toEqual([{ room: ROOM, n: 1 }]));
  c.clock.advance(24 * 3_600_000);
  await soon(() => expect(texts(c)).toEqual([]));
  await runtime.stop();
});

test("removals: strike keeps the post struck through, and keep changes nothing", async () => {
  for (const [removals, marks] of [
    ["strike", ["strike"]],
    ["keep", []],
  ] as const) {
    const c = await core({ mappings: [mapping({ removals })] });
    const runtime = start(c);
    c.source.tell({ type: "posted", at: T, post: post(1, "Отменено") });
    await soon(() => expect(texts(c)).toHaveLength(1));
    c.source.tell({
      type: "removed",
      at: T + 1,
      channel: post(1, "").channel,
      foreignId: post(1, "").foreignId,
    });
    c.source.tell({ type: "posted", at: T, post: post(2, "Конец") });
    await soon(() => expect(texts(c).at(-1)).toBe("Конец"));
    await runtime.stop();
    const last = payloads(c).findLast((p) => p.text === "Отменено");
    expect(last?.marks).toEqual(marks.map((m) => ({ m, s: 0, e: 8 })));
  }
});

test("two mappings that lead a post to one room deliver it once, and a post nobody wants goes nowhere", async () => {
  const other = RoomName.parse("other");
  const c = await core({
    rooms: [ROOM, other],
    mappings: [
      mapping({ include: [{ kind: "hashtag", tag: "#экзамен" }] }),
      mapping({
        name: MappingName.parse("second"),
        rooms: [ROOM, other],
        include: [{ kind: "pattern", pattern: /12/u }],
      }),
    ],
  });
  const runtime = start(c);
  c.source.tell(
    { type: "posted", at: T, post: post(1, "#Экзамен 12 июня") },
    { type: "posted", at: T, post: post(2, "Погода") },
    { type: "posted", at: T, post: post(3, "12 конец") },
  );
  await soon(() => expect(texts(c, other)).toHaveLength(2));
  await soon(() => expect(texts(c)).toHaveLength(2));
  await runtime.stop();
  expect(texts(c)).toEqual(["#Экзамен 12 июня", "12 конец"]);
  expect(c.bridge.store.counters.all().no_mapping).toBe(1);
});

test("a file that is not ready in 20 s is replaced by a line and follows later without being marked as a change", async () => {
  const c = await core();
  let ready = false;
  c.source.files.set("slow", () =>
    ready ? open(Buffer.from("%PDF-1.4 content")) : { kind: "retry", at: c.clock.now() + 60_000 },
  );
  const runtime = start(c);
  c.source.tell({ type: "posted", at: T, post: post(1, "С файлом", { attachments: [media("slow")] }) });
  c.source.tell({ type: "posted", at: T, post: post(2, "Следующий") });
  await soon(() => expect(c.bridge.store.lanes.lengths()).toEqual([{ room: ROOM, n: 2 }]));
  expect(texts(c)).toEqual([]);
  await soon(() => {
    c.clock.advance(5_000);
    expect(texts(c)).toHaveLength(2);
  });
  expect(texts(c)[0]).toMatch(/С файлом\n\n\[Файл .* появится здесь позже\]/);
  ready = true;
  await soon(() => {
    c.clock.advance(60_000);
    expect(items(c)[0]?.files).toHaveLength(1);
  });
  await runtime.stop();
  expect(items(c)[0]).toMatchObject({ text: "С файлом", rev: 1 });
  expect(items(c)[0]?.was).toBeUndefined();
});

test("an urgent post ends the waiting of all before it, and overtakes none of them", async () => {
  const c = await core({
    timing: { slots: [23 * 60], jitter: 0, silentHours: null },
    mappings: [mapping({ urgent: [{ kind: "hashtag", tag: "#срочно" }] })],
  });
  const runtime = start(c);
  c.source.tell(
    { type: "posted", at: T, post: post(1, "Первый") },
    { type: "posted", at: T, post: post(2, "Второй") },
  );
  await soon(() => expect(c.bridge.store.lanes.lengths()).toEqual([{ room: ROOM, n: 2 }]));
  expect(texts(c)).toEqual([]);
  c.source.tell({ type: "posted", at: T, post: post(3, "#срочно Третий") });
  await soon(() => expect(texts(c)).toEqual(["Первый", "Второй", "#срочно Третий"]));
  await runtime.stop();
});

test("a post older than the channel's baseline is not mirrored, and its later edit neither", async () => {
  const c = await core();
  const runtime = start(c);
  const old = { ...post(1, "Старый"), postedAt: T - 1000 };
  c.source.tell({ type: "baseline", channel: old.channel, at: T });
  c.source.tell(
    { type: "snapshot", at: T + 1, post: old },
    { type: "edited", at: T + 2, post: { ...old, body: { text: "Старый!", marks: [] } } },
  );
  c.source.tell({ type: "posted", at: T, post: post(2, "Новый") });
  await soon(() => expect(texts(c)).toEqual(["Новый"]));
  await runtime.stop();
});

test("posts that a completely read window lacks are removed if the source confirms it, many at once are not", async () => {
  const c = await core();
  const runtime = start(c);
  for (let n = 1; n <= 8; n++) c.source.tell({ type: "posted", at: T, post: post(n, `Пост ${n}`) });
  await soon(() => expect(texts(c)).toHaveLength(8));
  const ids = (...ns: number[]) => ns.map((n) => post(n, "").foreignId);
  const window = { type: "window", channel: post(1, "").channel, from: T, to: T + 100 } as const;
  c.source.presence.set("mid.2", "gone");
  c.source.presence.set("mid.3", "unknown");
  c.source.tell({ ...window, ids: ids(1, 4, 5, 6, 7, 8) });
  await soon(() => expect(texts(c)).toHaveLength(7));
  expect(texts(c)).not.toContain("Пост 2");
  for (let n = 1; n <= 8; n++) c.source.presence.set(`mid.${n}`, "gone");
  c.source.tell({ ...window, ids: ids(8) });
  c.source.tell({ type: "posted", at: T, post: post(9, "Конец") });
  await soon(() => expect(texts(c).at(-1)).toBe("Конец"));
  await runtime.stop();
  expect(texts(c)).toHaveLength(8);
});

test("whatever step it breaks at, after a new start each post is there once, in order, in its last revision", async () => {
  const names = failpointNames.filter((n) => !n.startsWith("carrier.") && n !== "day.inside");
  for (const name of names) {
    let left = 2;
    const c = await core({
      failpoints: (at) => {
        if (at === name && --left === 0) throw new Error(`planned at ${name}`);
      },
    });
    c.source.files.set("f", () => open(Buffer.from("%PDF-1.4 a small file of no importance")));
    c.source.tell({ type: "posted", at: T, post: post(1, "Раз", { attachments: [media("f")] }) });
    c.source.tell({ type: "posted", at: T, post: post(2, "Два", { attachments: [media("f")] }) });
    c.source.tell({ type: "edited", at: T + 9, post: post(1, "Раз!", { attachments: [media("f")] }) });
    c.source.tell({ type: "posted", at: T, post: post(3, "Три") });
    let runtime: Runtime = start(c);
    let broken = false;
    runtime.ended.catch(() => {
      broken = true;
    });
    const done = () => {
      expect(items(c).map((i) => [i.text, i.files?.length ?? 0])).toEqual([
        ["Раз!", 1],
        ["Два", 1],
        ["Три", 0],
      ]);
    };
    await soon(() => {
      c.clock.advance(1_000);
      if (!broken) done();
    });
    if (broken) {
      await runtime.stop();
      await c.bridge.sweep();
      runtime = start(c);
      await soon(() => {
        c.clock.advance(1_000);
        done();
      });
    }
    await runtime.stop();
    expect(left, `${name} was reached`).toBeLessThanOrEqual(0);
  }
});
