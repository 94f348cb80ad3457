import { expect, test } from "vitest";
import { ForeignId } from "../../bridge/model/ids.ts";
import {
  accepted,
  edited,
  mapping,
  media,
  open,
  post,
  posted,
  ROOM,
  removed,
  soon,
  waiting,
} from "../core.helper.ts";
import { run, settled, type World, world } from "./room.helper.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const PDF = Buffer.from("%PDF-1.4 a small file");
const notices = (w: World) => w.shown().filter((s) => s.content.msgtype === "m.notice");
/** What was repeated, without the line over it. */
const repeated = (w: World) =>
  notices(w).flatMap(({ body }) => (/^Повтор\. .*:\n\n/u.test(body) ? [body.replace(/^.*\n\n/u, "")] : []));

/** Lets time pass, minute by minute, and waits until what is due is sent. */
async function later(w: World, runtime: ReturnType<typeof run>, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += MINUTE) {
    w.clock.advance(MINUTE);
    if (w.bridge.digests.queue().length === 0) continue;
    runtime.wake();
    await soon(() => expect(waiting(w)).toBe(0));
  }
}

test("who comes later is given what the room had before, in order, with its dates and files, and nothing after", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  w.source.files.set("f", () => open(PDF));
  const runtime = run(w);
  w.source.tell(
    posted(post(1, "Раз", { attachments: [media("f")] })),
    posted(post(2, "Два", { replyTo: ForeignId.parse("mid.1") })),
    posted(post(3, "Удалено")),
  );
  await settled(w);
  w.source.tell(edited(2, "Два!", 5, { replyTo: ForeignId.parse("mid.1") }), removed(3));
  await settled(w);
  w.bridge.digests.joined(ROOM);
  w.source.tell(posted(post(4, "После")));
  await settled(w);
  expect(notices(w)).toEqual([]);
  w.clock.advance(15 * MINUTE);
  await soon(() => expect(repeated(w)).toHaveLength(2));
  await soon(() => expect(waiting(w)).toBe(0));
  await runtime.stop();
  const all = w.shown();
  expect(all.map((s) => s.body)).toEqual([
    "Раз",
    "file-2026-11-02-1.pdf",
    "Два!",
    "После",
    "Для тех, кто присоединился недавно: ниже ещё раз объявления за последние 14 дней (их 2). Остальные их уже видели.",
    "Повтор. Объявлено 2 ноября, 11:00 (Europe/Moscow):\n\nРаз",
    "file-2026-11-02-1.pdf",
    "Повтор. Объявлено 2 ноября, 11:00 (Europe/Moscow):\n\nДва!",
  ]);
  expect(all[7]?.reply).toBe(all[5]?.id);
  expect(notices(w)).toHaveLength(3);
  await soon(() => expect(w.bridge.spool.used()).toBe(0));
});

test("what is edited or removed later is edited or removed in what was repeated too", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Экзамен 12 июня")), posted(post(2, "Лишнее")));
  await settled(w);
  w.bridge.digests.joined(ROOM);
  await later(w, runtime, 15 * MINUTE);
  expect(repeated(w)).toEqual(["Экзамен 12 июня", "Лишнее"]);
  w.source.tell(edited(1, "Экзамен 14 июня", 5), removed(2));
  await settled(w);
  await runtime.stop();
  expect(repeated(w)).toEqual(["Экзамен 14 июня"]);
  expect(w.bodies()[0]).toBe("Экзамен 14 июня");
  expect(w.bodies()).toHaveLength(3);
});

test("one digest is for all who came within ten minutes of each other, and the next one a day later at the soonest", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Раз")));
  await settled(w);
  for (let i = 0; i < 3; i++) {
    w.bridge.digests.joined(ROOM);
    await later(w, runtime, 6 * MINUTE);
  }
  expect(repeated(w)).toEqual([]);
  await later(w, runtime, 10 * MINUTE);
  expect(repeated(w)).toEqual(["Раз"]);
  w.bridge.digests.joined(ROOM);
  await later(w, runtime, 23 * 60 * MINUTE);
  expect(repeated(w)).toEqual(["Раз"]);
  await later(w, runtime, 60 * MINUTE);
  expect(repeated(w)).toEqual(["Раз", "Раз"]);
  await later(w, runtime, 30 * 60 * MINUTE);
  await runtime.stop();
  expect(repeated(w)).toEqual(["Раз", "Раз"]);
});

test("who came into a room that another took the place of causes nothing there, and the first who comes into that one does at once", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Раз")));
  await settled(w);
  w.bridge.digests.joined(ROOM);
  await later(w, runtime, 15 * MINUTE);
  expect(repeated(w)).toEqual(["Раз"]);
  w.bridge.digests.joined(ROOM);
  w.bridge.digests.replaced(ROOM);
  await later(w, runtime, 25 * 60 * MINUTE);
  expect(repeated(w)).toEqual(["Раз"]);
  w.bridge.digests.joined(ROOM);
  await later(w, runtime, 15 * MINUTE);
  w.bridge.digests.joined(ROOM);
  w.bridge.digests.replaced(ROOM);
  w.bridge.digests.joined(ROOM);
  await later(w, runtime, 15 * MINUTE);
  await runtime.stop();
  expect(repeated(w)).toEqual(["Раз", "Раз", "Раз"]);
});

test("nothing is repeated that is older than the room's history, and with none there is no digest", async () => {
  for (const [history, expected] of [
    [2, ["Новое"]],
    [0, []],
  ] as const) {
    const w = await world({ history });
    const runtime = run(w);
    w.source.tell(posted(post(1, "Старое")));
    await settled(w);
    w.clock.advance(3 * DAY);
    w.source.tell(posted(post(2, "Новое")));
    await settled(w);
    w.bridge.digests.joined(ROOM);
    await later(w, runtime, 15 * MINUTE);
    await runtime.stop();
    expect(repeated(w)).toEqual(expected);
    expect(notices(w).length).toBe(expected.length === 0 ? 0 : 2);
  }
});

test("who comes into a room that was given nothing yet causes nothing, and a digest waits for the room's slot", async () => {
  // The clock begins at noon in Moscow.
  const w = await world({ timing: { slots: [13 * 60], jitter: 0, silentHours: null } });
  const runtime = run(w);
  w.bridge.digests.joined(ROOM);
  w.clock.advance(15 * MINUTE);
  expect(w.bridge.digests.queue()).toEqual([]);
  expect(w.bridge.digests.offers(ROOM)).toBe(false);
  w.source.tell(posted(post(1, "Раз")));
  await soon(() => expect(waiting(w)).toBe(1));
  w.clock.advance(45 * MINUTE);
  await soon(() => expect(w.bodies()).toEqual(["Раз"]));
  w.clock.advance(DAY - 60 * MINUTE);
  w.bridge.digests.joined(ROOM);
  w.clock.advance(20 * MINUTE);
  await soon(() => expect(waiting(w)).toBe(2));
  expect(repeated(w)).toEqual([]);
  w.clock.advance(40 * MINUTE);
  await soon(() => expect(repeated(w)).toEqual(["Раз"]));
  expect(w.bridge.digests.offers(ROOM)).toBe(true);
  await runtime.stop();
});

test("a removal before the digest is out takes it out of it, and nothing of it is kept", async () => {
  const w = await world({ timing: { slots: [13 * 60], jitter: 0, silentHours: null } });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Раз")), posted(post(2, "Два")));
  await soon(() => expect(waiting(w)).toBe(2));
  w.clock.advance(61 * MINUTE);
  await soon(() => expect(w.bodies()).toEqual(["Раз", "Два"]));
  w.bridge.digests.joined(ROOM);
  w.clock.advance(20 * MINUTE);
  await soon(() => expect(waiting(w)).toBe(3));
  w.source.tell(removed(1));
  await accepted(w);
  w.clock.advance(DAY);
  await soon(() => expect(waiting(w)).toBe(0));
  await runtime.stop();
  expect(repeated(w)).toEqual(["Два"]);
  expect(w.bodies()).toHaveLength(3);
  const kept = w.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck().get();
  expect(kept).toBe(0);
});
