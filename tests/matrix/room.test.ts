import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createMembers } from "../../adapters/matrix/members.ts";
import { type OwnEvent, ownEvents } from "../../adapters/matrix/own-events.ts";
import { path } from "../../adapters/matrix/path.ts";
import { checkRoom, mendRoom, type RoomFinding } from "../../adapters/matrix/room-check.ts";
import {
  createChat,
  createRoom,
  invite,
  joinedRooms,
  joinRoom,
  leaveRoom,
  membershipOf,
  redact,
  resolveAlias,
  setPinned,
} from "../../adapters/matrix/rooms-api.ts";
import { followUpgrade } from "../../adapters/matrix/upgrade.ts";
import type { Read } from "../../adapters/matrix/wire.ts";
import { faults, startFaultProxy } from "../e2e/matrix/faults.helper.ts";
import { environment, type Homeserver, startHomeserver } from "../e2e/matrix/homeserver.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { botOn, eventOf, got, handOn, never, roomOf, userOf, wayTo, wish } from "./world.helper.ts";

const flaws = (found: Read<readonly RoomFinding[]>) => got(found).map(({ flaw }) => flaw);

/** Version 12 is the first in which who made a room stands above all levels. */
describe.skipIf(environment === null).each(["10", "12"])(
  "rooms of version %s on a real homeserver",
  (version) => {
    let server: Homeserver;
    beforeAll(async () => {
      server = await startHomeserver({
        settings: { default_room_version: version, room_list_publication_rules: [{ action: "allow" }] },
      });
    }, 300_000);
    afterAll(() => server?.remove());

    test("a room that the bot makes is as it should be: in it only the bot may do anything but leave", async () => {
      const [bot, student, other] = [await botOn(server), await handOn(server), await handOn(server)];
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      expect(got(await checkRoom(bot.api, room, bot.user, wish, never))).toEqual([]);
      const at = `/rooms/${encodeURIComponent(room)}`;
      await expect(student.call("POST", `/join/${encodeURIComponent(room)}`)).rejects.toThrow("M_FORBIDDEN");
      got(await invite(bot.api, room, userOf(student), null, never));
      await student.call("POST", `/join/${encodeURIComponent(room)}`);
      const tried: readonly (readonly ["PUT" | "POST", string, unknown])[] = [
        ["PUT", "/send/m.room.message/1", { msgtype: "m.text", body: "hi" }],
        ["PUT", "/send/m.room.encrypted/2", {}],
        ["PUT", "/send/m.reaction/3", {}],
        ["PUT", "/state/m.room.topic/", { topic: "mine" }],
        ["PUT", "/state/m.room.power_levels/", { users_default: 100 }],
        ["PUT", "/state/org.example.any/", {}],
        ["POST", "/invite", { user_id: other.user }],
        ["POST", "/kick", { user_id: bot.user }],
      ];
      for (const [method, where, body] of tried)
        await expect(student.call(method, at + where, body), where).rejects.toThrow("M_FORBIDDEN");
      await student.call("POST", `${at}/leave`);
    });

    test("a room without a topic, and one whose history is open to members, are as they were wished", async () => {
      const bot = await botOn(server);
      for (const one of [
        { ...wish, topic: null },
        { ...wish, historyVisibility: "shared" as const },
      ]) {
        const room = got(await createRoom(bot.api, bot.user, one, never));
        expect(got(await checkRoom(bot.api, room, bot.user, one, never))).toEqual([]);
      }
    });

    test("a room that somebody else made is looked at, and mended as far as the bot's power goes", async () => {
      const [bot, rep] = [await botOn(server), await handOn(server, "rep")];
      const room = roomOf(
        await rep.call("POST", "/createRoom", {
          preset: "public_chat",
          visibility: "public",
          name: "Another",
          invite: [bot.user],
          initial_state: [
            { type: "m.room.guest_access", state_key: "", content: { guest_access: "can_join" } },
            {
              type: "m.room.history_visibility",
              state_key: "",
              content: { history_visibility: "world_readable" },
            },
          ],
        }),
      );
      // Such a room can be read from outside, too.
      expect(flaws(await checkRoom(bot.api, room, bot.user, wish, never))[0]).toBe("bot_outside");
      got(await joinRoom(bot.api, room, [], never));
      const all = [
        "not_encrypted",
        "bot_without_power",
        "open",
        "guests",
        "listed",
        "members_post",
        "others_have_power",
        "history_visibility",
        "name",
        "topic",
      ];
      const found = await mendRoom(bot.api, room, bot.user, wish, never);
      expect(flaws(found).filter((flaw) => flaw !== "members_manage")).toEqual(all);
      expect(got(found).some(({ mendable }) => mendable)).toBe(false);
      const at = `/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/`;
      const levels = Object(await rep.call("GET", at));
      await rep.call("PUT", at, { ...levels, users: { ...levels.users, [bot.user]: 100 } });
      const left = got(await mendRoom(bot.api, room, bot.user, wish, never));
      // Who made it keeps the power that the bot cannot take away.
      expect(left).toEqual([{ flaw: "others_have_power", unsafe: false, mendable: false }]);
      expect(got(await mendRoom(bot.api, room, bot.user, wish, never))).toEqual(left);
    });

    test("powers below the bot's are taken away, weak rotation is made stronger, and an alias leads to the room", async () => {
      const [bot, student] = [await botOn(server), await handOn(server)];
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      got(await invite(bot.api, room, userOf(student), null, never));
      await student.call("POST", `/join/${encodeURIComponent(room)}`);
      const put = (type: string, body: unknown) =>
        bot.api.call(
          { method: "PUT", path: path`/_matrix/client/v3/rooms/${room}/state/${type}/`, body },
          never,
        );
      const users = version === "12" ? {} : { [bot.user]: 100 };
      await put("m.room.power_levels", {
        users: { ...users, [student.user]: 50 },
        events: { "m.room.message": 0 },
      });
      await put("m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2", rotation_period_msgs: 100_000 });
      const bad = flaws(await checkRoom(bot.api, room, bot.user, wish, never));
      expect(bad).toEqual(["rotation", "members_post", "members_manage", "others_have_power"]);
      expect(got(await mendRoom(bot.api, room, bot.user, wish, never))).toEqual([]);
      await expect(
        student.call("PUT", `/rooms/${encodeURIComponent(room)}/send/m.room.message/1`, {
          msgtype: "m.text",
          body: "hi",
        }),
      ).rejects.toThrow("M_FORBIDDEN");
      const alias = `#room-${bot.device.toLowerCase()}:postern.test`;
      await bot.api.call(
        { method: "PUT", path: path`/_matrix/client/v3/directory/room/${alias}`, body: { room_id: room } },
        never,
      );
      expect(got(await resolveAlias(bot.api, alias, never)).room).toBe(room);
      expect(await resolveAlias(bot.api, "#nothing:postern.test", never)).toMatchObject({
        code: "M_NOT_FOUND",
      });
    });

    test("keys are shared before the invitation goes out, and who is there already is not invited", async () => {
      const [bot, student] = [await botOn(server), await handOn(server)];
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      const user = userOf(student);
      const seen: (string | null)[] = [];
      const keys = async () => {
        seen.push(got(await membershipOf(bot.api, room, user, never)));
        return { code: "M_LIMIT_EXCEEDED" };
      };
      expect(got(await invite(bot.api, room, user, keys, never))).toEqual({
        keys: { code: "M_LIMIT_EXCEEDED" },
      });
      expect(seen).toEqual([null]);
      expect(got(await membershipOf(bot.api, room, user, never))).toBe("invite");
      await student.call("POST", `/join/${encodeURIComponent(room)}`);
      expect(await invite(bot.api, room, user, keys, never)).toMatchObject({ code: "already_there" });
      expect(seen).toHaveLength(1);
    });

    test("members are those who joined and were invited, from memory while the syncs come through", async () => {
      const proxy = await startFaultProxy({ to: server.port });
      onTestFinished(() => proxy.close());
      const bot = await botOn(server, proxy.url);
      const [joined, invited, gone] = [await handOn(server), await handOn(server), await handOn(server)];
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      for (const hand of [joined, invited, gone]) got(await invite(bot.api, room, userOf(hand), null, never));
      await joined.call("POST", `/join/${encodeURIComponent(room)}`);
      await gone.call("POST", `/rooms/${encodeURIComponent(room)}/leave`);
      const clock = new HandClock();
      const members = createMembers(bot.api, bot.user, clock);
      const asked = () => proxy.seen(/members$/).length;
      const expected = [bot.user, userOf(joined), userOf(invited)].sort();
      members.upToDate();
      expect([...got(await members.of(room, never))].sort()).toEqual(expected);
      expect([...got(await members.of(room, never))].sort()).toEqual(expected);
      expect(asked()).toBe(1);
      members.apply(room, {
        type: "m.room.member",
        state_key: invited.user,
        sender: bot.user,
        content: { membership: "ban" },
        unsigned: undefined,
      });
      expect(got(await members.of(room, never))).not.toContain(invited.user);
      // No sync has come for a while: the server is asked.
      clock.advance(60_000);
      expect([...got(await members.of(room, never))].sort()).toEqual(expected);
      for (const fault of [
        faults.broken,
        faults.forbidden,
        faults.empty,
        faults.malformed,
        faults.cutAfter,
      ]) {
        const laid = proxy.lay({ path: /members$/, fault });
        expect(await members.of(room, never)).toMatchObject({ kind: "fault" });
        laid.lift();
      }
      proxy.lay({ path: /members$/, fault: { kind: "change", change: () => ({ chunk: [] }) } });
      expect(await members.of(room, never)).toMatchObject({ code: "bad_answer" });
    });

    test("posts are pinned and taken off once, and redacted under a transaction of ours", async () => {
      const bot = await botOn(server);
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      const pins = async () => {
        const at = path`/_matrix/client/v3/rooms/${room}/state/m.room.pinned_events/`;
        return bot.api.call({ method: "GET", path: at }, never);
      };
      const events = [await send(bot, room, 1), await send(bot, room, 2)];
      for (const event of [...events, ...events]) got(await setPinned(bot.api, room, event, true, never));
      expect(await pins()).toEqual({ kind: "ok", body: { pinned: events } });
      got(await setPinned(bot.api, room, events[0] ?? eventOf({}), false, never));
      expect(await pins()).toEqual({ kind: "ok", body: { pinned: [events[1]] } });
      const [target] = events;
      if (target === undefined) throw new Error("no event");
      const first = got(await redact(bot.api, room, target, "t1", never));
      expect(got(await redact(bot.api, room, target, "t1", never))).toBe(first);
      const own = await all(bot, room);
      expect(own.find(({ event }) => event === target)?.content).toEqual({});
    });

    test("the bot's own events are read back to the beginning, with the transactions of this device alone", async () => {
      const bot = await botOn(server);
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      const sent = [];
      for (let i = 0; i < 130; i++) sent.push(await send(bot, room, i));
      const own = await all(bot, room);
      expect(own.map(({ event }) => event)).toEqual(sent.toReversed());
      expect(own.map(({ transaction }) => transaction)).toEqual(sent.map((_, i) => `own.${i}`).toReversed());
      expect(own[0]?.content).toEqual({ ciphertext: "…129" });
      const other = await server.login(bot);
      const api = wayTo(server.url).api(other.token);
      const theirs = await all({ ...bot, api }, room);
      expect(theirs.map(({ event }) => event)).toEqual(own.map(({ event }) => event));
      expect(new Set(theirs.map(({ transaction }) => transaction))).toEqual(new Set([null]));
    });

    test("a page that cannot be had ends the reading with a fault, never as if it were all", async () => {
      const proxy = await startFaultProxy({ to: server.port });
      onTestFinished(() => proxy.close());
      const bot = await botOn(server, proxy.url);
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      await send(bot, room, 1);
      for (const fault of [
        faults.broken,
        faults.forbidden,
        faults.empty,
        faults.malformed,
        faults.limited(5),
      ]) {
        const laid = proxy.lay({ path: /messages$/, fault });
        const pages = [];
        for await (const page of ownEvents(bot.api, room, bot.user, never)) pages.push(page);
        expect(pages).toMatchObject([{ kind: "fault" }]);
        laid.lift();
      }
    });

    test("a room whose making was not answered is found, and none is made twice", async () => {
      const proxy = await startFaultProxy({ to: server.port });
      onTestFinished(() => proxy.close());
      const bot = await botOn(server, proxy.url);
      const first = got(await createRoom(bot.api, bot.user, wish, never));
      const laid = proxy.lay({ path: /createRoom$/, fault: faults.cutAfter, times: 1 });
      const second = got(await createRoom(bot.api, bot.user, wish, never));
      expect(laid.hits).toBe(1);
      expect(got(await joinedRooms(bot.api, never)).toSorted()).toEqual([first, second].toSorted());
      proxy.lay({ path: /createRoom$/, fault: faults.cutBefore, times: 1 });
      expect(await createRoom(bot.api, bot.user, wish, never)).toMatchObject({ code: "lost_room" });
      proxy.lay({ path: /createRoom$/, fault: faults.forbidden, times: 1 });
      expect(await createRoom(bot.api, bot.user, wish, never)).toMatchObject({ code: "M_FORBIDDEN" });
      expect(got(await joinedRooms(bot.api, never))).toHaveLength(2);
    });

    test("a room that the bot upgraded is followed, and the new one is as it should be", async () => {
      const bot = await botOn(server);
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toEqual({ kind: "not_replaced" });
      const made = await bot.api.call(
        { method: "POST", path: path`/_matrix/client/v3/rooms/${room}/upgrade`, body: { new_version: "12" } },
        never,
      );
      expect(made).toMatchObject({ kind: "ok" });
      expect(flaws(await checkRoom(bot.api, room, bot.user, wish, never))[0]).toBe("replaced");
      const followed = await followUpgrade(bot.api, room, bot.user, wish, never);
      expect(followed).toMatchObject({ kind: "moved", findings: [] });
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toEqual(followed);
    });

    test("a room that another admin upgraded is followed once the bot is invited, and not used while it is unsafe", async () => {
      const [bot, rep] = [await botOn(server), await handOn(server, "rep")];
      const room = roomOf(
        await rep.call("POST", "/createRoom", {
          preset: "trusted_private_chat",
          invite: [bot.user],
          name: wish.name,
        }),
      );
      got(await joinRoom(bot.api, room, [], never));
      got(await mendRoom(bot.api, room, bot.user, wish, never));
      const made = await rep.call("POST", `/rooms/${encodeURIComponent(room)}/upgrade`, {
        new_version: "12",
      });
      const next = roomOf({ room_id: Object(made).replacement_room });
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toEqual({
        kind: "uninvited",
        room: next,
      });
      const at = `/rooms/${encodeURIComponent(next)}`;
      const levels = Object(await rep.call("GET", `${at}/state/m.room.power_levels/`));
      await rep.call("PUT", `${at}/state/m.room.power_levels/`, { ...levels, users: {} });
      await rep.call("POST", `${at}/invite`, { user_id: bot.user });
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toMatchObject({
        kind: "unsafe",
        room: next,
        findings: [{ flaw: "bot_without_power" }, { flaw: "others_have_power" }],
      });
      await rep.call("PUT", `${at}/state/m.room.power_levels/`, { ...levels, users: { [bot.user]: 100 } });
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toMatchObject({
        kind: "moved",
        room: next,
      });
    });

    test("a tombstone that leads to a room which knows nothing of ours is not followed", async () => {
      const bot = await botOn(server);
      const room = got(await createRoom(bot.api, bot.user, wish, never));
      const other = got(await createRoom(bot.api, bot.user, wish, never));
      const body = { body: "", replacement_room: other };
      const call = {
        method: "PUT",
        path: path`/_matrix/client/v3/rooms/${room}/state/m.room.tombstone/`,
        body,
      } as const;
      expect(await bot.api.call(call, never)).toMatchObject({ kind: "ok" });
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toEqual({ kind: "not_replaced" });
      const flaws = got(await checkRoom(bot.api, other, bot.user, wish, never)).map(({ flaw }) => flaw);
      expect(flaws, "one of the bot's own stays its own").not.toContain("bot_outside");

      const stranger = await handOn(server, "stranger");
      const open = roomOf(await stranger.call("POST", "/createRoom", { preset: "public_chat" }));
      expect(
        await bot.api.call({ ...call, body: { body: "", replacement_room: open } }, never),
      ).toMatchObject({
        kind: "ok",
      });
      expect(await followUpgrade(bot.api, room, bot.user, wish, never)).toEqual({ kind: "not_replaced" });
      const members = await stranger.call("GET", `/rooms/${encodeURIComponent(open)}/joined_members`);
      expect(Object.keys(Object(members).joined), "of a stranger's it is none").toEqual([stranger.user]);
    });

    test("a direct chat is encrypted from its beginning, and a room that was left is left", async () => {
      const [bot, rep] = [await botOn(server), await handOn(server, "rep")];
      const room = got(await createChat(bot.api, userOf(rep), never));
      expect(got(await membershipOf(bot.api, room, userOf(rep), never))).toBe("invite");
      const found = flaws(await checkRoom(bot.api, room, bot.user, wish, never));
      for (const flaw of ["not_encrypted", "open", "guests", "listed"]) expect(found).not.toContain(flaw);
      got(await leaveRoom(bot.api, room, never));
      got(await leaveRoom(bot.api, room, never));
      expect(got(await joinedRooms(bot.api, never))).toEqual([]);
    });

    type Sender = Pick<Awaited<ReturnType<typeof botOn>>, "api" | "user">;
    type Room = Parameters<typeof redact>[1];
    const send = async (bot: Sender, room: Room, i: number) => {
      const at = path`/_matrix/client/v3/rooms/${room}/send/m.room.encrypted/${`own.${i}`}`;
      const answer = await bot.api.call({ method: "PUT", path: at, body: { ciphertext: `…${i}` } }, never);
      return eventOf(answer.kind === "ok" ? answer.body : {});
    };
    const all = async (bot: Sender, room: Room): Promise<readonly OwnEvent[]> => {
      const found: OwnEvent[] = [];
      for await (const page of ownEvents(bot.api, room, bot.user, never)) found.push(...got(page));
      return found;
    };
  },
);
