import { expect, test } from "vitest";
import type { Answer, Api, Refusal } from "../../adapters/telegram/api.ts";
import { MessageId } from "../../adapters/telegram/ids.ts";
import { createOwnPosts } from "../../adapters/telegram/own-posts.ts";
import { look } from "../../adapters/telegram/probe.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { CHANNEL_CHAT } from "./simulated.helper.ts";

const never = new AbortController().signal;
const id = (n: number): MessageId => MessageId.parse(n);

/** Looks from message 11 on, in a chat that answers so for each id; what is not named is a hole. */
async function looked(
  chat: Readonly<Record<number, Refusal | Answer>>,
  from: { readonly next?: number; readonly holes?: number; readonly until?: number } = {},
  ours: readonly number[] = [],
) {
  const asked: number[] = [];
  const buttons: string[] = [];
  const notes: (readonly [number, number])[] = [];
  let changed = 0;
  const api: Api = {
    async call({ payload }) {
      const at = Number(payload.message_id);
      asked.push(at);
      buttons.push(JSON.stringify(payload.reply_markup));
      const answer = chat[at] ?? "message_gone";
      return typeof answer === "string" ? { kind: "refused", why: answer } : answer;
    },
  };
  const found = await look(
    {
      api,
      chat: CHANNEL_CHAT,
      button: "mine",
      ours: (message) => ours.includes(message),
      other: () => "other",
      note: (next, holes) => notes.push([next, holes]),
      changed: () => {
        changed++;
      },
    },
    {
      next: id(from.next ?? 11),
      holes: from.holes ?? 0,
      ...(from.until === undefined ? {} : { until: id(from.until) }),
    },
    never,
  );
  return { found, asked, buttons, notes, changed };
}

test("it is found among messages of others, beyond a hole", async () => {
  const { found, asked } = await looked({ 11: "not_editable", 13: "not_modified" });
  expect(found).toEqual({ kind: "arrived", id: 13 });
  expect(asked).toEqual([11, 12, 13]);
});

test("three holes in a row say that it is not there", async () => {
  expect((await looked({ 13: "not_editable" })).found).toEqual({ kind: "missing", next: 17 });
  expect((await looked({}, { holes: 2 })).found).toEqual({ kind: "missing", next: 12 });
});

test("where others post more than is looked at in one go, nothing is concluded", async () => {
  const others = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [11 + i, "not_editable" as const]));
  const { found, notes } = await looked(others);
  expect(found).toEqual({ kind: "open" });
  expect(notes.at(-1)).toEqual([17, 0]);
});

test("a lost answer, a 429 or a refusal of another kind concludes nothing, and it goes on from there", async () => {
  for (const answer of [
    { kind: "lost", code: "no_answer" },
    { kind: "limited", until: 1 },
    { kind: "refused", why: "not_member" },
  ] as const) {
    const { found, notes } = await looked({ 11: "not_editable", 12: answer });
    expect(found).toEqual({ kind: "stopped", answer });
    expect(notes).toEqual([[12, 0]]);
  }
});

test("messages known to be ours are not touched", async () => {
  const { found, asked } = await looked({ 13: "not_modified" }, {}, [11, 12]);
  expect(found).toEqual({ kind: "arrived", id: 13 });
  expect(asked).toEqual([13]);
});

test("one of ours that was not known is given a button of its own again, after it was written down to go on behind it", async () => {
  const { found, buttons, notes, changed } = await looked({
    11: { kind: "ok", result: true },
    12: "not_modified",
  });
  expect(found).toEqual({ kind: "arrived", id: 12 });
  expect(buttons.map((b) => (b.includes("mine") ? "mine" : "other"))).toEqual(["mine", "other", "mine"]);
  expect(notes[0]).toEqual([12, 0]);
  expect(changed).toBe(1);
});

test("up to a message that is known, holes end nothing", async () => {
  expect((await looked({ 15: "not_modified" }, { until: 16 })).found).toEqual({ kind: "arrived", id: 15 });
  expect((await looked({}, { until: 15 })).found).toEqual({ kind: "missing", next: 15 });
});

test("rooms that share a chat send one after another", async () => {
  const posts = createOwnPosts();
  const [one, two] = [RoomName.parse("one"), RoomName.parse("two")];
  const free = () => false;
  let held = false;
  expect(await posts.enter(CHANNEL_CHAT, one, () => held, never)).toBe(true);
  expect(posts.taken(CHANNEL_CHAT, two)).toBe(true);
  let entered = false;
  const waiting = posts.enter(CHANNEL_CHAT, two, free, never).then(() => {
    entered = true;
  });
  await Promise.resolve();
  expect(entered).toBe(false);
  posts.leave(CHANNEL_CHAT, one);
  await waiting;
  expect(posts.taken(CHANNEL_CHAT, one)).toBe(true);
  posts.leave(CHANNEL_CHAT, two);
  // One whose topic was closed while it was in doubt keeps nobody waiting.
  await posts.enter(CHANNEL_CHAT, one, () => held, never);
  held = true;
  expect(posts.taken(CHANNEL_CHAT, two)).toBe(false);
  expect(await posts.enter(CHANNEL_CHAT, two, free, never)).toBe(true);
  const ended = new AbortController();
  const gaveUp = posts.enter(CHANNEL_CHAT, one, free, ended.signal);
  ended.abort();
  expect(await gaveUp).toBe(false);
});
