import { expect, test } from "vitest";
import { Cursor, ForeignId } from "../../bridge/model/ids.ts";
import { SOURCE } from "../core.helper.ts";
import { DAY, follow, maxWorld } from "./max-bot.helper.ts";
import { mirror } from "./mirror.helper.ts";

const HOUR = 3_600_000;

const absences: readonly (readonly [string, number, boolean])[] = [
  ["an hour, with its updates kept", HOUR, false],
  ["25 hours, with its updates expired", 25 * HOUR, true],
  ["five days", 5 * DAY, true],
];
test.each(absences)(
  "after %s: missed posts in order, edits, removals, and nothing twice",
  async (_n, away, expired) => {
    const m = await mirror();
    const first = await m.up();
    const [one, two] = ["первый", "второй", "третий"].map((text) => m.publish(text));
    if (one === undefined || two === undefined) throw new Error("not published");
    await m.shows(["первый", "второй", "третий"]);
    await first.stop();
    m.clock.advance(HOUR);
    const late = m.publish("пропущен 1");
    m.control.edit({ mid: one, text: "первый, исправлен" });
    m.control.remove({ mid: two });
    m.clock.advance(away);
    m.publish("пропущен 2");
    m.control.edit({ mid: late, text: "пропущен 1, исправлен" });
    m.control.remove({ mid: m.publish("пропущен и удалён") });
    if (expired) m.control.expireUpdates();
    await m.up();
    const wanted = ["первый, исправлен", "третий", "пропущен 1, исправлен", "пропущен 2"];
    await m.shows(wanted);
    m.publish("новый");
    await m.shows([...wanted, "новый"]);
    // Three before, two missed, one new; the one that came and went is told of where its updates are still there.
    expect(m.sent("post")).toBeLessThanOrEqual(7);
    expect(new Set(m.shown()).size).toBe(m.shown().length);
  },
);

test("posts beyond the reach are not looked for, and those within it are", async () => {
  const m = await mirror();
  const first = await m.up();
  await first.stop();
  m.clock.advance(HOUR);
  m.publish("за девять дней");
  m.clock.advance(3 * DAY);
  m.publish("за шесть дней");
  m.clock.advance(6 * DAY);
  m.control.expireUpdates();
  await m.up();
  await m.shows(["за шесть дней"]);
});

test("five posts that are gone are removed; six and more than a tenth are a question to the rep", async () => {
  const m = await mirror();
  const first = await m.up();
  const mids = Array.from({ length: 20 }, (_, i) => m.publish(`№ ${i}`));
  await m.until(() => m.shown().length === 20);
  await first.stop();
  for (const mid of mids.slice(0, 5)) m.control.remove({ mid, silent: true });
  const second = await m.up();
  await m.shows(Array.from({ length: 15 }, (_, i) => `№ ${i + 5}`));
  await second.stop();
  for (const mid of mids.slice(5, 11)) m.control.remove({ mid, silent: true });
  await m.up();
  m.publish("конец");
  await m.shows([...Array.from({ length: 15 }, (_, i) => `№ ${i + 5}`), "конец"]);
  expect(m.vanished()).toEqual([6]);
});

test("a bot that loses its rights removes nothing, and gets what it missed when it has them again", async () => {
  const m = await mirror();
  await m.up();
  m.publish("раз");
  await m.shows(["раз"]);
  m.control.setBot({ chatId: m.chatId, member: false });
  await m.until(() => m.reports.some((r) => r.kind === "denied"));
  m.clock.advance(HOUR);
  m.publish("пропущено 1");
  m.publish("пропущено 2");
  await m.held();
  expect(m.shown()).toEqual(["раз"]);
  m.control.setBot({ chatId: m.chatId, member: true });
  await m.shows(["раз", "пропущено 1", "пропущено 2"]);
  // Rights alone, which MAX tells nobody who polls: they are tried again after a while.
  m.control.setBot({ chatId: m.chatId, permissions: [] });
  m.publish("пропущено 3");
  await m.later(HOUR + 1);
  await m.until(() => m.reports.filter((r) => r.kind === "denied").length >= 2);
  m.control.setBot({ chatId: m.chatId, permissions: ["read_all_messages"] });
  await m.later(5 * 60_000);
  await m.shows(["раз", "пропущено 1", "пропущено 2", "пропущено 3"]);
  expect(m.sent("retract")).toBe(0);
});

test("a post that is heard of while a channel counts as denied comes after those that were missed", async () => {
  const m = await mirror();
  await m.up();
  m.control.setBot({ chatId: m.chatId, permissions: [] });
  m.publish("пропущено");
  await m.later(HOUR + 1);
  await m.until(() => m.reports.some((r) => r.kind === "denied"));
  // Nobody who polls is told of rights that come back.
  m.control.setBot({ chatId: m.chatId, permissions: ["read_all_messages"] });
  m.clock.advance(1000);
  m.publish("новое");
  await m.shows(["пропущено", "новое"]);
});

test("updates that were lost without a sign are found within the hour", async () => {
  const m = await mirror();
  await m.up();
  const mid = m.publish("раз");
  await m.shows(["раз"]);
  m.control.publish({ chatId: m.chatId, text: "молча", silent: true });
  m.control.edit({ mid, text: "раз, исправлен", silent: true });
  await m.later(HOUR + 1);
  await m.shows(["раз, исправлен", "молча"]);
});

test("a marker that went on further than what was given makes the history be looked at", async () => {
  const m = await mirror();
  await m.up();
  m.control.fault({ path: "/updates", fault: { kind: "status", status: 500 }, times: 2 });
  m.publish("раз");
  await m.until(() => m.control.stats().faultsPlanned === 1);
  m.publish("два");
  m.control.expireUpdates();
  m.publish("три");
  await m.shows(["раз", "два", "три"]);
});

test("markers that jump each time cost one look a minute at most, and markers that go back one look", async () => {
  const world = await maxWorld();
  const told = await world.started();
  const looks = () => world.control.requests({ path: "/messages" }).length;
  const before = looks();
  for (let i = 0; i < 10; i++) {
    for (let n = 0; n < 3; n++) world.control.update({ update: { update_type: "user_added", n } });
    world.control.expireUpdates();
    world.publish(`${i}`);
    await world.until(
      () => told.texts("posted").includes(`${i}`) && world.control.stats().updates.waiting > 0,
    );
  }
  expect(looks() - before).toBeLessThanOrEqual(2);
  await told.stop();
});

test("a message edited before it was polled is one post, as it is after the edits", async () => {
  const m = await mirror();
  await m.up();
  m.control.fault({ path: "/updates", fault: { kind: "status", status: 500 } });
  m.publish("раз");
  await m.until(() => m.control.stats().faultsPlanned === 0);
  const mid = m.publish("набросок");
  m.control.edit({ mid, text: "черновик" });
  m.control.edit({ mid, text: "итог" });
  await m.shows(["раз", "итог"]);
  expect(m.sent("post")).toBe(2);
});

test("updates that a history of the same second has overtaken change nothing back", async () => {
  const m = await mirror();
  const first = await m.up();
  const mid = m.publish("набросок");
  await m.shows(["набросок"]);
  await first.stop();
  m.clock.advance(1100 - (m.clock.now() % 1000));
  m.control.edit({ mid, text: "черновик" });
  m.clock.advance(100);
  m.control.edit({ mid, text: "итог" });
  await m.up();
  m.publish("конец");
  await m.shows(["итог", "конец"]);
  expect(m.reports.reduce((n, r) => n + (r.kind === "accepted" ? r.accepted.edits : 0), 0)).toBe(1);
});

test("updates that come twice are one post, one edit and one removal", async () => {
  const m = await mirror({ settings: { duplicates: 1 } });
  await m.up();
  const mid = m.publish("раз");
  await m.shows(["раз"]);
  m.clock.advance(1000);
  m.control.edit({ mid, text: "раз, исправлен" });
  m.publish("два");
  await m.shows(["раз, исправлен", "два"]);
  m.control.remove({ mid });
  m.control.unknownRemoval({ chatId: m.chatId });
  await m.shows(["два"]);
  expect([m.sent("post"), m.sent("edit"), m.sent("retract")]).toEqual([2, 1, 1]);
});

test("missed posts of two channels of one room come in the order of their times", async () => {
  const m = await mirror({}, 2);
  const [one = "", two = ""] = m.ids;
  const first = await m.up();
  await first.stop();
  for (const [i, chatId] of [one, two, two, one, two].entries()) {
    m.clock.advance(1000);
    m.control.publish({ chatId, text: `${i}` });
  }
  m.control.expireUpdates();
  await m.up();
  await m.shows(["0", "1", "2", "3", "4"]);
});

test("a cursor that cannot be read loses nothing and brings nothing old or twice", async () => {
  const m = await mirror();
  m.publish("старое");
  m.clock.advance(5000);
  const first = await m.up();
  m.publish("раз");
  await m.shows(["раз"]);
  await first.stop();
  m.clock.advance(HOUR);
  m.publish("пропущено");
  m.control.expireUpdates();
  m.c.bridge.store.sources.move(SOURCE, Cursor.parse("{broken"), m.clock.now());
  await m.up();
  await m.shows(["раз", "пропущено"]);
});

test("more than a page of posts in one millisecond is no endless reading, and no proof that any is gone", async () => {
  const world = await maxWorld();
  const { clock, control } = world;
  const first = await world.started();
  for (let i = 0; i < 130; i++) world.publish(`№ ${i}`);
  await world.until(() => first.texts("posted").length === 130);
  await first.stop();
  clock.advance(1000);
  const before = control.requests({ path: "/messages" }).length;
  const again = follow(world.source(), first.cursor());
  await world.until(() => control.stats().updates.waiting > 0);
  expect(control.requests({ path: "/messages" }).length - before).toBeLessThan(5);
  expect(again.texts("snapshot")).toHaveLength(100);
  expect(again.events().some((e) => e.type === "window")).toBe(false);
});

test("a message that MAX does not find is gone only where the bot may read the channel", async () => {
  const world = await maxWorld();
  const source = world.source();
  const mid = ForeignId.parse(world.publish("раз"));
  const presence = () => source.gone(world.channel, mid, new AbortController().signal);
  expect(await presence()).toBe("there");
  world.control.setBot({ chatId: world.chatId, permissions: [] });
  expect(await presence()).toBe("unknown");
  world.control.remove({ mid });
  expect(await presence()).toBe("unknown");
  world.control.setBot({ chatId: world.chatId, permissions: ["read_all_messages"] });
  expect(await presence()).toBe("gone");
  for (const fault of [{ kind: "html" }, { kind: "reset" }, { kind: "status", status: 500 }] as const) {
    world.control.fault({ path: "/messages/*", fault });
    expect(await presence()).toBe("unknown");
  }
});

test("a forward without a body is mirrored once, and removed when it is gone", async () => {
  const m = await mirror();
  await m.up();
  m.publish("раз");
  const { mid } = m.control.publish({
    chatId: m.chatId,
    forward: { chatId: "-5", text: "чужое" },
    bodiless: true,
  });
  await m.until(() => m.shown().length === 2);
  expect(m.shown()[1]).toContain("чужое");
  await m.later(HOUR + 1);
  await m.held();
  m.publish("два");
  await m.until(() => m.shown().length === 3);
  m.control.remove({ mid });
  await m.later(HOUR + 1);
  await m.shows(["раз", "два"]);
});
