import { expect, test } from "vitest";
import { channelPlan, follow, maxWorld } from "./max-bot.helper.ts";
import { mirror } from "./mirror.helper.ts";

const HOUR = 3_600_000;

test.each(["latest", "uncommitted"] as const)(
  "a first start mirrors nothing old and everything new, where a start without marker gives the %s",
  async (noMarker) => {
    const m = await mirror({ settings: { noMarker } });
    for (const text of ["старое 1", "старое 2"]) m.publish(text);
    m.clock.advance(1000);
    await m.up();
    for (const text of ["раз", "два", "три"]) m.publish(text);
    await m.shows(["раз", "два", "три"]);
    expect(m.sent("post")).toBe(3);
  },
);

test("a backfill of two takes the two newest, and one since a date what was posted since", async () => {
  const m = await mirror();
  const since = m.clock.now() + 1500;
  for (const text of ["1", "2", "3"]) {
    m.publish(text);
    m.clock.advance(1000);
  }
  await m.up({ channels: [channelPlan(m.chatId, { kind: "count", count: 2 })] });
  await m.shows(["2", "3"]);
  m.publish("4");
  await m.shows(["2", "3", "4"]);
  const other = await mirror();
  for (const text of ["1", "2", "3"]) {
    other.publish(text);
    other.clock.advance(1000);
  }
  await other.up({ channels: [channelPlan(other.chatId, { kind: "since", at: since })] });
  await other.shows(["3"]);
});

test("a backfill of more than a page comes whole and in order", async () => {
  const world = await maxWorld();
  const texts = Array.from({ length: 250 }, (_, i) => `№ ${i}`);
  for (const [i, text] of texts.entries()) {
    world.publish(text);
    // Every other two share a millisecond.
    world.clock.advance(i % 2);
  }
  const channels = [channelPlan(world.chatId, { kind: "count", count: 230 })];
  const told = await world.started({ channels });
  expect(told.texts("snapshot")).toEqual(texts.slice(-230));
});

test("a post older than the baseline is never mirrored, edited or not", async () => {
  const m = await mirror();
  const mid = m.publish("старое");
  m.clock.advance(5000);
  await m.up();
  m.control.edit({ mid, text: "старое, исправлено" });
  m.publish("новое");
  await m.shows(["новое"]);
  m.control.edit({ mid, text: "старое, ещё раз", silent: true });
  await m.later(HOUR + 1);
  await m.held();
  m.publish("ещё новое");
  await m.shows(["новое", "ещё новое"]);
});

test("a channel that cannot be read at the first start counts from that start on", async () => {
  const m = await mirror();
  m.control.setBot({ chatId: m.chatId, permissions: [] });
  m.publish("до");
  m.clock.advance(5000);
  const first = await m.up();
  m.publish("без прав");
  m.clock.advance(2 * HOUR);
  await m.held();
  await first.stop();
  await m.up();
  m.clock.advance(HOUR);
  m.control.setBot({ chatId: m.chatId, permissions: ["read_all_messages"] });
  m.publish("с правами");
  await m.shows(["без прав", "с правами"]);
});

test("a channel that is mapped later has a baseline of its own, and the others go on", async () => {
  const m = await mirror({}, 2);
  const [, other] = m.ids;
  const first = await m.up({ channels: m.plans.slice(0, 1) });
  m.publish("раз");
  m.control.publish({ chatId: other ?? "", text: "старое другого" });
  await m.shows(["раз"]);
  await first.stop();
  m.clock.advance(HOUR);
  m.publish("пропущено");
  m.control.publish({ chatId: other ?? "", text: "тоже старое" });
  m.clock.advance(2000);
  await m.up();
  await m.shows(["раз", "пропущено"]);
  m.control.publish({ chatId: other ?? "", text: "новое другого" });
  m.publish("новое");
  await m.shows(["раз", "пропущено", "новое другого", "новое"]);
});

test("a page of a history that is shorter than asked for does not end the reading", async () => {
  const world = await maxWorld();
  const texts = Array.from({ length: 12 }, (_, i) => `№ ${i}`);
  for (const text of texts) {
    world.publish(text);
    world.clock.advance(1000);
  }
  const channels = [channelPlan(world.chatId, { kind: "count", count: 12 })];
  // MAX's page, cut down to five.
  const { url } = await world.through((path) => path.replace("count=100", "count=5"));
  const told = follow(world.source({ channels, baseUrl: url }));
  await world.until(() => told.events().some((e) => e.type === "baseline"));
  await world.until(() => told.texts("snapshot").length === 12);
  expect(told.texts("snapshot")).toEqual(texts);
});

test("a source without channels reads and mirrors nothing", async () => {
  const m = await mirror();
  await m.up({ channels: [] });
  m.publish("раз");
  await m.until(() => m.control.stats().updates.pending === 0);
  expect(m.shown()).toEqual([]);
  expect(m.control.requests({ path: "/messages" })).toEqual([]);
});
