import { expect, test } from "vitest";
import type { Answer, Call } from "../../adapters/telegram/api.ts";
import { createChats } from "../../adapters/telegram/chat.ts";
import { ChatId, MessageId, UserId } from "../../adapters/telegram/ids.ts";
import { keptOf } from "../../adapters/telegram/kept.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { memoryKeep, never, ok, refused, scripted, settled } from "./bot.helper.ts";

const REP = 33;
const STRANGER = 44;
const MINUTE = 60_000;

function world(answers: Record<string, Answer | ((call: Call) => Answer)> = {}) {
  const clock = new HandClock();
  const keep = memoryKeep();
  let id = 100;
  const api = scripted({
    sendMessage: () => ok({ message_id: id++ }),
    deleteMessage: ok(true),
    deleteMessages: ok(true),
    ...answers,
  });
  const chatsOf = () =>
    createChats({
      api,
      kept: keptOf(keep),
      frame: createFrame("en"),
      admins: new Set([UserId.parse(REP)]),
      clock,
    });
  let number = 0;
  const hear = (chats: ReturnType<typeof chatsOf>, from: number, text: string | null, message = 50) =>
    chats.hear(
      {
        id: number++,
        kind: "message",
        chat: ChatId.parse(from),
        in: "private",
        message: MessageId.parse(message),
        topic: null,
        from: UserId.parse(from),
        text,
      },
      never,
    );
  const removed = () =>
    api.calls
      .filter(({ method }) => method.startsWith("delete"))
      .flatMap(({ payload }) => payload.message_ids ?? [payload.message_id])
      .flat();
  return { clock, keep, api, chatsOf, hear, removed };
}

test("those whom it was told of are answered, with help alone for now", async () => {
  const w = world();
  await w.hear(w.chatsOf(), REP, "help");
  expect(w.api.of("sendMessage")).toMatchObject([
    { chat_id: REP, link_preview_options: { is_disabled: true } },
  ]);
  expect(w.api.of("sendMessage")[0]?.text).toContain("help");
});

test("a stranger gets one polite line, and then nothing", async () => {
  const w = world();
  const chats = w.chatsOf();
  for (const message of [1, 2, 3]) await w.hear(chats, STRANGER, "help", message);
  expect(w.api.of("sendMessage")).toHaveLength(1);
  expect(w.api.of("sendMessage")[0]?.text).not.toContain("•");
});

test("in groups nothing is answered, and nothing is deleted", async () => {
  const w = world();
  const update = { id: 1, kind: "message", chat: ChatId.parse(-5), in: "supergroup", topic: null } as const;
  const text = { message: MessageId.parse(5), from: UserId.parse(REP), text: "help" };
  await w.chatsOf().hear({ ...update, ...text }, never);
  expect(w.api.calls).toEqual([]);
  expect(w.keep.said()).toBe("[]");
});

test("both sides' messages are deleted within the hour, what was no text as well, and then nothing is kept of it", async () => {
  const w = world();
  const chats = w.chatsOf();
  const end = new AbortController();
  void chats.run(end.signal);
  await w.hear(chats, REP, "help", 50);
  await w.hear(chats, STRANGER, null, 60);
  expect(w.keep.said()).not.toContain("help");
  for (let i = 0; i < 15; i++) {
    w.clock.advance(MINUTE);
    await settled();
  }
  expect(w.removed().sort()).toEqual([100, 50, 60]);
  expect(w.keep.said()).toBe("[]");
  end.abort();
});

test("what became due while nothing ran is deleted first thing after the start", async () => {
  const w = world();
  await w.hear(w.chatsOf(), REP, "help", 50);
  w.clock.advance(40 * 3_600_000);
  const end = new AbortController();
  void w.chatsOf().run(end.signal);
  await settled();
  expect(w.removed()).toEqual([50, 100]);
  end.abort();
});

test("a deletion that fails is tried again; what is gone, or cannot be deleted, is left alone", async () => {
  const answers: Answer[] = [
    { kind: "lost", code: "timeout" },
    { kind: "unreached", code: "proxy" },
  ];
  for (const over of [ok(true), refused("message_gone"), refused("not_deletable")]) {
    const next = [...answers, over];
    const w = world({ deleteMessage: () => next.shift() ?? ok(true) });
    const chats = w.chatsOf();
    const end = new AbortController();
    void chats.run(end.signal);
    await w.hear(chats, STRANGER, null, 60);
    for (let i = 0; i < 60; i++) {
      w.clock.advance(30_000);
      await settled();
    }
    expect(w.api.of("deleteMessage")).toHaveLength(3);
    expect(w.keep.said()).toBe("[]");
    end.abort();
  }
});

test("where one of several cannot be deleted, the others are", async () => {
  const w = world({
    deleteMessages: refused("not_deletable"),
    deleteMessage: ({ payload }) => (payload.message_id === 1 ? refused("not_deletable") : ok(true)),
  });
  const chats = w.chatsOf();
  for (const message of [1, 2, 3]) await w.hear(chats, REP, null, message);
  w.clock.advance(11 * MINUTE);
  const end = new AbortController();
  void chats.run(end.signal);
  await settled();
  expect(w.api.of("deleteMessage").map((payload) => payload.message_id)).toEqual([1, 2, 3]);
  expect(w.keep.said()).toBe("[]");
  end.abort();
});

test("an answer of which nobody knows whether it arrived is deleted, too", async () => {
  const w = world({ sendMessage: { kind: "lost", code: "timeout" } });
  const chats = w.chatsOf();
  await w.hear(chats, REP, "help", 50);
  w.clock.advance(11 * MINUTE);
  const end = new AbortController();
  void chats.run(end.signal);
  await settled();
  expect(w.removed()).toEqual([50, 51, 52, 53, 54]);
  end.abort();
});

test("what was said is written nowhere, and a message that is heard again is not forgotten", async () => {
  const w = world();
  const chats = w.chatsOf();
  await w.hear(chats, REP, "canary what about my exam", 50);
  await w.hear(chats, REP, "canary and mine", 51);
  await w.hear(chats, REP, "canary what about my exam", 50);
  expect(w.keep.said()).not.toContain("canary");
  w.clock.advance(11 * MINUTE);
  const end = new AbortController();
  void chats.run(end.signal);
  await settled();
  expect(w.removed().sort()).toEqual([100, 101, 102, 50, 51]);
  end.abort();
});
