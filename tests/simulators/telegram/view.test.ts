import { expect, onTestFinished, test } from "vitest";
import { startTelegramSimulator } from "../../../simulators/telegram/server.ts";
import { textHtml } from "../../../simulators/telegram/view/text.ts";

const e = (type: string, offset: number, length: number, url?: string) => ({
  type,
  offset,
  length,
  ...(url === undefined ? {} : { url }),
});

test("formatting becomes tags that nest, however its ranges overlap", () => {
  expect(textHtml("abcdef", [e("bold", 0, 4), e("italic", 2, 4)])).toBe("<b>ab</b><b><i>cd</i></b><i>ef</i>");
  expect(textHtml("a\nцитата\nb", [e("blockquote", 2, 6), e("bold", 4, 6)])).toBe(
    "a<blockquote>ци<b>тата</b></blockquote><b>b</b>",
  );
  expect(textHtml("см. код x", [e("code", 8, 1)])).toBe("см. код <code>x</code>");
});

test("addresses are links, others than those of the web and of Telegram are not", () => {
  expect(textHtml("https://example.org/a.", [])).toBe(
    '<a href="https://example.org/a" target="_blank" rel="noopener noreferrer">https://example.org/a</a>.',
  );
  expect(textHtml("x", [e("text_link", 0, 1, "javascript:alert(1)")])).toBe("x");
  expect(textHtml("x", [e("text_link", 0, 1, 'https://example.org/"><script>')])).not.toContain("<script>");
});

test("nothing that was written becomes part of the page, and the page may ask nobody else", async () => {
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const { control, telegram: sim, token, url } = telegram;
  const evil = `<script>alert("1")</script>'`;
  const { chatId } = control.createChat({
    type: "supergroup",
    title: evil,
    forum: true,
    bot: { rights: "all" },
  });
  const userId = control.createUser({ name: evil }).id;
  const { topic } = control.createTopic({ chatId, name: evil });
  const { messageId } = control.post({ chatId, userId, text: evil, topic, entities: [e("bold", 0, 8)] });
  control.post({ chatId, userId, text: evil, replyTo: messageId });
  sim.handle(token, "sendMessage", {
    chat_id: chatId,
    text: "кнопка",
    reply_markup: { inline_keyboard: [[{ text: evil, callback_data: "x" }]] },
  });
  const form = new FormData();
  form.set("chat_id", String(chatId));
  form.set("document", new File(["<script>1</script>"], `a"b'<script>.html`, { type: "text/html" }));
  const sent = await fetch(`${url}/bot${token}/sendDocument`, { method: "POST", body: form });
  expect(sent.status).toBe(200);
  sim.handle(token, "pinChatMessage", { chat_id: chatId, message_id: messageId });

  const page = await fetch(`${url}/chat/${chatId}`);
  const html = await page.text();
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html.split("&#60;script&#62;").length).toBeGreaterThan(7);
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*script-src 'self'/);
  expect(html).not.toContain(token);

  const last = control.chat({ chatId }).messages.find((m) => m.media !== null)?.id;
  const file = await fetch(`${url}/chat/${chatId}/file/${last}`);
  expect(await file.text()).toBe("<script>1</script>");
  expect(file.headers.get("content-type")).toBe("application/octet-stream");
  expect(file.headers.get("content-disposition")).toMatch(/^attachment; filename\*=UTF-8''[A-Za-z0-9%._-]+$/);
  expect(file.headers.get("x-content-type-options")).toBe("nosniff");
  for (const path of ["/chat/-5", `/chat/${chatId}/file/999`, "/chat/..", "/view/none"])
    expect((await fetch(`${url}${path}`)).status).toBe(404);
});

test("what was deleted is gone from the page, an album is one bubble, silence and edits are told", async () => {
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const { control, telegram: sim, token, url, bot } = telegram;
  const { chatId } = control.createChat({ bot: { id: bot.id, rights: "all" } });
  const say = (text: string, more = {}) =>
    sim.handle(token, "sendMessage", { chat_id: chatId, text, ...more });
  say("отменённое");
  say("тихое", { disable_notification: true });
  sim.handle(token, "deleteMessage", { chat_id: chatId, message_id: 1 });
  sim.handle(token, "editMessageText", { chat_id: chatId, message_id: 2, text: "тихое и новое" });
  const form = new FormData();
  form.set("chat_id", String(chatId));
  form.set("a", new File(["a"], "a.pdf"));
  form.set("b", new File(["b"], "b.pdf"));
  form.set(
    "media",
    JSON.stringify(["a", "b"].map((part) => ({ type: "document", media: `attach://${part}` }))),
  );
  await fetch(`${url}/bot${token}/sendMediaGroup`, { method: "POST", body: form });
  const html = await (await fetch(`${url}/chat/${chatId}`)).text();
  expect(html).not.toContain("отменённое");
  expect(html).toMatch(/тихое и новое.*без звука.*изменено/);
  expect(html.match(/<article>/g)).toHaveLength(2);
  expect(html.match(/class="file"/g)).toHaveLength(2);
});
