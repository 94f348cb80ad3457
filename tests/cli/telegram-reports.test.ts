import { expect, test } from "vitest";
import type { EventFields } from "../../bridge/log/logger.ts";
import { BotName, RoomName } from "../../bridge/model/ids.ts";
import { type Notice, noticeCodes } from "../../bridge/notices/port.ts";
import { readiness } from "../../bridge/readiness.ts";
import { noticeText } from "../../cli/notice-words.ts";
import { botReports } from "../../cli/telegram/reports.ts";
import { botStandings } from "../../cli/telegram/standing.ts";
import { place } from "./io.helper.ts";
import { configOf } from "./running.helper.ts";

const CAMPUS = BotName.parse("campus");
const ROOM = RoomName.parse("class");

/** What is logged and told of what a bot reports. */
function told() {
  const events: (readonly [string, EventFields | undefined])[] = [];
  const open = new Map<string, object>();
  const keyOf = (s: { code: string; room?: string; bot?: string }) => `${s.code} ${s.room ?? s.bot}`;
  const report = botReports({
    logger: { event: (code, fields) => void events.push([code, fields]) },
    notices: {
      raise: (subject) => void open.set(keyOf(subject), subject),
      clear: (subject) => void open.delete(keyOf(subject)),
    },
  });
  return { report, events, open: () => [...open.keys()] };
}

test("a refused token, another program, and a Telegram that cannot be reached are told until the bot hears again", () => {
  const { report, events, open } = told();
  report(CAMPUS, { kind: "ended", code: "unauthorized" });
  report(CAMPUS, { kind: "trouble", code: "conflict" });
  report(CAMPUS, { kind: "trouble", code: "timeout" });
  expect(open()).toEqual(["bot_out campus", "bot_shared campus", "bot_silent campus"]);
  report(CAMPUS, { kind: "heard", at: 1 });
  expect(open()).toEqual([]);
  expect(events.map(([code]) => code)).toEqual(["bot.out", "bot.shared", "bot.trouble", "bot.heard"]);
});

test("how a room stands is told with its reason; that it may not pin beside that, and neither lasts", () => {
  const { report, events, open } = told();
  const room = (held: "out" | null, flaws: readonly ("out" | "cannot_pin")[]) =>
    report(CAMPUS, { kind: "room", room: ROOM, standing: { held, flaws, trial: false } });
  room("out", ["out"]);
  expect(open()).toEqual(["room_held class"]);
  room(null, ["cannot_pin"]);
  expect(open()).toEqual(["may_not_pin class"]);
  room(null, []);
  expect(open()).toEqual([]);
  report(CAMPUS, { kind: "moved", room: ROOM });
  report(CAMPUS, { kind: "astray", room: ROOM });
  expect(open()).toEqual(["room_moved class", "astray class"]);
  expect(events).toContainEqual(["room.held", { bot: CAMPUS, room: ROOM, reason: "out" }]);
});

const telegramCodes = noticeCodes.filter((code) =>
  [
    "bot_out",
    "bot_shared",
    "bot_silent",
    "unsure",
    "astray",
    "may_not_pin",
    "room_held",
    "room_moved",
    "room_waiting",
  ].includes(code),
);

test.each(telegramCodes)("the notice %s says in both languages what it is about and means", (code) => {
  const notice: Notice = {
    code,
    bot: CAMPUS,
    room: ROOM,
    reason: "no_rights",
    state: "trouble",
    since: 0,
    at: 60_000,
  };
  for (const lang of ["ru", "en"] as const)
    for (const state of ["trouble", "back"] as const) {
      const text = noticeText({ ...notice, state }, lang);
      expect(text).toContain(code.startsWith("bot_") ? "campus" : "class");
      expect(text).not.toMatch(/undefined|null|matrix/i);
    }
  // In a clear room nothing is encrypted.
  if (code === "room_waiting") expect(noticeText(notice, "en")).toContain("in the queue, and none is lost.");
  if (code === "room_held") expect(noticeText(notice, "en")).toMatch(/the bot may not post\. In Telegram:/);
});

test("a bot that hears nothing is known to those who watch, and does not make the bridge unready", async () => {
  const { config: file } = await place((base) =>
    base
      .replace(
        "rooms:\n",
        "telegram:\n  campus: { token: x }\nrooms:\n  class: { type: telegram, bot: campus, chat: -5, title: Class }\n",
      )
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
  );
  const config = await configOf(file);
  const state = { me: null, heardAt: null, trouble: "unreachable", ended: null };
  const bots = botStandings(config, { of: () => ({ state: () => state }), problem: () => null });
  expect(bots).toEqual([{ name: CAMPUS, up: false, heardAt: null, trouble: "unreachable" }]);
  expect(botStandings(config, null)).toEqual([]);
  const ready = readiness({ database: true, feed: null, space: "fine", sources: [], bots, now: 0 });
  expect(ready).toEqual({
    ready: true,
    codes: [],
    known: [{ code: "bot_trouble", bot: CAMPUS, reason: "unreachable" }],
  });
});
