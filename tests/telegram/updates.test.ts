import { expect, test } from "vitest";
import type { Answer } from "../../adapters/telegram/api.ts";
import { keptOf } from "../../adapters/telegram/kept.ts";
import { type Update, updateOf } from "../../adapters/telegram/update.ts";
import { hearUpdates, type UpdatesStatus } from "../../adapters/telegram/updates.ts";
import { HandClock } from "../hand-clock.helper.ts";
import {
  CHANNEL,
  GROUP,
  memoryKeep,
  ok,
  poster,
  refused,
  SUPERGROUP,
  scripted,
  settled,
} from "./bot.helper.ts";

const message = (update_id: number, over: object = {}) => ({
  update_id,
  message: {
    message_id: 5,
    date: 1,
    chat: { id: 33, type: "private" },
    from: { id: 33 },
    text: "help",
    ...over,
  },
});

function world(answers: readonly Answer[], take: (update: Update) => void = () => {}) {
  const clock = new HandClock();
  const keep = memoryKeep();
  const next = [...answers];
  const api = scripted({
    getUpdates: () => next.shift() ?? new Promise<Answer>(() => {}),
  });
  const told: UpdatesStatus[] = [];
  const taken: Update[] = [];
  const end = new AbortController();
  const options = {
    api,
    offset: keptOf(keep).offset,
    take: async (update: Update) => {
      take(update);
      taken.push(update);
    },
    status: (status: UpdatesStatus) => told.push(status),
    clock,
    random: { next: () => 1, bytes: (n: number) => new Uint8Array(n) },
  };
  return { clock, keep, api, told, taken, end, options, run: () => hearUpdates(options, end.signal) };
}

test("what came is taken, then asked on from there; only messages and the bot's own standing are asked for", async () => {
  const w = world([ok([message(10), message(11)]), ok([])]);
  void w.run();
  await settled();
  // An empty answer that came at once is not asked for again at once.
  expect(w.api.of("getUpdates")).toHaveLength(2);
  w.clock.advance(1_000);
  await settled();
  expect(w.taken.map(({ id }) => id)).toEqual([10, 11]);
  expect(w.api.of("getUpdates")).toMatchObject([
    { timeout: 30, allowed_updates: ["message", "my_chat_member"] },
    { offset: 12 },
    { offset: 12 },
  ]);
  expect(w.api.calls[0]?.payload).not.toHaveProperty("offset");
  expect(w.api.calls[0]?.deadline).toBeGreaterThan(30_000);
  expect(w.told).toEqual([
    { kind: "heard", at: w.clock.now() - 1_000 },
    { kind: "heard", at: w.clock.now() - 1_000 },
  ]);
});

test("after a restart it goes on where it was; a place older than six days is not asked from", async () => {
  const w = world([ok([message(10)])]);
  void w.run();
  await settled();
  w.end.abort();
  const asked = async (after: number) => {
    w.clock.advance(after);
    const api = scripted({});
    const end = new AbortController();
    void hearUpdates({ ...w.options, api }, end.signal);
    await settled();
    end.abort();
    return api.calls[0]?.payload;
  };
  expect(await asked(1_000)).toMatchObject({ offset: 11 });
  expect(await asked(6 * 86_400_000)).not.toHaveProperty("offset");
});

test("an update that is odd, or of a kind that is not known, is passed over and never asked for again", async () => {
  const w = world([
    ok([{ update_id: 1, poll: { id: "7" } }, { update_id: 2, message: { text: 5 } }, null, message(3)]),
  ]);
  void w.run();
  await settled();
  expect(w.taken.map(({ kind }) => kind)).toEqual(["other", "other", "message"]);
  expect(w.api.calls[1]?.payload).toMatchObject({ offset: 4 });
});

test("a server that tells the same again and again is not heard again and again", async () => {
  const w = world([ok([message(10)]), ok([message(10)])]);
  void w.run();
  await settled();
  expect(w.taken).toHaveLength(1);
  expect(w.told.at(-1)).toMatchObject({ kind: "trouble", code: "bad_answer" });
});

test("what breaks off while it is taken is told again", async () => {
  const w = world([ok([message(1), message(2)])], ({ id }) => {
    if (id === 2) w.end.abort();
  });
  await w.run();
  expect(keptOf(w.keep).offset.get()).toBeNull();
});

test.each([
  [refused("conflict"), "conflict"],
  [{ kind: "lost", code: "no_answer" } as const, "no_answer"],
  [{ kind: "unreached", code: "proxy" } as const, "proxy"],
  [ok({ not: "a list" }), "bad_answer"],
  [ok([{ no: "number" }]), "bad_answer"],
])(
  "a fault is told by its code, and asked again after pauses that grow to a minute",
  async (answer, code) => {
    const w = world(Array.from({ length: 9 }, () => answer));
    void w.run();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      await settled();
      const told = w.told.at(-1);
      expect(told).toMatchObject({ kind: "trouble", code });
      const pause = (told?.kind === "trouble" ? told.until : 0) - w.clock.now();
      pauses.push(pause);
      w.clock.advance(pause - 1);
      await settled();
      expect(w.api.calls).toHaveLength(i + 1);
      w.clock.advance(1);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  },
);

test("a token that is not valid is asked with again only after minutes; a 429 as long as it says", async () => {
  const w = world([refused("unauthorized")]);
  void w.run();
  await settled();
  expect(w.told).toEqual([{ kind: "trouble", code: "unauthorized", until: w.clock.now() + 600_000 }]);
  const until = w.clock.now() + 7_777;
  const limited = world([{ kind: "limited", until }]);
  void limited.run();
  await settled();
  expect(limited.told).toEqual([{ kind: "trouble", code: "rate_limited", until }]);
});

test("what an update tells", () => {
  const group = { id: GROUP, type: "group" };
  const forum = { id: SUPERGROUP, type: "supergroup" };
  const read = (message: object) =>
    updateOf({ update_id: 1, message: { message_id: 5, chat: forum, ...message } });
  expect(updateOf(message(1, { chat: group, migrate_to_chat_id: SUPERGROUP }))).toEqual({
    id: 1,
    kind: "moved",
    from: GROUP,
    to: SUPERGROUP,
  });
  expect(read({ migrate_from_chat_id: GROUP })).toMatchObject({ kind: "moved", from: GROUP, to: SUPERGROUP });
  const topic = { message_thread_id: 9, is_topic_message: true };
  expect(read({ ...topic, forum_topic_closed: {} })).toMatchObject({ kind: "topic", topic: 9, closed: true });
  expect(read({ ...topic, forum_topic_reopened: {} })).toMatchObject({
    kind: "topic",
    topic: 9,
    closed: false,
  });
  expect(read({ ...topic, text: "x" })).toMatchObject({ kind: "message", topic: 9, text: "x", from: null });
  // A reply in a group without topics carries a thread, too.
  expect(read({ message_thread_id: 9, text: "x" })).toMatchObject({ kind: "message", topic: null });
  const standing = (status: string) =>
    updateOf({
      update_id: 1,
      my_chat_member: { chat: { id: CHANNEL, type: "channel" }, new_chat_member: { ...poster, status } },
    });
  expect(standing("administrator")).toMatchObject({
    kind: "standing",
    chat: CHANNEL,
    in: "channel",
    inside: true,
  });
  expect(standing("kicked")).toMatchObject({ kind: "standing", inside: false });
});
