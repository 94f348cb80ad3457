import { expect, test } from "vitest";
import type { Failpoint } from "../../bridge/failpoint.ts";
import { Cursor, MappingName, RoomName } from "../../bridge/model/ids.ts";
import {
  accepted,
  core,
  mapping,
  payloads,
  post,
  posted,
  ROOM,
  soon,
  start,
  type TestCore,
  texts,
} from "../core.helper.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const silence = 6 * HOUR;

const notes = (c: TestCore, room = ROOM) =>
  payloads(c, room)
    .filter((p) => p.k === "note")
    .map((p) => ({ why: p.why, text: p.text }));

/** Lets time pass as it does: minute by minute, each noticed. */
async function pass(c: TestCore, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= MINUTE) {
    c.clock.advance(MINUTE);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function read(c: TestCore, ...texts: readonly string[]): Promise<void> {
  c.source.tell(...texts.map((text) => posted(post(c.source.told * 10 + texts.indexOf(text), text))));
  await accepted(c);
}

test("a room is told once that its source is silent, and once when it is read again, with the blind time and what came late", async () => {
  const c = await core({ mappings: [mapping({ silence })] });
  const runtime = start(c);
  await read(c);
  await pass(c, 5 * HOUR);
  expect(notes(c)).toEqual([]);
  await pass(c, 2 * HOUR);
  await soon(() => expect(notes(c)).toHaveLength(1));
  // 9:00 UTC is noon in Moscow.
  expect(notes(c)[0]).toMatchObject({ why: "silent", text: expect.stringContaining("С 2 ноября, 12:00") });
  await pass(c, 5 * HOUR);
  await read(c, "Один", "Два");
  await soon(() => expect(notes(c)).toHaveLength(2));
  expect(notes(c)[1]).toEqual({
    why: "back",
    text: "Исходный канал снова читается. Он не читался с 2 ноября, 12:00 до 3 ноября, 00:00 (Europe/Moscow). Пропущенных объявлений пришло: 2.",
  });
  expect(payloads(c).map((p) => p.k)).toEqual(["info", "note", "post", "post", "note"]);
  await read(c, "Три");
  await soon(() => expect(texts(c)).toHaveLength(3));
  await runtime.stop();
  expect(notes(c)).toHaveLength(2);
});

test("the end of a silence is told when all that was missed is read, over several batches and a restart between them", async () => {
  const c = await core({ mappings: [mapping({ silence })] });
  let runtime = start(c);
  await read(c);
  await pass(c, 7 * HOUR);
  await soon(() => expect(notes(c)).toHaveLength(1));
  const batch = (n: number, behind: boolean): void => {
    const cursor = Cursor.parse(String(c.source.told + 1));
    const events = [posted(post(n, `Пост ${n}`))];
    c.source.say({ kind: "batch", events, cursor, readAt: c.clock.now(), behind });
  };
  batch(1, true);
  await accepted(c);
  batch(2, true);
  await accepted(c);
  await runtime.stop();
  expect(notes(c)).toHaveLength(1);
  runtime = start(c);
  batch(3, false);
  await soon(() => expect(notes(c)).toHaveLength(2));
  expect(notes(c)[1]?.text).toContain("пришло: 3");
  await runtime.stop();
});

test("a bridge that was off for longer tells on its return which time was blind, and only that", async () => {
  const c = await core({ mappings: [mapping({ silence })] });
  const first = start(c);
  await read(c);
  await first.stop();
  c.clock.advance(20 * HOUR);
  const second = start(c);
  await read(c, "Пока спали");
  await soon(() => expect(notes(c)).toHaveLength(1));
  expect(notes(c)[0]).toMatchObject({ why: "back", text: expect.stringContaining("до 3 ноября, 08:00") });
  await pass(c, HOUR);
  await second.stop();
  expect(notes(c)).toHaveLength(1);
});

test("a source that does not answer after a start is silent only after it had its time to", async () => {
  const c = await core({ mappings: [mapping({ silence })] });
  const first = start(c);
  await read(c);
  await first.stop();
  c.clock.advance(20 * HOUR);
  const second = start(c);
  await pass(c, 5 * MINUTE);
  expect(notes(c)).toEqual([]);
  await pass(c, 10 * MINUTE);
  await soon(() => expect(notes(c).map((n) => n.why)).toEqual(["silent"]));
  await second.stop();
  const third = start(c);
  await pass(c, HOUR);
  await read(c);
  await soon(() => expect(notes(c).map((n) => n.why)).toEqual(["silent", "back"]));
  await third.stop();
});

test("each room is told in its own time; one whose mapping says nothing of it is never told", async () => {
  const [urgent, never] = [RoomName.parse("urgent"), RoomName.parse("never")];
  const c = await core({
    rooms: [ROOM, urgent, never],
    mappings: [
      mapping({ silence, rooms: [ROOM, urgent] }),
      mapping({ name: MappingName.parse("quick"), silence: 2 * HOUR, rooms: [urgent] }),
      mapping({ name: MappingName.parse("none"), rooms: [never] }),
    ],
  });
  const runtime = start(c);
  await read(c);
  await pass(c, 3 * HOUR);
  await soon(() => expect(notes(c, urgent)).toHaveLength(1));
  expect(notes(c)).toEqual([]);
  await pass(c, 4 * HOUR);
  await soon(() => expect(notes(c)).toHaveLength(1));
  await read(c);
  await soon(() =>
    expect([notes(c, urgent), notes(c), notes(c, never)].map((n) => n.length)).toEqual([2, 2, 0]),
  );
  await runtime.stop();
});

test("a crash at any step of a note makes no second one", async () => {
  for (const where of ["tx2.after", "send.after", "tx3.inside", "tx3.after", "tx1.after"] as const) {
    let armed: Failpoint | null = null;
    const c = await core({
      mappings: [mapping({ silence })],
      failpoints(name) {
        if (name !== armed) return;
        armed = null;
        throw new Error("crash");
      },
    });
    const first = start(c);
    await read(c);
    armed = where === "tx1.after" ? null : where;
    await pass(c, 7 * HOUR);
    await soon(() => expect(notes(c)).toHaveLength(1));
    armed = where === "tx1.after" ? where : null;
    c.source.tell();
    if (where === "tx1.after") await first.ended.catch(() => {});
    await first.stop();
    const second = start(c);
    await pass(c, 10 * MINUTE);
    await soon(() => expect(notes(c).map((n) => n.why)).toEqual(["silent", "back"]));
    await second.stop();
  }
});

test("a source that was never read has given nobody anything, so nobody is told of it", async () => {
  const c = await core({ mappings: [mapping({ silence })] });
  const runtime = start(c);
  await pass(c, 8 * HOUR);
  await read(c);
  await pass(c, MINUTE);
  await runtime.stop();
  expect(notes(c)).toEqual([]);
});
