import { expect, test } from "vitest";
import { bridgeIn, startMax } from "./stack.helper.ts";

test("at its start the bridge says by itself that the bot may not read its channel, and runs on", async () => {
  const max = await startMax();
  const faculty = await max.channel("Факультет");
  await max.call("setBot", { chatId: faculty, admin: false });
  const bridge = await bridgeIn(
    ({ port }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Первая }
mappings:
  - { source: faculty, channel: ${faculty}, rooms: [one] }
feed: { listen: "127.0.0.1:${port}", reader: false }
`,
    max.token,
  );
  const running = bridge.start();
  await running.line(/The bridge runs/);
  await running.line(/faculty: channel -\d+: .*but no administrator/);
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
});
