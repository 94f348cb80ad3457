import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { createChats } from "../../adapters/telegram/chat.ts";
import { ChatId, MessageId, UserId } from "../../adapters/telegram/ids.ts";
import { keptOf } from "../../adapters/telegram/kept.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import { createControl } from "../../simulators/telegram/control.ts";
import type { Seized } from "../../simulators/telegram/seized.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { memoryKeep, never, settled } from "../telegram/bot.helper.ts";
import { apiOf, CHANNEL_CHAT, chatIn, simulated, TOKEN } from "../telegram/simulated.helper.ts";

const MINUTE = 60_000;

/** What each part of a seizure is called in the threat model. */
const told: Readonly<Record<keyof Seized, RegExp>> = {
  chats: /subscribers.*what stands in the channel/,
  private: /private messages.*hour/,
  wrote: /who wrote to the bot/,
};

test("a seized bot token lists what the threat model says: subscribers and who wrote, but no private message older than an hour; a revoked one opens nothing", async () => {
  const row = readFileSync(path.resolve(import.meta.dirname, "../../docs/threat-model.md"), "utf8")
    .split("\n")
    .find((line) => line.startsWith("| **Who seizes a Telegram bot's token**"));
  for (const [part, words] of Object.entries(told)) expect(row, part).toMatch(words);

  const clock = new HandClock();
  const telegram = simulated(clock);
  const control = createControl(telegram);
  chatIn(telegram, CHANNEL_CHAT);
  const [rep, informant, reader] = ["Староста", "Чужой", "Аня"].map(
    (name) => control.createUser({ name }).id,
  );
  for (const userId of [rep, reader]) control.join({ chatId: CHANNEL_CHAT, userId: userId ?? 0 });
  const admins = new Set([UserId.parse(rep)]);
  const api = apiOf(telegram, clock);
  const chats = createChats({ api, kept: keptOf(memoryKeep()), frame: createFrame("ru"), admins, clock });
  const end = new AbortController();
  void chats.run(end.signal);
  for (const [n, userId] of [rep, informant].entries()) {
    const { messageId } = control.write({ userId: userId ?? 0, text: "help тайна" });
    const from = {
      chat: ChatId.parse(userId),
      from: UserId.parse(userId),
      message: MessageId.parse(messageId),
    };
    await chats.hear(
      { ...from, id: n, kind: "message", in: "private", topic: null, text: "help тайна" },
      never,
    );
  }
  const before = control.seizedToken({ token: TOKEN });
  expect(JSON.stringify(before?.private)).toContain("тайна");
  expect(before?.private.map(({ messages }) => messages.length)).toEqual([2, 2]);

  for (let n = 0; n < 60; n++) {
    clock.advance(MINUTE);
    await settled();
  }
  const after = control.seizedToken({ token: TOKEN });
  expect(after?.private).toEqual([]);
  expect(JSON.stringify(after)).not.toContain("тайна");
  expect(after?.chats.map((chat) => chat.members.map((m) => m.name))).toEqual([["Староста", "Аня"]]);
  expect(after?.wrote.map((m) => m.name)).toEqual(["Староста", "Чужой"]);

  control.revokeToken({ token: TOKEN });
  expect(control.seizedToken({ token: TOKEN })).toBeNull();
  end.abort();
});
