import { expect, test } from "vitest";
import type { Answer, Api } from "../../adapters/matrix/api.ts";
import { RoomId, UserId } from "../../adapters/matrix/ids.ts";
import { createMembers } from "../../adapters/matrix/members.ts";
import type { StateEvent } from "../../adapters/matrix/wire.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { got, never } from "./world.helper.ts";

const room = RoomId.parse("!r:h");
const [bot, one, two] = [UserId.parse("@bot:h"), UserId.parse("@one:h"), UserId.parse("@two:h")];
const is = (user: UserId, membership: string): StateEvent => ({
  type: "m.room.member",
  state_key: user,
  sender: user,
  content: { membership },
  unsigned: undefined,
});
const list = (...events: readonly StateEvent[]): Answer => ({ kind: "ok", body: { chunk: events } });

/** An API that answers each call when it is told to. */
function held() {
  const waiting: ((answer: Answer) => void)[] = [];
  const api: Api = { call: () => new Promise((resolve) => waiting.push(resolve)) };
  return { api, answer: (answer: Answer) => waiting.shift()?.(answer), asked: () => waiting.length };
}

test("who leaves while the members are asked for is none of them, though the answer is older", async () => {
  const { api, answer } = held();
  const members = createMembers(api, bot, new HandClock());
  members.upToDate();
  const asked = members.of(room, never);
  members.apply(room, is(one, "leave"));
  members.apply(RoomId.parse("!other:h"), is(two, "leave"));
  answer(list(is(bot, "join"), is(one, "join"), is(two, "join")));
  expect(got(await asked)).toEqual([bot, two]);
  expect(got(await members.of(room, never))).toEqual([bot, two]);
});

test("members are asked for until a sync came through, and again a minute after the last", async () => {
  const { api, answer, asked } = held();
  const clock = new HandClock();
  const members = createMembers(api, bot, clock);
  for (let i = 0; i < 2; i++) {
    const found = members.of(room, never);
    expect(asked()).toBe(1);
    answer(list(is(bot, "join"), is(one, "invite")));
    expect(got(await found)).toEqual([bot, one]);
  }
  members.upToDate();
  clock.advance(59_999);
  expect(got(await members.of(room, never))).toEqual([bot, one]);
  clock.advance(1);
  const late = members.of(room, never);
  answer({ kind: "lost", code: "timeout", retryAfter: null });
  expect(await late).toMatchObject({ kind: "fault", code: "timeout" });
});

test("what was forgotten is asked for anew, and those banned or with a membership of no kind are no members", async () => {
  const { api, answer } = held();
  const members = createMembers(api, bot, new HandClock());
  members.upToDate();
  for (const forget of [() => members.forget(room), () => members.forget()]) {
    const asked = members.of(room, never);
    answer(list(is(bot, "join"), is(one, "ban"), is(two, "friend")));
    expect(got(await asked)).toEqual([bot]);
    forget();
  }
  const again = members.of(room, never);
  answer({ kind: "refused", status: 403, errcode: "M_FORBIDDEN", retryAfter: null, body: null });
  expect(await again).toMatchObject({ code: "M_FORBIDDEN" });
});
