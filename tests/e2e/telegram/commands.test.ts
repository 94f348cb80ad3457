import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { reload } from "../../../cli/commands/reload.ts";
import { status } from "../../../cli/commands/status.ts";
import { telegramSetup } from "../../../cli/commands/telegram-setup.ts";
import { telegramUnsure } from "../../../cli/commands/telegram-unsure.ts";
import { startTelegramSimulator } from "../../../simulators/telegram/server.ts";
import { fakeIo, person } from "../../cli/io.helper.ts";
import { bridgeIn, startMax } from "../web/stack.helper.ts";

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 40_000, interval: 100 });

test("beside a bridge that runs, its doubts are answered, and another channel is made a room of it", async () => {
  const max = await startMax();
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const { control } = telegram;
  const { chatId } = control.createChat({ title: "Class" });
  const channel = await max.channel("Класс");
  const bridge = await bridgeIn(
    () => `version: 1
lang: en
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
telegram:
  campus: { api_root: ${telegram.url}, token: "${telegram.token}" }
rooms:
  # Asked about what is lost.
  class: { type: telegram, bot: campus, chat: ${chatId}, title: Class, probe: off, unsure: hold }
mappings:
  - { source: faculty, channel: ${channel}, rooms: [class] }
`,
    max.token,
  );
  const asked = { config: path.join(bridge.folder, "postern.yaml"), lang: null };
  const seen = (chat: number): readonly string[] =>
    control.chat({ chatId: chat }).messages.map((m) => m.text);
  const standing = async (): Promise<string> => {
    const io = fakeIo();
    await status(io, { ...asked, json: false });
    return io.stdout();
  };
  const running = bridge.start();
  await running.line(/The bridge runs/);
  await max.polled(2);
  await soon(async () => expect(await standing()).toMatch(/campus: heard/));

  const lose = () => control.fault({ method: "sendMessage", fault: { kind: "accepted_then_dropped" } });
  const answer = async (how: "arrived" | "missing"): Promise<void> => {
    await soon(async () => expect(await standing()).toContain("telegram unsure class"));
    const io = fakeIo();
    const given = { arrived: how === "arrived", missing: how === "missing" };
    expect(await telegramUnsure(io, { ...asked, room: "class", ...given }), io.stderr()).toBe(0);
  };
  lose();
  await max.publish({ chatId: channel, text: "Первое" });
  await running.line(/The room "class": it is not known whether an announcement arrived/);
  await max.publish({ chatId: channel, text: "Второе" });
  await answer("arrived");
  await soon(() => expect(seen(chatId)).toEqual(["Первое", "Второе"]));
  lose();
  await max.publish({ chatId: channel, text: "Третье" });
  await answer("missing");
  // It was there: whoever answers wrongly gets it twice, and none is lost.
  await soon(() => expect(seen(chatId)).toEqual(["Первое", "Второе", "Третье", "Третье"]));

  const { chatId: second } = control.createChat({ title: "Second" });
  const answers = ["0", "yes", "yes"];
  const io = fakeIo({ ask: person(() => answers.shift() ?? null).ask });
  expect(await telegramSetup(io, { ...asked, room: "second", bot: null }), io.stderr()).toBe(0);
  const again = fakeIo();
  expect(await reload(again, asked), again.stderr()).toBe(0);
  await max.publish({ chatId: channel, text: "Четвёртое" });
  await soon(() => {
    expect(seen(second)).toEqual(["Четвёртое"]);
    expect(seen(chatId).at(-1)).toBe("Четвёртое");
  });
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
}, 120_000);
