import { expect, test } from "vitest";
import { openStore } from "../../bridge/store/store.ts";
import { core, type TestCore } from "../core.helper.ts";
import { accept, arrival, bytes, head, removal, sent } from "./arrivals.helper.ts";

const DAY = 86_400_000;

async function deliver(c: TestCore): Promise<void> {
  const next = await head(c);
  await c.bridge.outbox.fix(next, bytes("x"), []);
  await c.bridge.outbox.settle(next, sent);
}

async function stored(history: number): Promise<{ c: TestCore; text: () => string | null }> {
  const c = await core({ history });
  await accept(c, arrival(1, "Экзамен"));
  const { announcement } = await head(c);
  await deliver(c);
  return {
    c,
    text: () => c.bridge.store.announcements.archived(announcement, 0)?.clean.text.text ?? null,
  };
}

test.each([1, 2, 14])(
  "with %i days of history a text can be read on each of these days after its own, and on none after them",
  async (history) => {
    const { c, text } = await stored(history);
    for (let day = 0; day <= history; day++) {
      await c.bridge.outbox.forget(c.clock.now());
      expect(text(), `day ${day}`).toBe("Экзамен");
      c.clock.advance(DAY);
    }
    await c.bridge.outbox.forget(c.clock.now());
    expect(text()).toBe(null);
    expect(c.db.prepare("SELECT count(*) FROM archive").pluck().get()).toBe(0);
    expect(c.db.prepare("SELECT count(*) FROM archive_days").pluck().get()).toBe(0);
  },
);

test("with no history nothing is archived, and what an earlier setting archived goes the same night", async () => {
  const { text } = await stored(0);
  expect(text()).toBe(null);
  const { c } = await stored(14);
  openStore(c.db, c.vault, 0).announcements.forgetDays(c.clock.now());
  expect(c.db.prepare("SELECT count(*) FROM archive_days").pluck().get()).toBe(0);
});

test("each day's texts lie under a key of their own: without it none of them opens, the others do", async () => {
  const { c, text } = await stored(14);
  c.clock.advance(DAY);
  await accept(c, arrival(2, "Зачёт"));
  const second = await head(c);
  await deliver(c);
  c.db.prepare("DELETE FROM archive_days WHERE day = (SELECT min(day) FROM archive_days)").run();
  expect(text()).toBe(null);
  expect(c.bridge.store.announcements.archived(second.announcement, 0)?.clean.text.text).toBe("Зачёт");
});

test("what is removed from every room leaves the archive at once", async () => {
  const { c, text } = await stored(14);
  await accept(c, removal(1));
  expect(text()).toBe(null);
  expect(c.db.prepare("SELECT count(*) FROM archive").pluck().get()).toBe(0);
});

test("readable ids of a source's messages are erased after 60 days; that they were seen is known for ever", async () => {
  const { c } = await stored(14);
  const readable = () =>
    c.db.prepare("SELECT count(*) FROM sightings WHERE foreign_sealed IS NOT NULL").pluck().get();
  c.clock.advance(59 * DAY);
  await c.bridge.outbox.forget(c.clock.now());
  expect(readable()).toBe(1);
  c.clock.advance(2 * DAY);
  await c.bridge.outbox.forget(c.clock.now());
  expect(readable()).toBe(0);
  expect(
    await accept(c, arrival(1, "Экзамен"), arrival(1, "Экзамен", { type: "snapshot", at: 1 })),
  ).toMatchObject({ posts: 0, ignored: 2 });
  expect(await accept(c, removal(1))).toMatchObject({ removals: 1 });
});
