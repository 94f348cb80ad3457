import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { DeadLetter } from "../../bridge/outbox/port.ts";
import {
  accepted,
  core,
  edited,
  items,
  post,
  posted,
  ROOM,
  removed,
  soon,
  start,
  type TestCore,
  texts,
} from "../core.helper.ts";

const DAY = 86_400_000;

/** Runs a core whose room refuses what `refuses` says; the first letters of the text tell what it is. */
async function refusing(c: TestCore, refuses: (text: string) => boolean) {
  const own = c.bridge.sealedRooms(() => {}).get(ROOM);
  if (own === undefined) throw new Error("no sealed room");
  const destination: Destination = {
    ...own,
    prepare: (d, signal) =>
      refuses(d.clean?.text.text ?? d.line ?? d.action)
        ? Promise.resolve({ kind: "outcome", outcome: { kind: "refused", code: "too_large" } })
        : own.prepare(d, signal),
  };
  return start(c, {}, [], { destinations: [destination] });
}

const letters = (c: TestCore): Promise<readonly DeadLetter[]> => c.bridge.letters.list();

async function letter(c: TestCore, n = 1): Promise<DeadLetter> {
  await soon(async () => expect(await letters(c)).toHaveLength(n));
  const found = (await letters(c)).at(-1);
  if (found === undefined) throw new Error("no letter");
  return found;
}

const payloadsKept = (c: TestCore): unknown =>
  c.db.prepare("SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL").pluck().get();

test("a refused post stops nothing, is listed, and comes whole when it is tried again", async () => {
  const c = await core();
  let open = false;
  const runtime = await refusing(c, (text) => !open && text === "Второй");
  c.source.tell(...["Первый", "Второй", "Третий"].map((text, i) => posted(post(i + 1, text))));
  await soon(() => expect(texts(c)).toEqual(["Первый", "Третий"]));
  const dead = await letter(c);
  expect(dead).toMatchObject({ room: ROOM, action: "post", code: "too_large", kept: true });
  open = true;
  expect(await c.bridge.letters.retry(dead.id)).toBe("queued");
  runtime.wake();
  await soon(() => expect(texts(c)).toEqual(["Первый", "Третий", "Второй"]));
  expect(await letters(c)).toEqual([]);
  // Delivered, it is erased like any other.
  await soon(() => expect(payloadsKept(c)).toBe(0));
  await runtime.stop();
});

test("tried again it stands before what came after it", async () => {
  const c = await core({ timing: { slots: [23 * 60], jitter: 0, silentHours: null } });
  let open = false;
  const runtime = await refusing(c, (text) => !open && text === "Первый");
  c.source.tell(posted(post(1, "Первый")));
  await accepted(c);
  c.clock.advance(DAY);
  const dead = await letter(c);
  c.source.tell(posted(post(2, "Второй")));
  await accepted(c);
  open = true;
  await c.bridge.letters.retry(dead.id);
  runtime.wake();
  c.clock.advance(DAY);
  await soon(() => expect(texts(c)).toEqual(["Первый", "Второй"]));
  await runtime.stop();
});

test("one that is refused again is listed again, and can be dropped for good", async () => {
  const c = await core();
  const runtime = await refusing(c, () => true);
  c.source.tell(posted(post(1, "Никогда")));
  const dead = await letter(c);
  await c.bridge.letters.retry(dead.id);
  runtime.wake();
  await letter(c);
  expect(await c.bridge.letters.drop(dead.id)).toBe(true);
  expect(await c.bridge.letters.drop(dead.id)).toBe(false);
  expect(await c.bridge.letters.retry(dead.id)).toBe("unknown");
  expect(await letters(c)).toEqual([]);
  await runtime.stop();
  expect(texts(c)).toEqual([]);
});

test("what a newer edit has overtaken is not brought any more", async () => {
  const c = await core();
  let open = false;
  const runtime = await refusing(c, (text) => !open && text === "Черновик");
  c.source.tell(posted(post(1, "Черновик")));
  const dead = await letter(c);
  open = true;
  c.source.tell(edited(1, "Чистовик", 10));
  await soon(() => expect(texts(c)).toEqual(["Чистовик"]));
  expect(await letters(c)).toEqual([]);
  expect(await c.bridge.letters.retry(dead.id)).toBe("unknown");
  await runtime.stop();
  expect(items(c).map((i) => i.text)).toEqual(["Чистовик"]);
});

test("an edit that was refused can be tried again, and shows what changed", async () => {
  const c = await core();
  let open = false;
  const runtime = await refusing(c, (text) => !open && text === "Экзамен 14 июня");
  c.source.tell(posted(post(1, "Экзамен 12 июня")));
  await soon(() => expect(texts(c)).toHaveLength(1));
  c.source.tell(edited(1, "Экзамен 14 июня", 10));
  const dead = await letter(c);
  expect(dead.action).toBe("edit");
  open = true;
  await c.bridge.letters.retry(dead.id);
  runtime.wake();
  await soon(() => expect(items(c)[0]).toMatchObject({ text: "Экзамен 14 июня", was: "Экзамен 12 июня" }));
  await runtime.stop();
});

test("a letter whose post is removed in the source is erased with what it kept", async () => {
  const c = await core();
  const runtime = await refusing(c, (text) => text === "Ошибка");
  c.source.tell(posted(post(1, "Ошибка")));
  await letter(c);
  c.source.tell(removed(1));
  await soon(async () => expect(await letters(c)).toEqual([]));
  await runtime.stop();
});

test("what a letter keeps goes with the archive's window, key and bytes; the letter says that it is gone", async () => {
  const c = await core({ history: 2 });
  const runtime = await refusing(c, () => true);
  c.source.tell(posted(post(1, "Никогда")));
  const dead = await letter(c);
  const kept = c.db.prepare<[], Buffer | null>("SELECT kept_sealed FROM dead_letters").pluck();
  const bytes = kept.get();
  expect(payloadsKept(c)).toBe(0);
  for (let day = 0; day < 4; day++) {
    c.source.tell();
    await accepted(c);
    c.clock.advance(DAY);
    await soon(() => {
      c.clock.advance(60_000);
      expect(c.bridge.store.seal.get(ROOM)?.epoch).toBe(Math.floor(c.clock.now() / DAY));
    });
  }
  await soon(() => expect(kept.get()).toBeNull());
  expect(c.db.prepare("SELECT count(*) FROM archive_days").pluck().get()).toBe(0);
  expect((await letters(c))[0]).toMatchObject({ id: dead.id, kept: false });
  expect(await c.bridge.letters.retry(dead.id)).toBe("gone");
  await runtime.stop();
  const raw = readFileSync(path.join(c.folder, "postern.db"));
  expect(bytes).toBeInstanceOf(Buffer);
  expect(raw.includes(bytes ?? "")).toBe(false);
});

test("where rooms keep no history nothing is kept for another try", async () => {
  const c = await core({ history: 0 });
  const runtime = await refusing(c, () => true);
  c.source.tell(posted(post(1, "Никогда")));
  const dead = await letter(c);
  expect(dead.kept).toBe(false);
  expect(await c.bridge.letters.retry(dead.id)).toBe("gone");
  expect(c.db.prepare("SELECT count(*) FROM dead_letters WHERE kept_sealed IS NOT NULL").pluck().get()).toBe(
    0,
  );
  await runtime.stop();
});
