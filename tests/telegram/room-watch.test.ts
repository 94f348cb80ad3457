import { describe, expect, test } from "vitest";
import type { Answer, Call } from "../../adapters/telegram/api.ts";
import { keptOf } from "../../adapters/telegram/kept.ts";
import { type BotRoom, createRoomWatch } from "../../adapters/telegram/room-watch.ts";
import { createWatched } from "../../adapters/telegram/watched.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { HandClock } from "../hand-clock.helper.ts";
import {
  BOT,
  CHANNEL,
  channel,
  FACULTY,
  GROUP,
  memoryKeep,
  never,
  ok,
  poster,
  refused,
  room,
  SUPERGROUP,
  scripted,
  settled,
  TOPIC,
} from "./bot.helper.ts";

const SPORT = RoomName.parse("sport");
const group = (id: number) => ({ id, type: id === SUPERGROUP ? "supergroup" : "group", title: "Group" });
const forum = { ...group(SUPERGROUP), is_forum: true };

interface Scene {
  rooms?: readonly BotRoom[];
  chat?: (id: unknown) => Answer;
  me?: Answer;
  send?: Answer | ((call: Call) => Answer);
  keep?: ReturnType<typeof memoryKeep>;
}

function world(scene: Scene = {}) {
  const clock = new HandClock();
  const keep = scene.keep ?? memoryKeep();
  const now = { ...scene };
  const api = scripted({
    getChat: ({ payload }) =>
      now.chat === undefined ? ok({ ...channel, id: payload.chat_id }) : now.chat(payload.chat_id),
    getChatMember: () => now.me ?? ok(poster),
    sendMessage: (call) =>
      typeof now.send === "function" ? now.send(call) : (now.send ?? ok({ message_id: 1 })),
    editMessageText: () => refused("no_rights"),
  });
  const told: string[] = [];
  const watch = createRoomWatch({
    api,
    me: () => BOT,
    kept: keptOf(keep),
    rooms: scene.rooms ?? [room()],
    clock,
    stands: (name, { held, trial }) => told.push(`${name} ${held ?? "free"}${trial ? " trial" : ""}`),
    moved: (name) => told.push(`${name} moved`),
  });
  const watched = createWatched(api, watch);
  const end = new AbortController();
  return {
    clock,
    keep,
    api,
    now,
    told,
    watch,
    async run() {
      void watch.run(end.signal);
      await settled();
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 15_000) {
        clock.advance(Math.min(15_000, left));
        await settled();
      }
    },
    send: (chat_id: number, topic?: number) =>
      watched.call(
        {
          method: "sendMessage",
          payload: { chat_id, ...(topic === undefined ? {} : { message_thread_id: topic }) },
        },
        never,
      ),
    edit: (chat_id: number) => watched.call({ method: "editMessageText", payload: { chat_id } }, never),
  };
}

test("a room waits for the first look, and is free when it found nothing in the way", async () => {
  const w = world();
  expect([w.watch.awaited(FACULTY), w.watch.place(FACULTY)]).toEqual([true, null]);
  await w.run();
  expect(w.watch.awaited(FACULTY)).toBe(false);
  expect(w.watch.place(FACULTY)).toEqual({
    chat: CHANNEL,
    topic: null,
    kind: "channel",
    title: "Faculty",
    canEditOthers: false,
    canPin: false,
  });
  expect(w.told).toEqual(["faculty free"]);
});

test("a look that tells nothing holds nothing up for ever: it is looked at again soon", async () => {
  const w = world({ chat: () => ({ kind: "unreached", code: "unreachable" }) });
  await w.run();
  expect([w.watch.awaited(FACULTY), w.watch.standing(FACULTY)]).toEqual([false, null]);
  w.now.chat = () => ok(channel);
  await w.pass(15_000);
  expect(w.told).toEqual(["faculty free"]);
});

test.each([
  ["out", { me: ok({ status: "kicked" }) }],
  ["out", { chat: () => refused("not_member") }],
  ["gone", { chat: () => refused("chat_not_found") }],
  ["no_rights", { me: ok({ status: "administrator" }) }],
])("%s: the room is held, others go on, and it is back when it works", async (held, scene) => {
  const broken = { chat: () => ok(channel), ...scene };
  const w = world({
    rooms: [room(), room({ name: SPORT, chat: GROUP })],
    chat: (id) => (id === CHANNEL ? broken.chat() : ok(group(GROUP))),
    me: ok({ status: "administrator", can_post_messages: true }),
  });
  if ("me" in scene) {
    w.now.chat = (id) => {
      w.now.me = id === CHANNEL ? scene.me : ok({ status: "administrator" });
      return id === CHANNEL ? ok(channel) : ok(group(GROUP));
    };
  }
  await w.run();
  expect([w.watch.awaited(FACULTY), w.watch.awaited(SPORT)]).toEqual([true, false]);
  expect(w.told).toEqual([`faculty ${held}`, "sport free"]);
  // Looked at again and again, in the end each ten minutes, and told once.
  const before = w.api.of("getChat").length;
  await w.pass(3 * 3_600_000);
  const looks = w.api.of("getChat").length - before;
  expect(looks).toBeGreaterThan(17);
  expect(looks).toBeLessThan(30);
  expect(w.told).toHaveLength(2);
  w.now.chat = (id) => ok(id === CHANNEL ? channel : group(GROUP));
  w.now.me = ok(poster);
  await w.pass(600_000);
  expect(w.told.slice(2)).toEqual(["faculty free"]);
  expect(w.watch.awaited(FACULTY)).toBe(false);
});

test("what Telegram tells of the bot's own standing is taken at once", async () => {
  const w = world();
  await w.run();
  w.now.me = ok({ status: "kicked" });
  w.watch.changed(CHANNEL, false);
  expect(w.watch.awaited(FACULTY)).toBe(true);
  await settled();
  w.now.me = ok(poster);
  w.watch.changed(CHANNEL, true);
  await settled();
  expect(w.told).toEqual(["faculty free", "faculty out", "faculty free"]);
});

describe("what sends tell", () => {
  test("a refusal holds the room; where looks show nothing, one send tries again after pauses that grow", async () => {
    const w = world({ rooms: [room({ chat: SUPERGROUP, topic: TOPIC })], chat: () => ok(forum) });
    await w.run();
    w.now.send = refused("topic_closed");
    const trials: number[] = [];
    const begun = w.clock.now();
    await w.send(SUPERGROUP, TOPIC);
    expect(w.watch.awaited(FACULTY)).toBe(true);
    while (trials.length < 8) {
      await w.pass(15_000);
      if (w.watch.awaited(FACULTY)) continue;
      trials.push(w.clock.now() - begun);
      await w.send(SUPERGROUP, TOPIC);
    }
    const pauses = trials.map((at, i) => at - (trials[i - 1] ?? 0));
    expect(pauses.slice(0, 3)).toEqual([15_000, 30_000, 60_000]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(615_000);
    expect(new Set(w.told.slice(1))).toEqual(new Set(["faculty topic_closed", "faculty topic_closed trial"]));
    w.now.send = ok({ message_id: 1 });
    await w.pass(615_000);
    await w.send(SUPERGROUP, TOPIC);
    expect(w.told.at(-1)).toBe("faculty free");
  });

  test("a closed topic is that topic's trouble alone; being put out is everybody's in that chat", async () => {
    const rooms = [room({ chat: SUPERGROUP, topic: TOPIC }), room({ name: SPORT, chat: SUPERGROUP })];
    const w = world({ rooms, chat: () => ok(forum) });
    await w.run();
    w.now.send = refused("topic_closed");
    await w.send(SUPERGROUP, TOPIC);
    expect([w.watch.awaited(FACULTY), w.watch.awaited(SPORT)]).toEqual([true, false]);
    w.now.send = refused("not_member");
    await w.send(SUPERGROUP);
    expect([w.watch.awaited(FACULTY), w.watch.awaited(SPORT)]).toEqual([true, true]);
  });

  test("a topic that is closed and opened again is told by Telegram", async () => {
    const w = world({ rooms: [room({ chat: SUPERGROUP, topic: TOPIC })], chat: () => ok(forum) });
    await w.run();
    w.watch.topic(SUPERGROUP, TOPIC, true);
    expect(w.watch.awaited(FACULTY)).toBe(true);
    w.watch.topic(SUPERGROUP, TOPIC, false);
    expect(w.watch.awaited(FACULTY)).toBe(false);
  });

  test("to edit takes rights of its own: a refusal there holds nothing", async () => {
    const w = world();
    await w.run();
    await w.edit(CHANNEL);
    expect(w.watch.awaited(FACULTY)).toBe(false);
  });
});

describe("a group that becomes a supergroup", () => {
  const moving = (keep = memoryKeep()) => {
    const w = world({ rooms: [room({ chat: GROUP })], chat: (id) => ok(group(Number(id))), keep });
    return w;
  };

  test("is followed when a send is refused there, told, and remembered over a restart", async () => {
    const w = moving();
    await w.run();
    w.now.send = refused("migrated", SUPERGROUP);
    w.now.chat = (id) => (id === GROUP ? refused("migrated", SUPERGROUP) : ok(group(SUPERGROUP)));
    expect(await w.send(GROUP)).toEqual(refused("migrated", SUPERGROUP));
    expect(w.watch.place(FACULTY)?.chat).toBe(SUPERGROUP);
    await settled();
    expect(w.told).toEqual(["faculty free", "faculty moved"]);
    expect(w.watch.place(FACULTY)).toMatchObject({ chat: SUPERGROUP, kind: "supergroup" });
    const again = moving(w.keep);
    await again.run();
    expect(again.api.of("getChat")).toEqual([{ chat_id: SUPERGROUP }]);
  });

  test("is followed by an update, and by a look", async () => {
    const told = moving();
    await told.run();
    told.watch.move(GROUP, SUPERGROUP);
    expect(told.watch.place(FACULTY)?.chat).toBe(SUPERGROUP);
    const looked = moving();
    looked.now.chat = (id) => (id === GROUP ? refused("migrated", SUPERGROUP) : ok(group(SUPERGROUP)));
    await looked.run();
    expect(looked.told).toEqual(["faculty moved", "faculty free"]);
  });

  test("another chat in the configuration ends what was remembered", async () => {
    const w = moving();
    await w.run();
    w.watch.move(GROUP, SUPERGROUP);
    const other = world({ keep: w.keep });
    await other.run();
    expect(other.api.of("getChat")).toEqual([{ chat_id: CHANNEL }]);
  });

  test("groups that lead to each other end a look, not the process", async () => {
    const w = moving();
    w.now.chat = (id) => refused("migrated", id === GROUP ? SUPERGROUP : GROUP);
    await w.run();
    expect(w.api.of("getChat").length).toBeLessThan(10);
  });
});
