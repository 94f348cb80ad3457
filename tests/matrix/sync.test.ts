import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Answer, Api, ApiCall } from "../../adapters/matrix/api.ts";
import type { Engine, SyncForEngine } from "../../adapters/matrix/engine.ts";
import { RoomId, UserId } from "../../adapters/matrix/ids.ts";
import { logout } from "../../adapters/matrix/login.ts";
import { createMembers } from "../../adapters/matrix/members.ts";
import { path } from "../../adapters/matrix/path.ts";
import { createChat, createRoom, invite, joinedRooms } from "../../adapters/matrix/rooms-api.ts";
import { createSync, type SyncEnd, type SyncStatus } from "../../adapters/matrix/sync.ts";
import type { ChatEvent, Invitation, RoomNews } from "../../adapters/matrix/sync-rooms.ts";
import { systemClock, systemRandom } from "../../bridge/clock.ts";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import { faults, startFaultProxy } from "../e2e/matrix/faults.helper.ts";
import { environment, type Homeserver, startHomeserver } from "../e2e/matrix/homeserver.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { botOn, got, handOn, never, roomOf, soon, userOf, wish } from "./world.helper.ts";

type Step = string;

/** A sync loop with all it talks to written down in order. */
function loopOf(o: {
  readonly api: Api;
  readonly bot: UserId;
  readonly rooms?: Iterable<RoomId>;
  readonly chats?: Iterable<RoomId>;
  readonly place?: string | null;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly engine?: Partial<Pick<Engine, "receive" | "flush" | "rotate">>;
  readonly onRoom?: (news: RoomNews) => Promise<void>;
}) {
  const clock = o.clock ?? systemClock;
  const steps: Step[] = [];
  const received: SyncForEngine[] = [];
  const rooms: RoomNews[] = [];
  const invitations: Invitation[] = [];
  const chat: ChatEvent[] = [];
  const statuses: SyncStatus[] = [];
  const rotated: RoomId[] = [];
  let place = o.place ?? null;
  const members = createMembers(o.api, o.bot, clock);
  const sync = createSync({
    api: o.api,
    bot: o.bot,
    members,
    clock,
    random: o.random ?? { ...systemRandom, next: () => 1 },
    engine: {
      receive: async (brought) => {
        await o.engine?.receive?.(brought);
        received.push(brought);
        steps.push("received");
      },
      flush: async (signal) => (await o.engine?.flush?.(signal)) ?? null,
      rotate: async (room) => {
        rotated.push(room);
        steps.push("rotated");
      },
    },
    place: {
      get: () => place,
      put: (next) => {
        place = next;
        steps.push("stored");
      },
    },
    rooms: () => new Set(o.rooms ?? []),
    chats: () => new Set(o.chats ?? []),
    listener: {
      status: (status) => statuses.push(status),
      room: async (news) => {
        await o.onRoom?.(news);
        rooms.push(news);
        steps.push(news.kind);
      },
      invitation: async (one) => {
        invitations.push(one);
      },
      chat: async (one) => {
        chat.push(one);
      },
    },
  });
  const end = new AbortController();
  return {
    ...{ steps, received, rooms, invitations, chat, statuses, rotated, members },
    place: () => place,
    troubles: () => statuses.flatMap((s) => (s.kind === "trouble" ? [s.code] : [])),
    heard: () => statuses.filter((s) => s.kind === "heard").length,
    run: () => sync.run(end.signal),
    stop: () => end.abort(),
  };
}
type Loop = ReturnType<typeof loopOf>;

/** Runs a loop until the test ends, from after its first sync. */
async function started(loop: Loop): Promise<{ readonly run: Promise<SyncEnd> }> {
  const run = loop.run();
  onTestFinished(async () => {
    loop.stop();
    await run.catch(() => {});
  });
  await soon(() => expect(loop.heard()).toBeGreaterThan(0));
  return { run };
}

describe.skipIf(environment === null)("the sync loop on a real homeserver", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  const roomWith = async (
    bot: Awaited<ReturnType<typeof botOn>>,
    ...hands: Awaited<ReturnType<typeof handOn>>[]
  ) => {
    const room = got(await createRoom(bot.api, bot.user, wish, never));
    for (const hand of hands) {
      got(await invite(bot.api, room, userOf(hand), null, never));
      await hand.call("POST", `/join/${encodeURIComponent(room)}`);
    }
    return room;
  };
  const act = (bot: { api: Api }, room: RoomId, what: string, user: string) =>
    bot.api.call(
      { method: "POST", path: path`/_matrix/client/v3/rooms/${room}/${what}`, body: { user_id: user } },
      never,
    );

  test("who comes and goes is told without a name, and every leaving changes the key before it is told", async () => {
    const bot = await botOn(server);
    const [left, kicked, banned, declines, stays] = await Promise.all(
      ["a", "b", "c", "d", "e"].map((name) => handOn(server, name)),
    );
    if (!left || !kicked || !banned || !declines || !stays) throw new Error("hands");
    const room = await roomWith(bot, left, kicked, banned);
    const loop = loopOf({ ...bot, bot: bot.user, rooms: [room] });
    await started(loop);
    expect(loop.rooms).toEqual([]);
    await loop.members.of(room, never);
    got(await invite(bot.api, room, userOf(declines), null, never));
    await declines.call("POST", `/rooms/${encodeURIComponent(room)}/leave`);
    await left.call("POST", `/rooms/${encodeURIComponent(room)}/leave`);
    await act(bot, room, "kick", kicked.user);
    await act(bot, room, "ban", banned.user);
    got(await invite(bot.api, room, userOf(stays), null, never));
    await stays.call("POST", `/join/${encodeURIComponent(room)}`);
    await stays.call("PUT", `/profile/${encodeURIComponent(stays.user)}/displayname`, { displayname: "E" });
    await soon(() => expect(loop.rooms.at(-1)?.kind).toBe("joined"));
    expect(loop.rooms).toEqual([
      { kind: "left", room, how: "left" },
      { kind: "left", room, how: "left" },
      { kind: "left", room, how: "removed" },
      { kind: "left", room, how: "banned" },
      { kind: "joined", room },
    ]);
    expect(new Set(loop.rotated)).toEqual(new Set([room]));
    expect(loop.steps.indexOf("rotated")).toBeLessThan(loop.steps.indexOf("left"));
    expect(got(await loop.members.of(room, never)).toSorted()).toEqual([bot.user, userOf(stays)].toSorted());
  });

  test("the engine has what a sync brought before the place is stored, and what is told is durable before, too", async () => {
    const [bot, student] = [await botOn(server), await handOn(server)];
    const room = await roomWith(bot, student);
    const first = loopOf({ ...bot, bot: bot.user, rooms: [room] });
    await started(first);
    first.stop();
    const place = first.place();
    await student.call("PUT", "/sendToDevice/m.room_key_request/1", {
      messages: { [bot.user]: { [bot.device]: { canary: 1 } } },
    });
    await student.call("POST", `/rooms/${encodeURIComponent(room)}/leave`);
    // The process dies while the engine takes its share, and while the leaving is written down.
    const dying = (o: Pick<Parameters<typeof loopOf>[0], "engine" | "onRoom">) =>
      loopOf({ ...bot, bot: bot.user, rooms: [room], place, ...o });
    const died = () => Promise.reject(new Error("died"));
    const before = dying({ engine: { receive: died } });
    await expect(before.run()).rejects.toThrow("died");
    expect(before.place()).toBe(place);
    const within = dying({ onRoom: died });
    await expect(within.run()).rejects.toThrow("died");
    expect(within.steps.at(-1)).toBe("rotated");
    const next = loopOf({ ...bot, bot: bot.user, rooms: [room], place: within.place() });
    await started(next);
    expect(next.rooms).toEqual([{ kind: "left", room, how: "left" }]);
    expect(next.steps.slice(0, 4)).toEqual(["received", "rotated", "left", "stored"]);
    const received = [...within.received, ...next.received].flatMap(({ toDevice }) => toDevice);
    expect(received).toContainEqual(
      expect.objectContaining({ content: { canary: 1 }, sender: student.user }),
    );
  });

  test("after a gap longer than a page nobody's leaving is missed", async () => {
    const bot = await botOn(server);
    const [gone, ...others] = await Promise.all(Array.from({ length: 3 }, () => handOn(server)));
    if (gone === undefined) throw new Error("no hand");
    const room = await roomWith(bot, gone, ...others);
    const first = loopOf({ ...bot, bot: bot.user, rooms: [room] });
    await started(first);
    first.stop();
    await gone.call("POST", `/rooms/${encodeURIComponent(room)}/leave`);
    for (let i = 0; i < 60; i++)
      await bot.api.call(
        {
          method: "PUT",
          path: path`/_matrix/client/v3/rooms/${room}/send/m.room.encrypted/${String(i)}`,
          body: {},
        },
        never,
      );
    const next = loopOf({ ...bot, bot: bot.user, rooms: [room], place: first.place() });
    await started(next);
    expect(next.rooms).toEqual([{ kind: "left", room, how: "left" }]);
    expect(next.rotated).toEqual([room]);
  });

  test("the bot that is removed, banned or gone from a room is told, and its other rooms go on", async () => {
    const [bot, rep] = [await botOn(server), await handOn(server, "rep")];
    const theirs = async () => {
      const made = await rep.call("POST", "/createRoom", { preset: "private_chat", invite: [bot.user] });
      await bot.api.call(
        { method: "POST", path: path`/_matrix/client/v3/join/${roomOf(made)}`, body: {} },
        never,
      );
      return roomOf(made);
    };
    const [removed, banned, fine] = [await theirs(), await theirs(), await theirs()];
    const rooms = [removed, banned, fine];
    const loop = loopOf({ ...bot, bot: bot.user, rooms });
    await started(loop);
    await rep.call("POST", `/rooms/${encodeURIComponent(removed)}/kick`, { user_id: bot.user });
    await rep.call("POST", `/rooms/${encodeURIComponent(banned)}/ban`, { user_id: bot.user });
    await rep.call("POST", `/rooms/${encodeURIComponent(fine)}/leave`);
    await soon(() => expect(loop.rooms).toHaveLength(3));
    expect(loop.rooms).toEqual([
      { kind: "out", room: removed, how: "removed" },
      { kind: "out", room: banned, how: "banned" },
      { kind: "left", room: fine, how: "left" },
    ]);
  });

  test("a change of what makes a room safe is told, and a tombstone", async () => {
    const bot = await botOn(server);
    const room = await roomWith(bot);
    const other = await roomWith(bot);
    const loop = loopOf({ ...bot, bot: bot.user, rooms: [room] });
    await started(loop);
    const put = (type: string, body: unknown, where = room) =>
      bot.api.call(
        { method: "PUT", path: path`/_matrix/client/v3/rooms/${where}/state/${type}/`, body },
        never,
      );
    await put("m.room.join_rules", { join_rule: "public" }, other);
    await put("m.room.encryption", {});
    await put("m.room.guest_access", { guest_access: "can_join" });
    await put("m.room.tombstone", { body: "", replacement_room: other });
    await soon(() => expect(loop.rooms).toHaveLength(3));
    expect(loop.rooms).toEqual([
      { kind: "changed", room, what: "m.room.encryption" },
      { kind: "changed", room, what: "m.room.guest_access" },
      { kind: "replaced", room },
    ]);
  });

  test("an invitation is told and never accepted", async () => {
    const [bot, stranger] = [await botOn(server), await handOn(server)];
    const loop = loopOf({ ...bot, bot: bot.user });
    await started(loop);
    const made = await stranger.call("POST", "/createRoom", { is_direct: true, invite: [bot.user] });
    await soon(() => expect(loop.invitations).toEqual([{ room: roomOf(made), from: stranger.user }]));
    expect(got(await joinedRooms(bot.api, never))).toEqual([]);
  });

  test("encrypted events of direct chats are handed on, of no other room, not the bot's own and none from before", async () => {
    const [bot, rep] = [await botOn(server), await handOn(server, "rep")];
    const chat = got(await createChat(bot.api, userOf(rep), never));
    await rep.call("POST", `/join/${encodeURIComponent(chat)}`);
    const made = roomOf(await rep.call("POST", "/createRoom", { invite: [bot.user] }));
    await bot.api.call({ method: "POST", path: path`/_matrix/client/v3/join/${made}`, body: {} }, never);
    const say = (room: RoomId, n: number, type = "m.room.encrypted") =>
      rep.call("PUT", `/rooms/${encodeURIComponent(room)}/send/${type}/${n}`, {
        msgtype: "m.text",
        body: `${n}`,
      });
    await say(chat, 1);
    const loop = loopOf({ ...bot, bot: bot.user, rooms: [made], chats: [chat] });
    await started(loop);
    await say(made, 2);
    await say(chat, 3, "m.room.message");
    await bot.api.call(
      { method: "PUT", path: path`/_matrix/client/v3/rooms/${chat}/send/m.room.encrypted/x`, body: {} },
      never,
    );
    await say(chat, 4);
    await soon(() => expect(loop.chat).toHaveLength(1));
    expect(loop.chat).toMatchObject([{ room: chat, from: rep.user, raw: { content: { body: "4" } } }]);
  });

  test("a token that is no longer taken ends the loop, and nothing is asked any more", async () => {
    const proxy = await startFaultProxy({ to: server.port });
    onTestFinished(() => proxy.close());
    const bot = await botOn(server, proxy.url);
    const loop = loopOf({ ...bot, bot: bot.user });
    const { run } = await started(loop);
    got(await logout(bot.api, never));
    expect(await run).toBe("logged_out");
    const asked = proxy.seen(/sync$/).length;
    expect(loop.troubles()).toEqual([]);
    const again = loopOf({ ...bot, bot: bot.user });
    expect(await again.run()).toBe("logged_out");
    expect(proxy.seen(/sync$/).length).toBe(asked + 1);
  });

  test("a loop that is stopped ends at once, though the server holds its question", async () => {
    const bot = await botOn(server);
    const loop = loopOf({ ...bot, bot: bot.user });
    const { run } = await started(loop);
    loop.stop();
    expect(await run).toBe("stopped");
  });

  test("whatever fails on the way, each event is told and the place goes on where it was", async () => {
    const proxy = await startFaultProxy({ to: server.port });
    onTestFinished(() => proxy.close());
    const [bot, student] = [await botOn(server, proxy.url), await handOn(server)];
    const room = await roomWith(bot);
    const clock: Clock = {
      now: systemClock.now,
      sleep: (_ms, s) => systemClock.sleep(1, s),
    };
    const loop = loopOf({ ...bot, bot: bot.user, rooms: [room], clock });
    await started(loop);
    const laid = [
      faults.broken,
      faults.malformed,
      faults.empty,
      faults.html(502),
      faults.forbidden,
      faults.cutBefore,
      faults.cutWithin,
      faults.limited(3),
    ].map((fault) => proxy.lay({ path: /sync$/, fault, times: 2 }));
    proxy.cut();
    got(await invite(bot.api, room, userOf(student), null, never));
    await student.call("POST", `/join/${encodeURIComponent(room)}`);
    await soon(() => expect(loop.rooms).toEqual([{ kind: "joined", room }]));
    expect(laid.map(({ hits }) => hits)).toEqual(laid.map(() => 2));
    expect(new Set(loop.troubles())).toEqual(
      new Set(["cut", "server_error", "not_matrix", "bad_answer", "M_FORBIDDEN", "M_LIMIT_EXCEEDED"]),
    );
  });
});

/** An API that answers syncs from a list, and then holds. */
function scripted(answers: Answer[]) {
  const asked: ApiCall[] = [];
  const api: Api = {
    call: (call, signal) => {
      asked.push(call);
      const next = answers.shift();
      if (next !== undefined) return Promise.resolve(next);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
  };
  return { api, asked };
}
const bot = UserId.parse("@bot:h");
const lost = (retryAfter: number | null = null): Answer => ({
  kind: "lost",
  code: "server_error",
  retryAfter,
});
const ok = (body: object): Answer => ({ kind: "ok", body: { next_batch: "p1", ...body } });
const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

test("pauses double from a second to a minute, begin anew after a success, and obey the server to the millisecond", async () => {
  const clock = new HandClock();
  const limited: Answer = {
    kind: "refused",
    status: 429,
    errcode: "M_LIMIT_EXCEEDED",
    retryAfter: 123_456,
    body: null,
  };
  const { api, asked } = scripted([...Array.from({ length: 8 }, () => lost()), ok({}), lost(), limited]);
  const loop = loopOf({ api, bot, clock });
  const run = loop.run();
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    await turns();
    const last = loop.statuses.at(-1);
    if (last?.kind !== "trouble") break;
    pauses.push(last.until - clock.now());
    const before = asked.length;
    clock.advance(last.until - clock.now() - 1);
    await turns();
    expect(asked).toHaveLength(before);
    clock.advance(1);
  }
  await turns();
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 1_000, 123_456]);
  loop.stop();
  expect(await run).toBe("stopped");
});

test("a place that the server does not know is given up, and the devices of those in our rooms are looked at anew", async () => {
  const clock = new HandClock();
  const room = RoomId.parse("!r:h");
  const member = (user: string, membership: string) => ({
    type: "m.room.member",
    state_key: user,
    sender: user,
    content: { membership },
  });
  const events = [member("@bot:h", "join"), member("@a:h", "join")];
  const unknown: Answer = {
    kind: "refused",
    status: 400,
    errcode: "M_UNKNOWN_POS",
    retryAfter: null,
    body: null,
  };
  const { api, asked } = scripted([unknown, ok({ rooms: { join: { [room]: { state: { events } } } } })]);
  const gone = RoomId.parse("!gone:h");
  const loop = loopOf({ api, bot, clock, rooms: [room, gone], place: "old" });
  const run = loop.run();
  await turns();
  clock.advance(1_000);
  await turns();
  expect(asked.map((call) => call.query?.since)).toEqual(["old", undefined, "p1"]);
  expect(loop.received[0]?.changed).toEqual(["@bot:h", "@a:h"]);
  expect(loop.rooms).toEqual([{ kind: "out", room: gone, how: "gone" }]);
  loop.stop();
  await run;
});

test("what a sync holds that is not as specified is left out, and stops nothing", async () => {
  const room = RoomId.parse("!r:h");
  const left = { type: "m.room.member", state_key: "@a:h", sender: "@a:h", content: { membership: "leave" } };
  const { api } = scripted([
    ok({
      to_device: "nonsense",
      device_lists: { changed: ["@a:h", 7, "not a user"], left: "x" },
      device_one_time_keys_count: { signed_curve25519: "many" },
      rooms: {
        join: {
          "not a room": {},
          "!other:h": null,
          [room]: {
            state: 5,
            timeline: { events: [null, 7, { type: "m.room.member" }, left, { ...left, content: 4 }] },
          },
        },
        invite: { "!i:h": { invite_state: {} }, "!j:h": "x" },
        leave: [],
      },
    }),
  ]);
  const loop = loopOf({ api, bot, rooms: [room], place: "p0" });
  const run = loop.run();
  await turns();
  expect(loop.received).toEqual([
    { toDevice: [], changed: ["@a:h"], left: [], oneTimeKeys: null, unusedFallbackKeys: null },
  ]);
  // A membership that cannot be read counts as none: the key is changed.
  expect(loop.rooms).toEqual(Array.from({ length: 2 }, () => ({ kind: "left", room, how: "left" })));
  expect(loop.invitations).toEqual([{ room: "!i:h", from: null }]);
  expect(loop.place()).toBe("p1");
  loop.stop();
  await run;
});

test("a flush that hangs keeps no news waiting, and one that breaks ends the loop", async () => {
  const hangs = scripted([ok({}), ok({ next_batch: "p2" })]);
  const held = Promise.withResolvers<void>();
  let flushes = 0;
  const loop = loopOf({
    api: hangs.api,
    bot,
    engine: {
      flush: () => {
        flushes++;
        return held.promise.then(() => null);
      },
    },
  });
  const run = loop.run();
  await turns();
  expect(loop.place()).toBe("p2");
  expect(flushes).toBe(1);
  held.resolve();
  await turns();
  expect(flushes).toBe(2);
  loop.stop();
  await run;
  const breaks = scripted([ok({})]);
  const broken = loopOf({
    api: breaks.api,
    bot,
    engine: { flush: () => Promise.reject(new Error("panic")) },
  });
  const ended = broken.run();
  await expect(ended).rejects.toThrow("panic");
});
