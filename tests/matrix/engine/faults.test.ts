import { expect, test } from "vitest";
import type { Answer } from "../../../adapters/matrix/api.ts";
import type { Engine } from "../../../adapters/matrix/engine.ts";
import { DeviceId } from "../../../adapters/matrix/ids.ts";
import { HandClock } from "../../hand-clock.helper.ts";
import {
  BOT,
  EVERYBODY,
  encrypted,
  indexOf,
  member,
  never,
  ROOM,
  reads,
  SECOND,
  STUDENT,
  say,
  sync,
} from "./engines.helper.ts";
import { keyServer } from "./key-server.helper.ts";

const refused = (status: number, errcode: string, retryAfter: number | null = null): Answer => ({
  kind: "refused",
  status,
  errcode,
  retryAfter,
  body: {},
});
const ok = (body: unknown): Answer => ({ kind: "ok", body });

const failures: Readonly<Record<string, Answer>> = {
  "no answer in time": { kind: "lost", code: "timeout", retryAfter: null },
  "no way there": { kind: "lost", code: "unreachable", retryAfter: null },
  "not a homeserver": { kind: "lost", code: "not_matrix", retryAfter: null },
  "403": refused(403, "M_FORBIDDEN"),
  "404": refused(404, "M_NOT_FOUND"),
  "429": refused(429, "M_LIMIT_EXCEEDED", 5_000),
  "500": refused(500, "HTTP_500"),
};
const malformed: Readonly<Record<string, Answer>> = {
  "a text": ok("<html>"),
  "a list": ok([1, 2]),
  nothing: ok({}),
  "another form": ok({ device_keys: 5, one_time_keys: "none", one_time_key_counts: [] }),
};
const calls = ["keys/query", "keys/claim", "sendToDevice", "keys/upload"];

async function botAndStudent(clock = new HandClock()) {
  const server = keyServer();
  const bot = await member(server, BOT, { clock });
  const student = await member(server, STUDENT);
  await sync(server, student);
  return { server, bot, student, clock };
}

const tries = (bot: Engine) =>
  bot.encrypt(ROOM, [BOT, STUDENT], EVERYBODY, "m.room.message", { body: "Секрет" }, never);

for (const call of calls)
  for (const [name, answer] of Object.entries(
    call === "sendToDevice" ? failures : { ...failures, ...malformed },
  ))
    test(`${call} fails by ${name}: nothing is encrypted, and the next try reaches everybody`, async () => {
      const { server, bot, student, clock } = await botAndStudent();
      server.fault = ({ path }) => (path.includes(call) ? { answer } : null);

      expect(await tries(bot)).toEqual({
        kind: "fault",
        code: answer.kind === "refused" ? answer.errcode : answer.kind === "lost" ? answer.code : "malformed",
        at: name === "429" ? clock.now() + 5_000 : null,
      });
      expect(JSON.stringify(server.calls)).not.toContain("Секрет");

      server.fault = () => null;
      const message = encrypted(await tries(bot));
      await sync(server, student);
      expect(await reads(student, message)).toBe("Секрет");
      expect(indexOf(message), "no index was spent before").toBe(0);
    });

test("a key that was delivered though its answer was lost is no harm", async () => {
  const { server, bot, student } = await botAndStudent();
  server.fault = ({ path }) =>
    path.includes("sendToDevice")
      ? { answer: { kind: "lost", code: "cut", retryAfter: null }, done: true }
      : null;
  expect(await tries(bot)).toMatchObject({ kind: "fault", code: "cut" });
  server.fault = () => null;
  const message = encrypted(await tries(bot));
  await sync(server, student);
  expect(await reads(student, message)).toBe("Секрет");
});

test("to-device messages that cannot be read do not keep the others from the engine", async () => {
  const { server, bot, student } = await botAndStudent();
  const message = await say(bot, [BOT, STUDENT], "Экзамен");
  const brought = server.sync(STUDENT, student.device);
  await student.receive({ ...brought, toDevice: [5, { type: 7 }, "?", ...brought.toDevice, null] });
  expect(await reads(student, message)).toBe("Экзамен");
});

test("who was removed cannot read the next event, and who stays can", async () => {
  const { server, bot, student } = await botAndStudent();
  const second = await member(server, SECOND);
  await sync(server, second);
  const before = await say(bot, [BOT, STUDENT, SECOND], "всем");
  await bot.rotate(ROOM);
  const after = await say(bot, [BOT, STUDENT], "без второго");
  await sync(server, student);
  await sync(server, second);

  expect(after.session).not.toBe(before.session);
  expect(await reads(second, before)).toBe("всем");
  expect(await reads(second, after)).toBeNull();
  expect(await reads(student, after)).toBe("без второго");
});

test("a device that appears later is given the key before what is fixed is sent, from there on", async () => {
  const { server, bot } = await botAndStudent();
  const first = await say(bot, [BOT, STUDENT], "первое");
  await sync(server, bot);
  const later = await member(server, STUDENT, { device: DeviceId.parse("PHONE") });
  await sync(server, later);
  await sync(server, bot);
  const second = await say(bot, [BOT, STUDENT], "второе");
  await sync(server, later);
  expect(await reads(later, second)).toBe("второе");
  expect(await reads(later, first), "nothing of before").toBeNull();
  expect(second.session).toBe(first.session);
});

test("an announcement to a room where nothing changed sends no key requests", async () => {
  const { server, bot } = await botAndStudent();
  await say(bot, [BOT, STUDENT], "первое");
  const before = server.calls.length;
  await say(bot, [BOT, STUDENT], "второе");
  expect(await bot.share(ROOM, [BOT, STUDENT], EVERYBODY, never)).toMatchObject({ from: 0 });
  expect(server.calls.slice(before)).toEqual([]);
});

test("before what is fixed is sent it is told whether all who are there now open it, and nobody who left", async () => {
  const { server, bot } = await botAndStudent();
  const share = (members = [BOT, STUDENT]) => bot.share(ROOM, members, EVERYBODY, never);
  const spent = await say(bot, [BOT, STUDENT], "раз");
  const fixed = await say(bot, [BOT, STUDENT], "два");
  expect(await share()).toEqual({ session: fixed.session, from: 0 });

  const later = await member(server, STUDENT, { device: DeviceId.parse("PHONE") });
  await sync(server, later);
  await sync(server, bot);
  const grown = await share();
  await sync(server, later);
  expect(await reads(later, fixed), "its key begins after it").toBeNull();
  expect(grown).toEqual({ session: spent.session, from: indexOf(fixed) + 1 });

  const anew = await say(bot, [BOT, STUDENT], "два");
  expect(await share()).toEqual({ session: anew.session, from: indexOf(fixed) + 1 });
  expect(await reads(later, anew)).toBe("два");

  await bot.rotate(ROOM);
  const rotated = await share();
  expect(rotated).not.toMatchObject({ session: anew.session });
  const next = await say(bot, [BOT, STUDENT], "три");
  expect(rotated).toEqual({ session: next.session, from: 0 });

  // Nobody told of it, but there is one less.
  const left = await share([BOT]);
  expect(left).not.toMatchObject({ session: next.session });
});

test("what is used up is not renewed before what was encrypted with it is sent", async () => {
  const { bot } = await botAndStudent();
  let last = await say(bot, [BOT, STUDENT], "0");
  for (let i = 1; i < 100; i++) last = await say(bot, [BOT, STUDENT], `${i}`);
  expect(await bot.share(ROOM, [BOT, STUDENT], EVERYBODY, never)).toMatchObject({ session: last.session });
  expect((await say(bot, [BOT, STUDENT], "100")).session).not.toBe(last.session);
});

test("each of many events in a row reaches a device that appears between them, and none that left", async () => {
  const { server, bot, student } = await botAndStudent();
  await sync(server, bot);
  await say(bot, [BOT, STUDENT], "раз");
  await say(bot, [BOT, STUDENT], "два");
  const later = await member(server, STUDENT, { device: DeviceId.parse("PHONE") });
  await sync(server, later);
  await bot.receive(server.sync(BOT, bot.device));
  const third = await say(bot, [BOT, STUDENT], "три");
  await sync(server, later);
  server.remove(STUDENT, later.device);
  await bot.receive(server.sync(BOT, bot.device));
  const fourth = await say(bot, [BOT, STUDENT], "четыре");
  await sync(server, student);
  expect(await reads(later, third)).toBe("три");
  expect(await reads(later, fourth)).toBeNull();
  expect(await reads(student, fourth)).toBe("четыре");
  expect(fourth.session).not.toBe(third.session);
});

test("members that changed are looked at with no word from the server", async () => {
  const { server, bot } = await botAndStudent();
  const second = await member(server, SECOND);
  await sync(server, second);
  const first = await say(bot, [BOT, STUDENT], "без второго");
  await say(bot, [BOT, STUDENT], "без второго");
  const joined = await say(bot, [BOT, STUDENT, SECOND], "со вторым");
  const left = await say(bot, [BOT, STUDENT], "снова без второго");
  await sync(server, second);
  expect(await reads(second, joined)).toBe("со вторым");
  expect(await reads(second, left), "a new session, with no word about a leave").toBeNull();
  expect(joined.session).toBe(first.session);
});

test("the next day has a session of its own", async () => {
  const clock = new HandClock();
  const { server, bot, student } = await botAndStudent(clock);
  const today = await say(bot, [BOT, STUDENT], "сегодня");
  clock.advance(86_400_000);
  const tomorrow = await say(bot, [BOT, STUDENT], "завтра");
  await sync(server, student);
  expect(tomorrow.session).not.toBe(today.session);
  expect(await reads(student, tomorrow)).toBe("завтра");
});

test("after a hundred events the session is new, and nothing panics", async () => {
  const { server, bot, student } = await botAndStudent();
  const sessions = new Set<string>();
  let last = await say(bot, [BOT, STUDENT], "0");
  for (let i = 1; i <= 101; i++) {
    sessions.add(last.session);
    last = await say(bot, [BOT, STUDENT], `${i}`);
  }
  sessions.add(last.session);
  await sync(server, student);
  expect(sessions.size).toBe(2);
  expect(await reads(student, last)).toBe("101");
});

test("an abort ends what is under way, and the next call is served", async () => {
  const { server, bot } = await botAndStudent();
  const controller = new AbortController();
  server.fault = () => {
    controller.abort();
    return null;
  };
  const send = bot.encrypt(
    ROOM,
    [BOT, STUDENT],
    EVERYBODY,
    "m.room.message",
    { body: "x" },
    controller.signal,
  );
  await expect(send).rejects.toThrow();
  server.fault = () => null;
  encrypted(await tries(bot));
});
