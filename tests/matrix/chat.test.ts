import { expect, test } from "vitest";
import type { Answer, Api } from "../../adapters/matrix/api.ts";
import { createChats } from "../../adapters/matrix/chat.ts";
import { RoomId, UserId } from "../../adapters/matrix/ids.ts";
import { keptOf } from "../../adapters/matrix/kept.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import { core } from "../core.helper.ts";
import { BOT, PLACE, refused } from "./homeserver.helper.ts";

const never = new AbortController().signal;
const REP = UserId.parse("@rep:example.org");
const NEXT = RoomId.parse("!next:example.org");

test("an invitation of somebody known that could not be taken at once is taken later, though it is told once", async () => {
  const c = await core();
  const kept = keptOf(c.bridge.store.kept.of("matrix.campus"));
  kept.chats.put([{ user: REP, room: PLACE }]);
  let join: Answer = refused(429, "M_LIMIT_EXCEEDED", 2_000);
  const joins: string[] = [];
  const api: Api = {
    async call({ path }) {
      if (path.includes("/state/")) return { kind: "ok", body: { algorithm: "m.megolm.v1.aes-sha2" } };
      if (!path.includes("/join/")) return { kind: "ok", body: {} };
      joins.push(path);
      return join;
    },
  };
  const chats = createChats({
    api,
    bot: BOT,
    engine: {
      decrypt: async () => null,
      encrypt: async () => ({ kind: "fault", code: "timeout", at: null }),
    },
    members: { of: async () => ({ kind: "ok", value: [BOT, REP] }), forget() {} },
    kept,
    frame: createFrame("ru"),
    clock: c.clock,
  });
  await chats.invited({ room: NEXT, from: REP }, never);
  await chats.again(never);
  expect([...chats.rooms()]).toEqual([PLACE]);
  join = { kind: "ok", body: { room_id: NEXT } };
  await chats.again(never);
  expect([...chats.rooms()]).toEqual([NEXT]);
  await chats.again(never);
  expect(joins).toHaveLength(3);
});
