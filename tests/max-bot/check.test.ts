import { expect, test, vi } from "vitest";
import type { Fault } from "../../simulators/max/faults.ts";
import { channelPlan, maxWorld } from "./max-bot.helper.ts";

/** The codes of a self-check, the token's first. */
async function codes(world: Awaited<ReturnType<typeof maxWorld>>, over: object = {}) {
  const findings = await world.source(over).check(new AbortController().signal);
  return findings.map((f) => `${f.ok ? "" : "not "}ok: ${f.code}`);
}

test("a bot that may read all messages is told so, channel by channel", async () => {
  const world = await maxWorld();
  const other = world.control.createChannel({ bot: { permissions: ["read_all_messages"] } }).chatId;
  const channels = [channelPlan(world.chatId), channelPlan(other)];
  const findings = await world.source({ channels }).check(new AbortController().signal);
  expect(findings).toEqual([
    { ok: true, code: "token_accepted" },
    { ok: true, code: "channel_readable", channel: world.chatId },
    { ok: true, code: "channel_readable", channel: other },
  ]);
});

const rights: readonly (readonly [string, { admin?: boolean; member?: boolean; permissions?: string[] }])[] =
  [
    ["not_admin", { admin: false }],
    ["lacks_read_all_messages", { permissions: ["write", "pin_message"] }],
    ["not_in_channel", { member: false }],
  ];
test.each(rights)("%s is found", async (code, bot) => {
  const world = await maxWorld();
  world.control.setBot({ chatId: world.chatId, ...bot });
  expect(await codes(world)).toEqual(["ok: token_accepted", `not ok: ${code}`]);
});

test("a closed channel is found, and one that nobody knows", async () => {
  const world = await maxWorld();
  world.control.close({ chatId: world.chatId });
  const channels = [channelPlan(world.chatId), channelPlan("-1")];
  expect(await codes(world, { channels })).toEqual([
    "ok: token_accepted",
    "not ok: channel_closed",
    "not ok: not_in_channel",
  ]);
});

test("a refused token is all that is said", async () => {
  expect(await codes(await maxWorld(), { token: "wrong" })).toEqual(["not ok: token_refused"]);
});

const troubles: readonly (readonly [string, Fault])[] = [
  ["server_error", { kind: "status", status: 500 }],
  ["rate_limited", { kind: "rate_limit" }],
  ["not_json", { kind: "html" }],
  ["unreachable", { kind: "reset" }],
];
test.each(troubles)("%s is named, for the token and for a channel", async (code, fault) => {
  const world = await maxWorld();
  world.control.fault({ path: "/me", fault });
  expect(await codes(world)).toEqual([`not ok: ${code}`]);
  world.control.fault({ path: "/chats/*", fault });
  expect(await codes(world)).toEqual(["ok: token_accepted", `not ok: ${code}`]);
});

test("checking asks and changes nothing", async () => {
  const world = await maxWorld();
  const before = world.control.stats().updates;
  await codes(world);
  expect(world.control.stats().updates).toEqual(before);
  expect(world.control.stats().writes).toBe(0);
});

test("a hundred channels are asked for a few at a time", async () => {
  const world = await maxWorld();
  const channels = Array.from({ length: 100 }, () => channelPlan(world.control.createChannel({}).chatId));
  world.control.fault({ path: "/chats/*", fault: { kind: "hang" }, times: 100 });
  const stop = new AbortController();
  const checked = world.source({ channels }).check(stop.signal);
  const asked = () => world.control.requests({}).filter((r) => r.path.startsWith("/chats/")).length;
  await vi.waitFor(() => expect(asked()).toBeGreaterThan(0));
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(asked()).toBe(2);
  stop.abort();
  expect(await checked).toHaveLength(101);
});
