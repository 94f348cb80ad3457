import { expect, test, vi } from "vitest";
import type { Answer, Api } from "../../adapters/matrix/api.ts";
import { keptOf } from "../../adapters/matrix/kept.ts";
import { CLOSED } from "../../adapters/matrix/power.ts";
import { ENCRYPTION } from "../../adapters/matrix/room-check.ts";
import { createRoomWatch, type RoomStanding } from "../../adapters/matrix/room-watch.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import { accepted, core, post, ROOM, start, waiting } from "../core.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { BOT, lost, PLACE, refused } from "./homeserver.helper.ts";

const soon = <T>(look: () => T): Promise<T> => vi.waitFor(look, { timeout: 20_000, interval: 5 });
const safe = [
  ["m.room.create", { room_version: "10" }],
  ["m.room.encryption", ENCRYPTION],
  ["m.room.power_levels", { ...CLOSED, users: { [BOT]: 100 } }],
  ["m.room.join_rules", { join_rule: "invite" }],
  ["m.room.guest_access", { guest_access: "forbidden" }],
  ["m.room.history_visibility", { history_visibility: "shared" }],
  ["m.room.name", { name: "Факультет" }],
] as const;
const stateOf = (events: readonly (readonly [string, object])[]): Answer => ({
  kind: "ok",
  body: [
    ...events.map(([type, content]) => ({ type, state_key: "", sender: BOT, content })),
    { type: "m.room.member", state_key: BOT, sender: BOT, content: { membership: "join" } },
  ],
});

/** A watch over one room; what its server says of the room's state is `now.state`. */
async function watched() {
  const c = await core();
  const kept = keptOf(c.bridge.store.kept.of("matrix.campus"));
  kept.room(ROOM).put({ id: PLACE, before: [] });
  const now: { state: Answer; looks: number; join: Answer } = {
    state: stateOf(safe),
    looks: 0,
    join: refused(403, "M_FORBIDDEN"),
  };
  const api: Api = {
    call: async ({ method, path }) => {
      if (method === "PUT") return refused(403, "M_FORBIDDEN");
      if (path.includes("/join/")) {
        if (now.join.kind === "ok") now.state = stateOf(safe);
        return now.join;
      }
      if (!path.endsWith("/state")) return refused(404, "M_NOT_FOUND");
      now.looks++;
      return now.state;
    },
  };
  const clock = new HandClock();
  const told: (RoomStanding["held"] | "moved")[] = [];
  const watch = createRoomWatch({
    api,
    bot: BOT,
    kept,
    rooms: [{ name: ROOM, wish: { name: "Факультет", topic: null, historyVisibility: "shared" } }],
    members: { forget: () => {} },
    clock,
    stands: (_room, { held }) => told.push(held),
    moved: () => told.push("moved"),
    joined: () => {},
  });
  const end = new AbortController();
  const run = () => {
    const ended = watch.run(end.signal);
    return async () => {
      end.abort();
      await ended;
    };
  };
  return { watch, now, clock, told, run, c };
}

test("after a start a room is no place to send to before it was looked at, whatever it was before", async () => {
  const { watch, told, run } = await watched();
  expect([watch.place(ROOM), watch.awaited(ROOM), watch.standing(ROOM)]).toEqual([null, true, null]);
  const stop = run();
  await soon(() => expect(told).toEqual([null]));
  expect([watch.place(ROOM), watch.awaited(ROOM)]).toEqual([PLACE, false]);
  await stop();
});

test("a room that cannot be looked at gets nothing, and its lane tells why; it is looked at again soon", async () => {
  const { watch, now, clock, told, run } = await watched();
  now.state = lost;
  const stop = run();
  await soon(() => expect(watch.awaited(ROOM)).toBe(false));
  expect([watch.place(ROOM), told]).toEqual([null, []]);
  now.state = stateOf(safe);
  clock.advance(2_000);
  await soon(() => expect(watch.place(ROOM)).toBe(PLACE));
  await stop();
});

test.each(["M_FORBIDDEN", "M_NOT_FOUND"])(
  "a server that says %s of a room for a moment holds it up for moments, and not for hours",
  async (code) => {
    const { watch, now, clock, told, run } = await watched();
    now.state = refused(code === "M_FORBIDDEN" ? 403 : 404, code);
    const stop = run();
    await soon(() => expect(told).toEqual(["out"]));
    expect([watch.place(ROOM), watch.awaited(ROOM)]).toEqual([null, true]);
    now.state = stateOf(safe);
    clock.advance(2_000);
    await soon(() => expect(told).toEqual(["out", null]));
    expect(watch.place(ROOM)).toBe(PLACE);
    await stop();
  },
);

test("an invitation back into a room that could not be taken at once is taken a little later, though it is told once", async () => {
  const { watch, now, clock, told, run } = await watched();
  now.state = refused(403, "M_FORBIDDEN");
  const stop = run();
  await soon(() => expect(told).toEqual(["out"]));
  now.join = refused(429, "M_LIMIT_EXCEEDED", 5_000);
  expect(watch.invited({ room: PLACE, from: null })).toBe(true);
  await soon(() => expect(told).toEqual(["out", "out"]));
  now.join = { kind: "ok", body: { room_id: PLACE } };
  clock.advance(5_000);
  await soon(() => expect(told).toEqual(["out", "out", null]));
  expect(watch.place(ROOM)).toBe(PLACE);
  await stop();
});

test.each(["M_UNRECOGNIZED", "M_RESOURCE_LIMIT_EXCEEDED"])(
  "at a start a server that answers %s for a moment is asked again soon",
  async (code) => {
    const { watch, now, clock, run } = await watched();
    now.state = refused(400, code);
    const stop = run();
    await soon(() => expect(now.looks).toBe(1));
    await soon(() => expect(watch.awaited(ROOM)).toBe(false));
    now.state = stateOf(safe);
    clock.advance(2_000);
    await soon(() => expect(watch.place(ROOM)).toBe(PLACE));
    await stop();
  },
);

test("looks that tell nothing become rarer, until there is one a minute", async () => {
  const { now, clock, run } = await watched();
  now.state = lost;
  const stop = run();
  const from = clock.now();
  const at: number[] = [];
  for (let looks = 1; looks <= 9; looks++) {
    await soon(() => expect(now.looks).toBe(looks));
    at.push((clock.now() - from) / 1000);
    while (now.looks === looks) {
      // What the last second began goes on until it waits again.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      if (now.looks === looks) clock.advance(1_000);
    }
  }
  expect(at).toEqual([0, 2, 6, 14, 30, 62, 122, 182, 242]);
  await stop();
});

test("a room without encryption, or open to anybody, which the bot may not set right, is no place until it is as it should be", async () => {
  const without = (type: string) => stateOf(safe.filter(([t]) => t !== type));
  for (const [type, held] of [
    ["m.room.encryption", "not_encrypted"],
    ["m.room.join_rules", "open"],
    ["m.room.power_levels", "bot_without_power"],
  ] as const) {
    const { watch, now, told, run } = await watched();
    now.state = without(type);
    const stop = run();
    await soon(() => expect(told.length, type).toBeGreaterThan(0));
    expect([watch.place(ROOM), watch.standing(ROOM)?.held], type).toEqual([null, expect.any(String)]);
    expect(told, type).toEqual([held]);
    await stop();
  }
});

test("a lane that is held is not tried and its pause does not grow; it goes on when it is told to", async () => {
  const c = await core();
  const now = { held: true, tries: 0 };
  const room: Destination = {
    room: ROOM,
    held: () => now.held,
    async prepare() {
      now.tries++;
      return { kind: "outcome", outcome: { kind: "sent", receipt: null } };
    },
    send: async () => ({ kind: "sent", receipt: null }),
  };
  const runtime = start(c, {}, [], { destinations: [room] });
  c.source.tell({ type: "posted", at: c.clock.now(), post: post(1, "Экзамен") });
  await accepted(c);
  runtime.wake();
  c.clock.advance(3_600_000);
  expect([now.tries, waiting(c)]).toEqual([0, 1]);
  now.held = false;
  runtime.wake();
  await soon(() => expect(waiting(c)).toBe(0));
  expect(now.tries).toBe(1);
  await runtime.stop();
});
