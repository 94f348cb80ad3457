import { expect, onTestFinished, test, vi } from "vitest";
import { startTelegramSimulator } from "../../../simulators/telegram/server.ts";
import { reader } from "../../reader.helper.ts";
import { bridgeIn, startMax } from "../web/stack.helper.ts";

const soon = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 40_000, interval: 100 });

test("a sealed room lives in a Telegram channel alone, through a kill and a bot put out, while the clear room beside it goes on", async () => {
  const max = await startMax();
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const { control } = telegram;
  const sealed = control.createChat({ title: "Запечатанный" }).chatId;
  const clear = control.createChat({ title: "Открытый" }).chatId;
  const chatId = await max.channel("Факультет");
  const bridge = await bridgeIn(
    () => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
telegram:
  campus: { api_root: ${telegram.url}, token: "${telegram.token}" }
rooms:
  dean:
    type: sealed
    title: Деканат
    lang: ru
    carrier: { bot: campus, chat: ${sealed} }
  open: { type: telegram, bot: campus, chat: ${clear}, title: Открытый, lang: ru }
mappings:
  - { name: all, source: faculty, channel: ${chatId}, rooms: [dean, open] }
feed: { listen: "off", public_url: "https://reader.invalid" }
log: { level: trace }
`,
    max.token,
  );
  const first = bridge.start();
  await first.line(/The bridge runs/);
  await max.polled(2);
  const documents = () => control.chat({ chatId: sealed }).messages.flatMap((m) => (m.media ? [m] : []));
  await max.publish({ chatId, text: "Экзамен в пятницу" });
  await soon(() => expect(documents()).toHaveLength(2));
  expect(documents().map((m) => m.media?.name)).toEqual(["post.psr", "post.psr"]);
  expect(documents()[1]?.buttons[0]?.[0]?.url).toMatch(
    /^https:\/\/reader\.invalid\/#p\.[0-9a-f]{32}\.1\.0\.1\./,
  );
  first.process.kill("SIGKILL");
  await first.ended;

  const second = bridge.start();
  await second.line(/The bridge runs/);
  control.setMember({ chatId: sealed, userId: telegram.bot.id, status: "kicked" });
  await max.publish({ chatId, text: "Без бота" });
  await second.line(/The log of the room "dean" does not get into its Telegram channel now/);
  // The clear room goes on.
  await soon(() =>
    expect(control.chat({ chatId: clear }).messages.map((m) => m.text)).toEqual([
      "Экзамен в пятницу",
      "Без бота",
    ]),
  );
  control.setMember({
    chatId: sealed,
    userId: telegram.bot.id,
    status: "administrator",
    rights: ["can_manage_chat", "can_post_messages"],
  });
  await soon(() => expect(documents().length).toBeGreaterThanOrEqual(3));
  second.process.kill("SIGTERM");
  expect(await second.ended).toBe(0);

  const page = await reader(bridge.link("dean"));
  const files = documents().map((m) => control.fileBytes(m.media?.fileId ?? "") ?? new Uint8Array());
  page.store.actions.takeFiles(...files.map((bytes) => new Blob([new Uint8Array(bytes)])));
  await soon(() =>
    expect(page.room().items.map((item) => item.text)).toEqual(["Экзамен в пятницу", "Без бота"]),
  );
  expect(page.room().title).toBe("Деканат");
  page.close();
}, 120_000);
