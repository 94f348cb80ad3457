import { expect, test, vi } from "vitest";
import { reader } from "../../reader.helper.ts";
import { bridgeIn, startMax } from "./stack.helper.ts";

test("first", async () => {
  const max = await startMax();
  const chat = await max.channel("Факультет");
  const b = await bridgeIn(
    ({ port }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Расписание }
mappings:
  - { source: faculty, channel: ${chat}, rooms: [one] }
feed: { listen: "127.0.0.1:${port}" }
log: { level: trace }
`,
    max.token,
  );
  const running = b.start();
  await running.line(/The bridge runs|Мост работает/);
  await max.publish({ chatId: chat, text: "Привет" });
  const r = await reader(b.link("one"));
  await vi.waitFor(() => expect(r.room().items.map((i) => i.text)).toEqual(["Привет"]), { timeout: 20000 });
  await max.publish({ chatId: chat, text: "Ещё" });
  await vi.waitFor(() => expect(r.room().items.map((i) => i.text)).toEqual(["Привет", "Ещё"]), {
    timeout: 20000,
  });
  console.log(running.output(), JSON.stringify(r.room()));
  r.close();
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
}, 60000);
