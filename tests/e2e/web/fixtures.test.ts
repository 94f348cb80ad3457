import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { reader } from "../../reader.helper.ts";
import { bridgeIn, startMax } from "./stack.helper.ts";

const folder = path.resolve(import.meta.dirname, "../../../../shared/max/recorded");
const recorded = existsSync(folder);
if (!recorded) console.log("skipped: ../shared/max is not here, so recorded payloads are not run");

/** The chat that the recorded updates name, and who wrote there. */
const CHAT = "-70801090403050";
const SENDER = "123456789";

const marks = [
  "strong",
  "emphasized",
  "monospaced",
  "strikethrough",
  "underline",
  "heading",
  "highlighted",
  "quote",
  "link",
  "user_mention",
  "of_a_kind_to_come",
];

/** A bridge as a process over MAX's stand-in, with one mapped channel, read from the beginning. */
async function stack() {
  const max = await startMax();
  await max.call("createChannel", { chatId: CHAT, title: "Факультет" });
  const bridge = await bridgeIn(
    ({ port }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Комната }
mappings:
  - { source: faculty, channel: ${CHAT}, rooms: [one], senders: ['${SENDER}'], backfill: since 2025-01-01 }
feed: { listen: "127.0.0.1:${port}", reader: false }
`,
    max.token,
  );
  const running = bridge.start();
  await running.line(/The bridge runs/);
  await max.polled(2);
  const seen = async (last: string) => {
    const r = await reader(bridge.link("one"));
    await vi.waitFor(() => expect(r.room().items.map((i) => i.text)).toContain(last), { timeout: 60_000 });
    const { items } = r.room();
    r.close();
    running.process.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    return items;
  };
  return { max, seen };
}

test("a post of every kind, and of kinds unknown, comes through a real bridge: whole, or with a line that says what is missing", async () => {
  const { max, seen } = await stack();
  const post = (input: Readonly<Record<string, unknown>>) => max.publish({ chatId: CHAT, ...input });
  const text = "Экзамен 😀 перенесён";
  const first = await post({
    text,
    markup: marks.map((type, i) => ({
      type,
      from: i % 3 === 2 ? -4 : i,
      length: i % 2 === 0 ? 9 : 9_999,
      ...(type === "link" ? { url: "https://example.org/plan" } : {}),
      ...(type === "user_mention" ? { user_link: "@somebody", user_id: 7 } : {}),
    })),
  });
  await post({ text: "Ответ", replyTo: first });
  await post({ forward: { mid: first } });
  const { mediaId } = await max.media({
    bytes: Buffer.from("план занятий ".repeat(300)).toString("base64"),
    filename: "план.txt",
  });
  await post({
    text: "Вложения",
    attachments: [
      { type: "file", media: mediaId },
      { type: "audio", media: mediaId },
      { type: "video", media: mediaId },
      { type: "contact", hash: "x" },
      { type: "location", latitude: 55.75, longitude: 37.61 },
      { type: "share", url: "https://example.org/page", title: "Страница" },
      {
        type: "inline_keyboard",
        buttons: [
          [
            { type: "link", text: "Запись", url: "https://example.org/form" },
            { type: "callback", text: "нажми", payload: "x" },
          ],
        ],
      },
      { type: "raw", json: { type: "poll_of_the_future", payload: { options: [1, 2] } } },
    ],
  });
  await max.call("update", { update: { update_type: "something_new", whatever: [1] } });
  await max.call("unknownEdit", { chatId: CHAT, text: "Правка того, чего не было" });
  await max.call("unknownRemoval", { chatId: CHAT });
  await post({ text: "Последний" });
  const items = await seen("Последний");

  const of = (words: string) => items.find((i) => i.text.startsWith(words));
  const formatted = of("Экзамен");
  expect(formatted?.text).toBe(text);
  expect(new Set(formatted?.marks.map((m) => m.m))).toEqual(
    new Set(["strong", "em", "code", "strike", "under", "head", "mark", "quote", "link"]),
  );
  for (const m of formatted?.marks ?? []) expect(0 <= m.s && m.s < m.e && m.e <= text.length).toBe(true);
  expect(of("Ответ")?.reply?.id).toBe(formatted?.id);
  expect(of("Переслано")?.text).toContain(text);
  const attached = of("Вложения");
  expect(attached?.files).toHaveLength(3);
  for (const line of [
    "Контакт не переносится",
    "55.75",
    "https://example.org/page",
    "https://example.org/form",
    "неизвестного вида",
  ])
    expect(attached?.text).toContain(line);
}, 120_000);

if (recorded)
  test("the payloads recorded from MAX run through a real bridge, and stop nothing", async () => {
    const { max, seen } = await stack();
    const files = readdirSync(folder).filter((name) => name.startsWith("update."));
    // Removals and losses of rights last: what they take away was seen to arrive before.
    for (const name of files.toSorted((a, b) => Number(/removed/.test(a)) - Number(/removed/.test(b)))) {
      if (/bot_removed|dialog_removed/.test(name)) continue;
      // As text: its numbers are beyond what JSON.parse keeps.
      const update = /"updates":\s*\[([\s\S]*)\],\s*"marker"/.exec(
        readFileSync(path.join(folder, name), "utf8"),
      )?.[1];
      const answer = await fetch(`${max.url}/_control/replay`, {
        method: "POST",
        body: `{"update":${update}}`,
      });
      expect(answer.ok, `${name}: ${await answer.text()}`).toBe(true);
    }
    await max.publish({ chatId: CHAT, text: "После записанного" });
    const items = await seen("После записанного");
    expect(items.some((i) => i.text.includes("Лада седан - баклажан"))).toBe(true);
  }, 120_000);
