import { expect, test } from "vitest";
import { startMax } from "./max.helper.ts";

const silently = { announce: false } as const;

async function withPosts(n: number) {
  const started = await startMax();
  const { chatId } = started.control.createChannel(silently);
  const post = (text: string) => started.control.publish({ chatId, text });
  for (let i = 1; i <= n; i++) post(`p${i}`);
  const seen = async (query = "") => {
    const page = await started.poll(query);
    return { texts: page.updates.map((u) => u.message?.body.text ?? u.update_type), marker: page.marker };
  };
  const first = (started.control.stats().updates.next ?? 0) - n;
  return { ...started, chatId, post, seen, first };
}

test("without a marker only the latest update comes", async () => {
  const { seen, first } = await withPosts(3);
  expect(await seen()).toEqual({ texts: ["p3"], marker: first + 3 });
});

test("switched, without a marker all since the last commitment come", async () => {
  const { seen, first, control } = await withPosts(3);
  control.set({ noMarker: "uncommitted" });
  await seen(`&marker=${first + 1}`);
  expect(await seen()).toEqual({ texts: ["p2", "p3"], marker: first + 3 });
});

test("the same marker gives the same updates again, a later one commits them", async () => {
  const { seen, first } = await withPosts(4);
  expect((await seen(`&marker=${first}&limit=2`)).texts).toEqual(["p1", "p2"]);
  expect(await seen(`&marker=${first}&limit=2`)).toEqual({ texts: ["p1", "p2"], marker: first + 2 });
  expect(await seen(`&marker=${first + 2}`)).toEqual({ texts: ["p3", "p4"], marker: first + 4 });
  expect((await seen(`&marker=${first}`)).texts).toEqual(["p3", "p4"]);
});

test("at most 100 updates come, whatever limit asks, and 400 where it asks for nonsense", async () => {
  const { seen, first, ask } = await withPosts(130);
  expect((await seen(`&marker=${first}&limit=1000`)).texts).toHaveLength(100);
  expect((await seen(`&marker=${first + 100}`)).texts).toHaveLength(30);
  expect((await ask("/updates?limit=0")).status).toBe(400);
  expect((await ask("/updates?timeout=91")).status).toBe(400);
});

test("a poll that waits is answered as soon as there is something", async () => {
  const { ask, control, post } = await withPosts(0);
  const waiting = ask("/updates?timeout=30&marker=1");
  await control.whenWaiting(1);
  post("at last");
  expect((await waiting).text).toContain('"text":"at last"');
});

test("a waiting poll ends empty after 30 s though 90 were asked", async () => {
  const { ask, clock, control } = await withPosts(0);
  const waiting = ask("/updates?timeout=90&marker=1");
  await control.whenWaiting(1);
  clock.advance(29_999);
  await ask("/me");
  expect(control.stats().updates.waiting).toBe(1);
  clock.advance(1);
  expect(JSON.parse((await waiting).text)).toEqual({ updates: [], marker: control.stats().updates.next });
});

test("switched, an empty answer's marker is null", async () => {
  const { seen, control } = await withPosts(0);
  control.set({ emptyMarker: "null" });
  expect(await seen("&marker=1")).toEqual({ texts: [], marker: null });
});

test("updates of other types than those asked for are passed by", async () => {
  const { seen, control, chatId, first, post } = await withPosts(1);
  control.event({ type: "chat_title_changed", chatId, title: "t" });
  post("p2");
  expect((await seen(`&marker=${first}&types=chat_title_changed`)).texts).toEqual(["chat_title_changed"]);
  expect((await seen(`&marker=${first}&types=message_created`)).marker).toBe(first + 3);
});

test("updates are dropped 24 h after they were queued", async () => {
  const { seen, first, clock, post } = await withPosts(1);
  clock.advance(24 * 3_600_000 - 1);
  post("p2");
  expect((await seen(`&marker=${first}`)).texts).toEqual(["p1", "p2"]);
  clock.advance(1);
  expect(await seen(`&marker=${first}`)).toEqual({ texts: ["p2"], marker: first + 2 });
});

test("the queue can be expired by request, or by setting the clock on", async () => {
  const { seen, first, control, post } = await withPosts(2);
  expect(control.expireUpdates()).toEqual({ dropped: 2 });
  expect((await seen(`&marker=${first}`)).texts).toEqual([]);
  post("p3");
  control.setClock({ advanceMs: 25 * 3_600_000 });
  expect((await seen(`&marker=${first}`)).texts).toEqual([]);
});

test("polling is refused while a webhook is subscribed and works again afterwards", async () => {
  const { ask, control, seen } = await withPosts(1);
  const body = JSON.stringify({ url: "https://hook.example/x", update_types: ["message_created"] });
  const headers = { authorization: "simulated-token" };
  expect((await ask("/subscriptions", { method: "POST", body, headers })).text).toBe('{"success":true}');
  expect((await ask("/updates?timeout=0")).status).toBe(405);
  expect((await ask("/subscriptions")).text).toContain('"update_types":["message_created"]');
  control.set({ pollingWithWebhook: "empty" });
  expect((await seen()).texts).toEqual([]);
  await ask("/subscriptions?url=https://hook.example/x", { method: "DELETE", headers });
  expect((await seen()).texts).toEqual(["p1"]);
  const plain = JSON.stringify({ url: "http://hook.example/x" });
  expect((await ask("/subscriptions", { method: "POST", body: plain, headers })).status).toBe(400);
});

test("a webhook ends the polls that wait", async () => {
  const { ask, control, first } = await withPosts(0);
  const waiting = ask(`/updates?timeout=30&marker=${first}`);
  await control.whenWaiting(1);
  const body = JSON.stringify({ url: "https://hook.example/x" });
  await ask("/subscriptions", { method: "POST", body, headers: { authorization: "simulated-token" } });
  expect((await waiting).text).toBe('{"updates":[],"marker":null}');
});

test("a queued update shows the message as it was then", async () => {
  const { control, chatId, poll, first } = await withPosts(0);
  const { mid } = control.publish({ chatId, text: "first" });
  control.edit({ mid, text: "second" });
  control.remove({ mid });
  const { updates } = await poll(`&marker=${first}`);
  expect(updates.map((u) => [u.update_type, u.message?.body.text ?? u.message_id])).toEqual([
    ["message_created", "first"],
    ["message_edited", "second"],
    ["message_removed", mid],
  ]);
});

test("updates come twice on request and, from a seed, by chance", async () => {
  const { control, seen, first, post } = await withPosts(2);
  control.repeatUpdates({ last: 2 });
  expect((await seen(`&marker=${first}`)).texts).toEqual(["p1", "p2", "p1", "p2"]);
  control.set({ duplicates: 1 });
  post("p3");
  expect((await seen(`&marker=${first + 4}`)).texts).toEqual(["p3", "p3"]);
});

test("edits and removals of messages that never were can be queued, and updates of unknown types", async () => {
  const { control, chatId, poll, first, ask } = await withPosts(0);
  const { mid } = control.unknownEdit({ chatId, text: "?" });
  control.unknownRemoval({ chatId });
  control.update({ update: { update_type: "weather_changed", n: 116329890167999364n } });
  const { updates } = await poll(`&marker=${first}`);
  expect(updates.map((u) => u.update_type)).toEqual(["message_edited", "message_removed", "weather_changed"]);
  expect((await ask(`/messages/${mid}`)).status).toBe(404);
  expect((await ask(`/updates?timeout=0&marker=${first}`)).text).toContain('"n":116329890167999364');
});

test("whenCommitted resolves once a marker passes all that was queued", async () => {
  const { control, seen, first } = await withPosts(2);
  let committed = false;
  const done = control.whenCommitted().then(() => {
    committed = true;
  });
  await seen(`&marker=${first}`);
  await Promise.resolve();
  expect(committed).toBe(false);
  await seen(`&marker=${first + 2}`);
  await done;
  expect(committed).toBe(true);
});
