import { expect, test } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
import type { EditRule } from "../../bridge/model/mapping.ts";
import {
  accepted,
  core,
  edited,
  items,
  mapping,
  media,
  open,
  payloads,
  post,
  posted,
  ROOM,
  removed,
  soon,
  start,
  type TestCore,
  texts,
  waiting,
} from "../core.helper.ts";

const OTHER = RoomName.parse("other");
const DAY = 86_400_000;
/** A slot that comes eleven hours after the tests' clock begins. */
const evening = { slots: [23 * 60], jitter: 0, silentHours: null };

/** Tells events, lets everything go out, and waits until nothing is queued any more. */
async function settle(c: TestCore, ...rooms: readonly RoomName[]): Promise<void> {
  await accepted(c);
  await soon(() => {
    for (const room of rooms.length === 0 ? [ROOM] : rooms) expect(waiting(c, room)).toBe(0);
  });
}

test.each([
  ["replace", undefined, 0],
  ["annotate", "Экзамен 12 июня", 0],
  ["announce", "Экзамен 12 июня", 1],
] as const)(
  "edits: %s replaces the text, shows %j as the one before, and sends %i replies",
  async (edits, was, replies) => {
    const c = await core({ mappings: [mapping({ edits })] });
    const runtime = start(c);
    c.source.tell(posted(post(1, "Экзамен 12 июня")));
    await settle(c);
    c.source.tell(edited(1, "Экзамен 14 июня", 5));
    await settle(c);
    await runtime.stop();
    const [exam, ...rest] = items(c);
    expect(exam).toMatchObject({ text: "Экзамен 14 июня", rev: 1 });
    expect(exam?.was).toBe(was);
    expect(rest.map((r) => [r.text, r.reply])).toEqual(
      replies === 0 ? [] : [["Изменено: 12 июня → 14 июня", exam?.id]],
    );
  },
);

test.each(["annotate", "announce"] satisfies EditRule[])(
  "a mended misprint is shown but not announced (%s)",
  async (edits) => {
    const c = await core({ mappings: [mapping({ edits })] });
    const runtime = start(c);
    c.source.tell(posted(post(1, "Екзамен 12 июня, ауд. 305")));
    await settle(c);
    c.source.tell(edited(1, "Экзамен 12 июня, ауд. 305.", 5));
    await settle(c);
    await runtime.stop();
    expect(items(c)).toHaveLength(1);
    expect(items(c)[0]).toMatchObject({ was: "Екзамен 12 июня, ауд. 305" });
  },
);

test("a post edited before it was sent comes as it is by then, in its place, as if it had never been another", async () => {
  const c = await core({ timing: evening });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")), posted(post(2, "Второй")));
  c.source.tell(edited(1, "Экзамен 13 июня", 5));
  c.source.tell(edited(1, "Экзамен 14 июня", 6));
  await accepted(c);
  expect(waiting(c)).toBe(2);
  const kept = c.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck();
  expect(kept.get()).toBe(2);
  c.clock.advance(DAY);
  await settle(c);
  await runtime.stop();
  expect(items(c).map((i) => [i.text, i.rev, i.was])).toEqual([
    ["Экзамен 14 июня", 0, undefined],
    ["Второй", 0, undefined],
  ]);
  expect(payloads(c).filter((p) => p.k === "edit")).toEqual([]);
  expect(kept.get()).toBe(0);
});

test("of several edits that waited together readers see the last, compared with what they had before them", async () => {
  const c = await core({
    timings: new Map([[OTHER, evening]]),
    rooms: [ROOM, OTHER],
    mappings: [mapping({ rooms: [ROOM, OTHER] })],
  });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await settle(c, ROOM);
  c.clock.advance(DAY);
  await settle(c, ROOM, OTHER);
  c.source.tell(edited(1, "Экзамен 13 июня", 5));
  await settle(c, ROOM);
  c.source.tell(edited(1, "Экзамен 14 июня", 6));
  await settle(c, ROOM);
  expect(waiting(c, OTHER)).toBe(2);
  c.clock.advance(DAY);
  await settle(c, ROOM, OTHER);
  await runtime.stop();
  expect(texts(c)).toEqual(["Экзамен 14 июня", "Изменено: 12 июня → 13 июня", "Изменено: 13 июня → 14 июня"]);
  expect(texts(c, OTHER)).toEqual(["Экзамен 14 июня", "Изменено: 12 июня → 14 июня"]);
  expect(items(c)[0]).toMatchObject({ rev: 2, was: "Экзамен 13 июня" });
  expect(items(c, OTHER)[0]).toMatchObject({ rev: 1, was: "Экзамен 12 июня" });
});

test("an edit taken back before anybody saw it leaves nothing to announce", async () => {
  const c = await core({ timing: evening });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await accepted(c);
  c.clock.advance(DAY);
  await settle(c);
  c.source.tell(edited(1, "Экзамен 14 июня", 5));
  await accepted(c);
  expect(waiting(c)).toBe(2);
  c.source.tell(edited(1, "Экзамен 12 июня", 6));
  c.clock.advance(DAY);
  await settle(c);
  await runtime.stop();
  expect(texts(c)).toEqual(["Экзамен 12 июня"]);
  expect(items(c)[0]?.was).toBeUndefined();
});

test("an edit of the formatting or of the files alone shows no change of text", async () => {
  const c = await core();
  c.source.files.set("f", () => open(Buffer.from("%PDF-1.4 a")));
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await settle(c);
  c.source.tell(
    edited(1, "", 5, { body: { text: "Экзамен 12 июня", marks: [{ kind: "strong", start: 0, end: 7 }] } }),
  );
  await settle(c);
  c.source.tell(edited(1, "Экзамен 12 июня", 6, { attachments: [media("f", { name: "a.pdf" })] }));
  await soon(() => expect(items(c)[0]?.files).toHaveLength(1));
  await runtime.stop();
  expect(items(c)).toHaveLength(1);
  expect(payloads(c).filter((p) => p.was !== undefined)).toEqual([]);
});

test.each([0, 2])(
  "with %i days of history an edit after them says that it cannot show what was before, if what it changed matters",
  async (history) => {
    const c = await core({ history });
    const runtime = start(c);
    c.source.tell(posted(post(1, "Экзамен 12 июня")), posted(post(2, "Погода")));
    await settle(c);
    for (let day = 0; day <= history + 1; day++) {
      c.source.tell();
      c.clock.advance(DAY);
      await soon(() => {
        c.clock.advance(60_000);
        expect(payloads(c).at(-1)?.t).toBeGreaterThan(c.clock.now() / 1000 - 3600);
      });
    }
    const sent = payloads(c).length;
    c.source.tell(edited(1, "Экзамен 14 июня", 5), edited(2, "Непогода", 6));
    await settle(c);
    await runtime.stop();
    const late = payloads(c)
      .slice(sent)
      .filter((p) => p.k !== "info");
    expect(late.map((p) => [p.k, p.text, p.was])).toEqual([
      ["edit", "Экзамен 14 июня", undefined],
      ["post", expect.stringContaining("прежний текст уже не хранится"), undefined],
      ["edit", "Непогода", undefined],
    ]);
  },
);

test("the archive never holds the texts of more than the last two revisions", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Первый текст")));
  await settle(c);
  for (const [i, text] of ["Второй текст", "Третий текст", "Четвёртый текст"].entries()) {
    c.source.tell(edited(1, text, i + 1));
    await settle(c);
  }
  await runtime.stop();
  const id = c.bridge.store.deliveries.get(1)?.announcement;
  if (id === undefined) throw new Error("no delivery");
  const kept = [0, 1, 2, 3].map((rev) => c.bridge.store.announcements.archived(id, rev));
  expect(kept.map((p) => [p?.clean.text.text, p?.was])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    ["Третий текст", null],
    ["Четвёртый текст", null],
  ]);
});

test("an edit that makes a post match brings it to the room, with its files, and to no other again", async () => {
  const c = await core({
    rooms: [ROOM, OTHER],
    mappings: [
      mapping({ rooms: [OTHER] }),
      mapping({ rooms: [ROOM], include: [{ kind: "hashtag", tag: "#экзамен" }] }),
    ],
  });
  let fetched = 0;
  c.source.files.set("f", () => {
    fetched++;
    return open(Buffer.from("%PDF-1.4 a"));
  });
  const runtime = start(c);
  const attachments = [media("f", { name: "a.pdf" })];
  c.source.tell(posted(post(1, "Дата 12 июня", { attachments })));
  await settle(c, OTHER);
  await soon(() => expect(c.bridge.store.media.spools().size).toBe(0));
  expect(texts(c)).toEqual([]);
  c.source.tell(edited(1, "#экзамен 12 июня", 5, { attachments }));
  await settle(c, ROOM, OTHER);
  await runtime.stop();
  expect(items(c)).toMatchObject([{ text: "#экзамен 12 июня", rev: 0, files: [{}] }]);
  expect(items(c, OTHER)).toMatchObject([{ text: "#экзамен 12 июня", rev: 1, files: [{}] }]);
  expect(fetched).toBe(2);
});

test("a post that no mapping wanted and that an edit makes wanted comes as a new one", async () => {
  const c = await core({ mappings: [mapping({ include: [{ kind: "hashtag", tag: "#экзамен" }] })] });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Дата 12 июня")), posted(post(2, "#экзамен 2")));
  await settle(c);
  c.source.tell(edited(1, "#экзамен 12 июня", 5));
  await settle(c);
  await runtime.stop();
  expect(items(c).map((i) => [i.text, i.rev])).toEqual([
    ["#экзамен 2", 0],
    ["#экзамен 12 июня", 0],
  ]);
});

test("an edit after which no mapping wants a post reaches those who have it, and stops it where it still waits", async () => {
  const c = await core({
    rooms: [ROOM, OTHER],
    timings: new Map([[OTHER, evening]]),
    mappings: [mapping({ rooms: [ROOM, OTHER], include: [{ kind: "hashtag", tag: "#экзамен" }] })],
  });
  const runtime = start(c);
  c.source.tell(posted(post(1, "#экзамен 12 июня")));
  await settle(c, ROOM);
  c.source.tell(edited(1, "Отмена", 5));
  await settle(c, ROOM);
  expect(texts(c)[0]).toBe("Отмена");
  expect(waiting(c, OTHER)).toBe(0);
  c.source.tell(edited(1, "#экзамен 15 июня", 6));
  await settle(c, ROOM);
  c.clock.advance(DAY);
  await settle(c, ROOM, OTHER);
  await runtime.stop();
  expect(texts(c, OTHER)).toEqual(["#экзамен 15 июня"]);
  expect(items(c, OTHER)[0]).toMatchObject({ rev: 0 });
});

test("an edit that comes after the removal does nothing", async () => {
  const c = await core();
  const runtime = start(c);
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await settle(c);
  c.source.tell(removed(1));
  c.source.tell(edited(1, "Экзамен 14 июня", 5_000));
  await settle(c);
  await runtime.stop();
  expect(texts(c)).toEqual([]);
  expect(JSON.stringify(payloads(c))).not.toContain("14 июня");
});

test("an edit that becomes urgent ends the waiting of its room, and nothing passes anything", async () => {
  const c = await core({
    timing: evening,
    mappings: [mapping({ urgent: [{ kind: "hashtag", tag: "#срочно" }] })],
  });
  const runtime = start(c);
  c.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй")), posted(post(3, "Третий")));
  await accepted(c);
  expect(waiting(c)).toBe(3);
  c.source.tell(edited(2, "#срочно Второй", 5));
  await soon(() => expect(texts(c)).toEqual(["Первый", "#срочно Второй"]));
  expect(waiting(c)).toBe(1);
  await runtime.stop();
});
