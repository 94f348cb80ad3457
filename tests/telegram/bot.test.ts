import { expect, onTestFinished, test, vi } from "vitest";
import { type Bot, type BotReport, createBot } from "../../adapters/telegram/bot.ts";
import { ChatId, TopicId, UserId } from "../../adapters/telegram/ids.ts";
import type { BotRoom } from "../../adapters/telegram/room-watch.ts";
import { awaitPlace, type FoundPlace } from "../../adapters/telegram/setup.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import { systemClock, systemRandom } from "../../bridge/clock.ts";
import { BotName } from "../../bridge/model/ids.ts";
import { startTelegramSimulator } from "../../simulators/telegram/server.ts";
import { FACULTY, memoryKeep, never, room } from "./bot.helper.ts";

const soon = { timeout: 5_000, interval: 10 };

async function world(o: { rooms?: (chat: ChatId) => readonly BotRoom[]; token?: string } = {}) {
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const { chatId } = telegram.control.createChat({ title: "Faculty" });
  const rep = telegram.control.createUser({ name: "Rep" }).id;
  const chat = ChatId.parse(chatId);
  const keep = memoryKeep();
  const told: BotReport[] = [];
  const open = (token = o.token ?? telegram.token): Bot => {
    const bot = createBot({
      name: BotName.parse("campus"),
      token: () => token,
      settings: {
        apiRoot: telegram.url,
        proxy: null,
        ca: null,
        deadlines: { call: 30_000, file: 120_000 },
      },
      keep,
      rooms: o.rooms?.(chat) ?? [room({ chat })],
      frame: createFrame("en"),
      admins: [UserId.parse(rep)],
      report: (report) => told.push(report),
      clock: systemClock,
      random: systemRandom,
    });
    onTestFinished(() => bot.close());
    return bot;
  };
  const run = (bot: Bot) => {
    const end = new AbortController();
    const ended = bot.run(end.signal);
    const stop = async () => {
      end.abort();
      await ended;
    };
    onTestFinished(stop);
    return stop;
  };
  const held = () => told.flatMap((one) => (one.kind === "room" ? [one.standing.held ?? "free"] : []));
  return { telegram, chat, rep, keep, told, open, run, held };
}

test("a bot says who it is, looks at its rooms, hears, and ends when it is told to", async () => {
  const w = await world();
  const bot = w.open();
  expect([bot.held(FACULTY), bot.place(FACULTY)]).toEqual([true, null]);
  const stop = w.run(bot);
  await vi.waitFor(() => expect(bot.state().heardAt).not.toBeNull(), soon);
  await vi.waitFor(() => expect(bot.place(FACULTY)).toMatchObject({ chat: w.chat, kind: "channel" }), soon);
  expect(bot.held(FACULTY)).toBe(false);
  expect(bot.state()).toMatchObject({ me: { id: w.telegram.bot.id }, trouble: null, ended: null });
  await stop();
});

test("put out of its channel it holds that room, and is back when it is let in", async () => {
  const w = await world();
  const bot = w.open();
  w.run(bot);
  await vi.waitFor(() => expect(w.held()).toEqual(["free"]), soon);
  const member = { chatId: w.chat, userId: w.telegram.bot.id };
  w.telegram.control.setMember({ ...member, status: "kicked" });
  await vi.waitFor(() => expect(w.held()).toEqual(["free", "out"]), soon);
  expect(bot.held(FACULTY)).toBe(true);
  w.telegram.control.setMember({ ...member, status: "administrator", rights: ["can_post_messages"] });
  await vi.waitFor(() => expect(w.held()).toEqual(["free", "out", "free"]), soon);
});

test("a long poll holds up no send", async () => {
  const w = await world();
  const bot = w.open();
  w.run(bot);
  await vi.waitFor(() => expect(bot.place(FACULTY)).not.toBeNull(), soon);
  const call = { method: "sendMessage", payload: { chat_id: w.chat, text: "Exam" } };
  const begun = performance.now();
  expect(await bot.api.call(call, never)).toMatchObject({ kind: "ok" });
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test("in private it answers, and remembers that both messages are to go, but nothing of what was said", async () => {
  const w = await world();
  w.run(w.open());
  w.telegram.control.write({ userId: w.rep, text: "help canary" });
  await vi.waitFor(() => expect(w.telegram.control.chat({ chatId: w.rep }).messages).toHaveLength(2), soon);
  await vi.waitFor(() => expect(w.keep.said()).toMatch(/doomed.*message.*message/), soon);
  expect(w.keep.said()).not.toContain("canary");
});

test("a token that is not valid is told, and holds every room", async () => {
  const w = await world({ token: "1:nobody" });
  const bot = w.open();
  w.run(bot);
  await vi.waitFor(() => expect(w.told).toEqual([{ kind: "ended", code: "unauthorized" }]), soon);
  expect(bot.held(FACULTY)).toBe(true);
  expect(bot.state()).toMatchObject({ ended: "unauthorized", me: null });
});

test("what was kept of one bot means nothing for another", async () => {
  const w = await world();
  expect(await w.open().meet(never)).toBeNull();
  w.keep.put("offset", { next: 5_000, at: Date.now() });
  expect(await w.open().meet(never)).toBeNull();
  expect(w.keep.get("offset")).toBeDefined();
  expect(await w.open(w.telegram.control.createBot({}).token).meet(never)).toBeNull();
  expect(w.keep.get("offset")).toBeUndefined();
});

test("while Telegram cannot be reached it says so, and goes on when it can", async () => {
  const w = await world();
  await w.telegram.listening(false);
  const bot = w.open();
  w.run(bot);
  await vi.waitFor(() => expect(w.told).toContainEqual({ kind: "trouble", code: "unreachable" }), soon);
  await w.telegram.listening(true);
  await vi.waitFor(() => expect(bot.state()).toMatchObject({ trouble: null, me: expect.anything() }), soon);
  await vi.waitFor(() => expect(bot.state().heardAt).not.toBeNull(), soon);
});

const asking = (bot: Bot, found: (place: FoundPlace) => boolean, signal = never) =>
  awaitPlace({ bot, wish: { pins: false, probe: true }, code: "K7Q2", found, fault: () => {} }, signal);

test("setting up waits until somebody makes the bot an administrator, and tells what is still lacking", async () => {
  const w = await world({ rooms: () => [] });
  const bot = w.open();
  w.run(bot);
  const seen: FoundPlace[] = [];
  const { chatId } = w.telegram.control.createChat({
    title: "New",
    bot: { rights: ["can_post_messages", "can_edit_messages"] },
  });
  const waiting = asking(bot, (place) => {
    if (place.chat !== chatId) return false;
    seen.push(place);
    return place.usable && place.flaws.length === 0;
  });
  await vi.waitFor(() => expect(seen).toMatchObject([{ flaws: ["edits_others"], usable: true }]), soon);
  const member = { chatId, userId: w.telegram.bot.id, status: "administrator" as const };
  w.telegram.control.setMember({ ...member, rights: ["can_post_messages"] });
  expect(await waiting).toMatchObject({ chat: chatId, topic: null, look: { title: "New" }, flaws: [] });
});

test("a topic is found by the code that is written there; another code is none", async () => {
  const w = await world({ rooms: () => [] });
  const bot = w.open();
  w.run(bot);
  const { chatId } = w.telegram.control.createChat({
    type: "supergroup",
    forum: true,
    bot: { status: "administrator", rights: ["can_manage_topics"] },
  });
  await bot.meet(never);
  const made = await bot.api.call(
    { method: "createForumTopic", payload: { chat_id: chatId, name: "Exams" } },
    never,
  );
  const topic = TopicId.parse(Object(made.kind === "ok" ? made.result : null).message_thread_id);
  const waiting = asking(bot, (place) => place.topic !== null);
  w.telegram.control.post({ chatId, text: "/postern WRONG", topic });
  w.telegram.control.post({ chatId, text: "/postern k7q2", topic });
  expect(await waiting).toMatchObject({ chat: chatId, topic, usable: true, flaws: ["members_seen"] });
});

test("setting up ends with its signal", async () => {
  const w = await world({ rooms: () => [] });
  const bot = w.open();
  const end = new AbortController();
  const waiting = asking(bot, () => true, end.signal);
  end.abort();
  expect(await waiting).toBeNull();
});
