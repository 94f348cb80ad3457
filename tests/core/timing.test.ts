import { expect, test } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
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
  waiting,
} from "../core.helper.ts";

const OTHER = RoomName.parse("other");
const HOUR = 3_600_000;
const urgent = [mapping({ urgent: [{ kind: "hashtag", tag: "#срочно" }] })];
const off = { slots: [], jitter: 0, silentHours: null };
/** The tests' clock begins at 12:00 in Moscow. */
const lunch = { ...off, silentHours: { from: 11 * 60, to: 13 * 60 } };

/** When each post was sealed, in hours after the tests' clock began. */
const hours = (c: TestCore, began: number) =>
  payloads(c)
    .filter((p) => p.k === "post")
    .map((p) => [p.text, (Number(p.t) * 1000 - began) / HOUR]);

test("each room is served by its own times: one at once, one at its slot, whatever the other does", async () => {
  const c = await core({
    rooms: [ROOM, OTHER],
    mappings: [mapping({ rooms: [ROOM, OTHER] })],
    timings: new Map([[OTHER, { ...off, slots: [15 * 60, 18 * 60] }]]),
  });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй")));
  await soon(() => expect(texts(c)).toEqual(["Первый", "Второй"]));
  expect(texts(c, OTHER)).toEqual([]);
  c.clock.advance(3 * HOUR - 1);
  c.source.tell(posted(post(3, "Третий")));
  await soon(() => expect(texts(c)).toHaveLength(3));
  expect(texts(c, OTHER)).toEqual([]);
  c.clock.advance(1);
  await soon(() => expect(texts(c, OTHER)).toEqual(["Первый", "Второй", "Третий"]));
  c.source.tell(posted(post(4, "Четвёртый")));
  await accepted(c);
  c.clock.advance(3 * HOUR);
  await soon(() => expect(texts(c, OTHER)).toHaveLength(4));
  await runtime.stop();
});

test("what gathers in the silent hours comes in its order when they end", async () => {
  const c = await core({ timing: lunch });
  const began = c.clock.now();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Первый")));
  await accepted(c);
  c.clock.advance(HOUR / 2);
  c.source.tell(posted(post(2, "Второй")));
  await accepted(c);
  c.clock.advance(HOUR / 2 - 1_000);
  await accepted(c);
  expect(texts(c)).toEqual([]);
  c.clock.advance(1_000);
  await soon(() => expect(texts(c)).toEqual(["Первый", "Второй"]));
  await runtime.stop();
  expect(hours(c, began)).toEqual([
    ["Первый", 1],
    ["Второй", 1],
  ]);
});

test("in the silent hours an urgent post takes what waits before it along, and what comes after it waits", async () => {
  const c = await core({ timing: lunch, mappings: urgent });
  const began = c.clock.now();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Первый")), posted(post(2, "#срочно Второй")), posted(post(3, "Третий")));
  await soon(() => expect(texts(c)).toEqual(["Первый", "#срочно Второй"]));
  expect(waiting(c)).toBe(1);
  c.clock.advance(HOUR);
  await soon(() => expect(texts(c)).toHaveLength(3));
  await runtime.stop();
  expect(hours(c, began)).toEqual([
    ["Первый", 0],
    ["#срочно Второй", 0],
    ["Третий", 1],
  ]);
});

test("what was due before the silent hours and could not get out waits for their end too", async () => {
  let broken = true;
  const c = await core({
    timing: { ...off, silentHours: { from: 13 * 60, to: 15 * 60 } },
    failpoints(name) {
      if (name === "prepare.before" && broken) throw new Error("broken");
    },
  });
  const began = c.clock.now();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй")));
  await soon(() => expect(c.bridge.store.deliveries.get(1)?.tries).toBeGreaterThan(0));
  broken = false;
  c.clock.advance(1.5 * HOUR);
  await soon(() => expect(c.bridge.store.deliveries.get(1)?.due_at).toBe(began + 3 * HOUR));
  expect(texts(c)).toEqual([]);
  c.clock.advance(1.5 * HOUR);
  await soon(() => expect(texts(c)).toEqual(["Первый", "Второй"]));
  await runtime.stop();
});

test("jitter lets the room wait by chance, and never changes the order", async () => {
  const c = await core({ timing: { ...off, jitter: HOUR } });
  const runtime = start(c);
  c.source.tell(...Array.from({ length: 12 }, (_, i) => posted(post(i + 1, `Пост ${i + 1}`))));
  await accepted(c);
  const due = Array.from({ length: 12 }, (_, i) => c.bridge.store.deliveries.get(i + 1)?.due_at ?? 0);
  for (const at of due) {
    expect(at).toBeGreaterThanOrEqual(c.clock.now());
    expect(at).toBeLessThanOrEqual(c.clock.now() + HOUR);
  }
  expect(new Set(due).size).toBeGreaterThan(1);
  c.clock.advance(HOUR);
  await soon(() => expect(texts(c)).toEqual(Array.from({ length: 12 }, (_, i) => `Пост ${i + 1}`)));
  await runtime.stop();
});
