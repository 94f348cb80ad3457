import { expect, test } from "vitest";
import { z } from "zod";
import { parseJson } from "../../../simulators/max/json.ts";
import { Message, Messages, startMax, texts } from "./max.helper.ts";

async function channel(options: { link?: string } = {}) {
  const started = await startMax();
  const { chatId } = started.control.createChannel(options);
  const history = (query = "") => started.read(`/messages?chat_id=${chatId}${query}`, Messages);
  return { ...started, chatId, history };
}

test("requests without the raw token are refused as MAX refuses them", async () => {
  const { ask } = await startMax();
  const wrong = { status: 401, code: "verify.token" };
  const code = (text: string) =>
    z.object({ code: z.string(), message: z.string() }).parse(JSON.parse(text)).code;
  const refusal = async (path: string, headers: Record<string, string>) => {
    const { status, text } = await ask(path, { headers });
    return { status, code: code(text) };
  };
  expect(await refusal("/me", {})).toEqual(wrong);
  expect(await refusal("/me", { authorization: "Bearer simulated-token" })).toEqual(wrong);
  expect(await refusal("/me", { authorization: "another" })).toEqual(wrong);
  const inQuery = await refusal("/me?access_token=simulated-token", { authorization: "simulated-token" });
  expect(inQuery).toEqual({ status: 403, code: "deprecated.token" });
});

test("GET /chats is gone and writing is refused and counted", async () => {
  const { ask, control } = await startMax();
  expect((await ask("/chats")).status).toBe(404);
  expect(control.stats().writes).toBe(0);
  const headers = { authorization: "simulated-token" };
  expect((await ask("/messages?chat_id=1", { method: "POST", body: "{}", headers })).status).toBe(405);
  expect(control.stats().writes).toBe(1);
});

test("the Date header shows the simulator's clock", async () => {
  const { ask, clock, control } = await startMax();
  clock.advance(5_000);
  control.setClock({ offsetMs: 3_600_000 });
  expect((await ask("/me")).headers.get("date")).toBe(new Date(clock.now() + 3_600_000).toUTCString());
});

test("a mid holds the chat and the time, and seq beyond 2^53 is written exactly", async () => {
  const { ask, clock, control, chatId } = await channel();
  const { mid, seq } = control.publish({ chatId, text: "x" });
  expect(mid).toMatch(/^mid\.[0-9a-f]{32}$/);
  expect(BigInt.asIntN(64, BigInt(`0x${mid.slice(4, 20)}`))).toBe(BigInt(chatId));
  const low = BigInt(`0x${mid.slice(-16)}`);
  expect(low >> 16n).toBe(BigInt(clock.now()));
  expect(seq).toBe(String(low));
  expect(Number.isSafeInteger(Number(low))).toBe(false);
  expect((await ask(`/messages/${mid}`)).text).toContain(`"seq":${low},`);
});

test("messages of the same millisecond have rising numbers of their own", async () => {
  const { control, chatId, history } = await channel();
  const seqs = Array.from({ length: 300 }, (_, i) => BigInt(control.publish({ chatId, text: `${i}` }).seq));
  expect(new Set(seqs).size).toBe(300);
  expect([...seqs].sort((a, b) => (a < b ? -1 : 1))).toEqual(seqs);
  expect(texts(await history("&count=2"))).toEqual(["299", "298"]);
});

test("the history is newest first, 50 unless count says otherwise, 100 at most", async () => {
  const { ask, control, clock, chatId, history } = await channel();
  for (let i = 0; i < 120; i++) {
    clock.advance(1);
    control.publish({ chatId, text: `${i}` });
  }
  const page = texts(await history());
  expect([page.length, page[0], page[49]]).toEqual([50, "119", "70"]);
  expect(texts(await history("&count=100"))).toHaveLength(100);
  expect((await ask(`/messages?chat_id=${chatId}&count=101`)).status).toBe(400);
});

test("before and after exclude their moment, from and to include it", async () => {
  const { control, clock, chatId, history } = await channel();
  const t = clock.now();
  for (const i of [1, 2, 3, 4]) control.publish({ chatId, text: `${i}`, at: t + i });
  expect(texts(await history(`&before=${t + 4}&after=${t + 1}`))).toEqual(["3", "2"]);
  expect(texts(await history(`&from=${t + 3}&to=${t + 2}`))).toEqual(["3", "2"]);
  expect(texts(await history(`&after=${t}&count=1`))).toEqual(["4"]);
});

test("a post dated back stands at its place in the history", async () => {
  const { control, clock, chatId, history } = await channel();
  control.publish({ chatId, text: "new" });
  control.publish({ chatId, text: "old", at: clock.now() - 1000, silent: true });
  expect(texts(await history())).toEqual(["new", "old"]);
});

test("message_ids gives the messages that exist, newest first", async () => {
  const { control, clock, chatId, read } = await channel();
  const a = control.publish({ chatId, text: "a" }).mid;
  clock.advance(1);
  const b = control.publish({ chatId, text: "b" }).mid;
  expect(texts(await read(`/messages?message_ids=${a},mid.none,${b}`, Messages))).toEqual(["b", "a"]);
});

test("views stand in the history of a channel and nowhere else", async () => {
  const { control, chatId, history, read } = await channel();
  const { mid } = control.publish({ chatId, text: "a", views: 7 });
  expect((await history()).messages[0]?.stat).toEqual({ views: 7 });
  expect((await read(`/messages/${mid}`, Message)).stat).toBeUndefined();
});

test("an edit keeps what it does not name, and a removed message is gone", async () => {
  const { ask, control, chatId, read } = await channel();
  const location = { type: "location", latitude: 1, longitude: 2 } as const;
  const { mid } = control.publish({ chatId, text: "a", attachments: [location] });
  control.edit({ mid, text: "b" });
  const edited = await read(`/messages/${mid}`, Message);
  expect(edited.body).toMatchObject({ text: "b", attachments: [location] });
  control.remove({ mid });
  expect((await ask(`/messages/${mid}`)).status).toBe(404);
  expect(control.messages({ chatId })).toEqual([]);
});

test("a reply carries the other message whole, a forward has nothing outside link.message", async () => {
  const { ask, control, chatId, read } = await channel();
  const { mid } = control.publish({ chatId, text: "original" });
  const reply = await read(`/messages/${control.publish({ chatId, text: "r", replyTo: mid }).mid}`, Message);
  expect(reply.link).toEqual({ type: "reply", message: { mid, text: "original" } });
  const forward = await ask(`/messages/${control.publish({ chatId, forward: { mid } }).mid}`);
  expect(Message.parse(JSON.parse(forward.text))).toMatchObject({
    link: { type: "forward", chat_id: Number(chatId), message: { mid, text: "original" } },
    body: { text: "", attachments: [] },
  });
  const foreign = control.publish({ chatId, forward: { chatId: "-5", text: "elsewhere" } });
  const elsewhere = await read(`/messages/${foreign.mid}`, Message);
  expect(elsewhere.link).toMatchObject({ chat_id: -5, message: { text: "elsewhere" } });
});

test("all kinds of markup, and unknown ones, come as they were given", async () => {
  const { control, chatId, ask } = await channel();
  const plain = ["strong", "emphasized", "monospaced", "strikethrough", "underline"];
  const more = ["heading", "highlighted", "quote", "sparkling"];
  const markup = [...plain, ...more].map((type, i) => ({ type, from: i, length: 3 }));
  const all = [
    ...markup,
    { type: "link", from: 0, length: 1, url: "https://example.org/" },
    { type: "user_mention", from: 0, length: 1, user_link: "@someone", user_id: 5 },
  ];
  const { mid } = control.publish({ chatId, text: "0123456789", markup: all });
  const body = z.object({ body: z.object({ markup: z.unknown() }) });
  expect(body.parse(JSON.parse((await ask(`/messages/${mid}`)).text)).body.markup).toEqual(all);
});

test("a bot that may not read gets bot_added and bot_removed and nothing else", async () => {
  const { ask, control, chatId, poll } = await channel();
  const first = Number(control.stats().updates.next);
  control.setBot({ chatId, permissions: ["write"] });
  const { mid } = control.publish({ chatId, text: "unseen" });
  control.edit({ mid, text: "unseen" });
  control.remove({ mid: control.publish({ chatId, text: "unseen" }).mid });
  control.setBot({ chatId, member: false });
  control.setBot({ chatId, member: true, admin: false });
  const { updates } = await poll(`&marker=${first}`);
  expect(updates.map((u) => u.update_type)).toEqual(["bot_removed", "bot_added"]);
  expect(await ask(`/messages?chat_id=${chatId}`)).toMatchObject({
    status: 403,
    text: expect.stringContaining('"chat.denied"'),
  });
  expect((await ask(`/messages/${mid}`)).status).toBe(404);
  expect((await ask(`/messages?message_ids=${mid}`)).text).toBe('{"messages":[]}');
  expect((await ask(`/chats/${chatId}/members/admins`)).status).toBe(403);
  const me = await ask(`/chats/${chatId}/members/me`);
  expect(JSON.parse(me.text)).toMatchObject({ is_admin: false, permissions: null });
  control.setBot({ chatId, admin: true, permissions: ["read_all_messages"] });
  expect((await ask(`/messages/${mid}`)).status).toBe(200);
});

test("a bot that is no member has no access to the chat, and an unknown chat is not found", async () => {
  const { ask, control, chatId } = await channel();
  control.setBot({ chatId, member: false });
  expect((await ask(`/chats/${chatId}`)).status).toBe(403);
  expect((await ask(`/chats/${chatId}/members/me`)).status).toBe(403);
  expect((await ask("/chats/-1")).status).toBe(404);
});

test("big integers survive reading and writing", () => {
  expect(parseJson('{"a":[116329890167999364,1.5,-9007199254740993,"1"]}')).toEqual({
    a: [116329890167999364n, 1.5, -9007199254740993n, "1"],
  });
});
