import { describe, expect, test } from "vitest";
import { uploadOf } from "../../../simulators/telegram/files.ts";
import { all, parts, world } from "./telegram.helper.ts";

describe("sending", () => {
  test("ids of a channel rise by one, and members see the text with its formatting", () => {
    const { control, ask } = world();
    const { chatId } = control.createChat({});
    const entities = [{ type: "bold", offset: 0, length: 7 }];
    expect(ask("sendMessage", { chat_id: chatId, text: "Экзамен 12 июня", entities })).toMatchObject({
      message_id: 1,
      text: "Экзамен 12 июня",
      entities,
      sender_chat: { id: chatId },
    });
    expect(ask("sendMessage", { chat_id: chatId, text: "два", disable_notification: true })).toMatchObject({
      message_id: 2,
    });
    expect(control.chat({ chatId }).messages).toMatchObject([
      { id: 1, text: "Экзамен 12 июня", entities, silent: false, edited: null },
      { id: 2, silent: true },
    ]);
  });

  test("ids skip, and others' posts come between, where it is set so", () => {
    const { control, ask } = world({ skipChance: 0.4, interleaveChance: 0.4 });
    const { chatId } = control.createChat({});
    for (let i = 0; i < 50; i++) ask("sendMessage", { chat_id: chatId, text: `n ${i}` });
    const { messages } = control.chat({ chatId });
    const own = messages.filter((m) => m.text.startsWith("n "));
    expect(own.length).toBe(50);
    expect(messages.length).toBeGreaterThan(55);
    expect(messages.at(-1)?.id).toBeGreaterThan(messages.length + 5);
  });

  test.each([
    [{ text: "" }, "message text is empty"],
    [{ text: " \n " }, "message text is empty"],
    [{ text: "a".repeat(4_097) }, "message is too long"],
    [{ text: "a", reply_parameters: { message_id: 99 } }, "message to be replied not found"],
    [{ text: "a", message_thread_id: 5 }, "message thread not found"],
    [{ text: "a", parse_mode: "HTML" }, "can't parse entities: the simulator knows no parse_mode"],
    [
      { text: "a", entities: [{ type: "wavy", offset: 0, length: 1 }] },
      "can't parse entities: unsupported type specified",
    ],
    [
      { text: "a", entities: [{ type: "bold", offset: 0, length: 2 }] },
      "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 1",
    ],
    [
      { text: "a🙂b", entities: [{ type: "bold", offset: 2, length: 2 }] },
      "entity begins in a middle of a UTF-16 symbol at byte offset 2",
    ],
    [
      { text: "a🙂b", entities: [{ type: "bold", offset: 0, length: 2 }] },
      "entity ends in a middle of a UTF-16 symbol at byte offset 2",
    ],
    [
      { text: "a", reply_markup: { inline_keyboard: [[{ text: "x", url: "http://local host" }]] } },
      "BUTTON_URL_INVALID",
    ],
    [
      { text: "a", reply_markup: { inline_keyboard: [[{ text: "x", callback_data: "я".repeat(33) }]] } },
      "BUTTON_DATA_INVALID",
    ],
  ])("text %# is refused in the server's words", (payload, why) => {
    const w = world();
    const { chatId } = w.control.createChat({});
    expect(w.why("sendMessage", { chat_id: chatId, ...payload })).toBe(`400 Bad Request: ${why}`);
    expect(w.control.chat({ chatId }).messages).toEqual([]);
  });

  test("a message that is to be answered and is gone is no hindrance where that was allowed", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const reply_parameters = { message_id: 99, allow_sending_without_reply: true };
    expect(w.why("sendMessage", { chat_id: chatId, text: "a", reply_parameters })).toBe("ok");
    expect(w.control.chat({ chatId }).messages).toMatchObject([{ replyTo: null }]);
  });

  test("where a bot may not post, it is told why", () => {
    const w = world();
    const text = { text: "a" };
    expect(w.why("sendMessage", { chat_id: -1, ...text })).toBe("400 Bad Request: chat not found");
    const none = w.control.createChat({ bot: null }).chatId;
    expect(w.why("sendMessage", { chat_id: none, ...text })).toBe(
      "403 Forbidden: bot is not a member of the channel chat",
    );
    const kicked = w.control.createChat({ type: "supergroup", bot: { status: "kicked" } }).chatId;
    expect(w.why("sendMessage", { chat_id: kicked, ...text })).toBe(
      "403 Forbidden: bot was kicked from the supergroup chat",
    );
    const mute = w.control.createChat({ bot: { rights: [] } }).chatId;
    expect(w.why("sendMessage", { chat_id: mute, ...text })).toBe(
      "400 Bad Request: need administrator rights in the channel chat",
    );
    const group = w.control.createChat({ type: "supergroup", bot: { status: "member" } }).chatId;
    w.control.setPermissions({ chatId: group, send: false });
    expect(w.why("sendMessage", { chat_id: group, ...text })).toBe(
      "400 Bad Request: not enough rights to send text messages to the chat",
    );
    const gone = w.control.createChat({}).chatId;
    w.control.deleteChat({ chatId: gone });
    expect(w.why("sendMessage", { chat_id: gone, ...text })).toBe("400 Bad Request: chat not found");
    const user = w.control.createUser({});
    expect(w.why("sendMessage", { chat_id: user.id, ...text })).toBe("400 Bad Request: chat not found");
    w.control.write({ userId: user.id, text: "/start" });
    w.control.block({ userId: user.id });
    expect(w.why("sendMessage", { chat_id: user.id, ...text })).toBe(
      "403 Forbidden: bot was blocked by the user",
    );
    expect(w.why("sendTelegram")).toBe("404 Not Found: method not found");
    const answer = w.reply("getMe", {}, undefined, "1:wrong");
    expect(answer).toMatchObject({ status: 401, body: { description: "Unauthorized" } });
  });

  test("topics are closed and deleted", () => {
    const w = world();
    const { chatId } = w.control.createChat({ type: "supergroup", bot: { status: "member" }, forum: true });
    const { topic } = w.control.createTopic({ chatId, name: "Экзамены" });
    const payload = { chat_id: chatId, text: "a", message_thread_id: topic };
    expect(w.why("sendMessage", payload)).toBe("ok");
    w.control.setTopic({ chatId, topic, closed: true });
    expect(w.why("sendMessage", payload)).toBe("400 Bad Request: TOPIC_CLOSED");
    w.control.setTopic({ chatId, topic, deleted: true });
    expect(w.why("sendMessage", payload)).toBe("400 Bad Request: message thread not found");
    expect(w.control.chat({ chatId }).messages).toEqual([]);
  });
});

describe("media", () => {
  const media = (type: string, n: number) =>
    [...Array(n).keys()].map((i) => ({ type, media: `attach://f${i}` }));
  const files = parts(...[...Array(11).keys()].map((i) => `f${i}`));

  test("an album stands together, each item with what it has", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const items = media("document", 3).map((m, i) => (i === 2 ? { ...m, caption: "Билеты" } : m));
    const sent = w.ask("sendMediaGroup", { chat_id: chatId, media: JSON.stringify(items) }, files);
    expect(sent).toMatchObject([{ message_id: 1 }, { message_id: 2 }, { message_id: 3, caption: "Билеты" }]);
    const { messages } = w.control.chat({ chatId });
    expect(new Set(messages.map((m) => m.album)).size).toBe(1);
    expect(messages[0]?.media).toMatchObject({
      form: "document",
      name: "f0.bin",
      hash: files.get("f0")?.hash,
    });
  });

  test.each([
    [media("photo", 1), "there are too few messages to send as an album"],
    [media("photo", 11), "too many messages to send as an album"],
    [
      [...media("document", 1), { type: "photo", media: "attach://f1" }],
      "document can't be mixed with other media types",
    ],
    [media("photo", 2).map((m) => ({ ...m, caption: "a".repeat(1_025) })), "message caption is too long"],
    [
      media("photo", 2).map((m) => ({ ...m, media: "attach://none" })),
      "wrong file identifier/HTTP URL specified",
    ],
  ])("album %# is refused", (items, why) => {
    const w = world();
    const { chatId } = w.control.createChat({});
    expect(w.why("sendMediaGroup", { chat_id: chatId, media: items }, files)).toBe(`400 Bad Request: ${why}`);
    expect(w.control.chat({ chatId }).messages).toEqual([]);
  });

  test("files are limited: 10 MB a photo, 50 MB the rest, 2 GB with an own server; odd pictures are refused", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const sized = (size: number) => new Map([["x", { ...uploadOf("x.bin", Buffer.from("x")), size }]]);
    const send = (method: string, form: string, size: number) =>
      w.why(method, { chat_id: chatId, [form]: "attach://x" }, sized(size));
    expect(send("sendPhoto", "photo", 11 << 20)).toBe("400 Bad Request: file is too big");
    expect(send("sendDocument", "document", 50 << 20)).toBe("ok");
    expect(send("sendDocument", "document", (50 << 20) + 1)).toBe("413 Request Entity Too Large");
    w.control.set({ ownServer: true });
    expect(send("sendVideo", "video", 500 << 20)).toBe("ok");
    expect(send("sendDocument", "document", 0)).toBe("400 Bad Request: file must be non-empty");
    const png = Buffer.alloc(24);
    png.writeUInt32BE(0x89504e47, 0);
    png.writeUInt32BE(4_000, 16);
    png.writeUInt32BE(100, 20);
    const wide = new Map([["x", uploadOf("x.png", png)]]);
    expect(w.why("sendPhoto", { chat_id: chatId, photo: "attach://x" }, wide)).toBe(
      "400 Bad Request: PHOTO_INVALID_DIMENSIONS",
    );
  });
});

describe("editing", () => {
  test("own messages are edited at any age; what is the same is told", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    w.ask("sendMessage", { chat_id: chatId, text: "ауд. 305" });
    w.clock.advance(90 * 86_400_000);
    const edit = (text: string, more = {}) =>
      w.why("editMessageText", { chat_id: chatId, message_id: 1, text, ...more });
    expect(edit("ауд. 305 ")).toMatch(
      /^400 Bad Request: message is not modified: specified new message content/,
    );
    expect(edit("ауд. 412")).toBe("ok");
    const reply_markup = { inline_keyboard: [[{ text: "ⓘ", url: "https://example.org/#1" }]] };
    expect(edit("ауд. 412", { reply_markup })).toBe("ok");
    expect(edit("ауд. 412", { reply_markup })).toMatch(/not modified/);
    expect(edit("a".repeat(4_097))).toBe("400 Bad Request: MESSAGE_TOO_LONG");
    expect(w.control.chat({ chatId }).messages).toMatchObject([
      {
        text: "ауд. 412",
        edited: w.clock.now(),
        buttons: [[{ text: "ⓘ", url: "https://example.org/#1", data: null }]],
      },
    ]);
    expect(w.why("editMessageText", { chat_id: chatId, message_id: 2, text: "a" })).toBe(
      "400 Bad Request: message to edit not found",
    );
    expect(w.why("editMessageCaption", { chat_id: chatId, message_id: 1, caption: "a" })).toBe(
      "400 Bad Request: there is no caption in the message to edit",
    );
  });

  test("a probe tells apart: its own as it was, somebody else's, a hole, and what a right to edit makes of it", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const reply_markup = { inline_keyboard: [[{ text: "ⓘ", url: "https://example.org/#7" }]] };
    w.control.post({ chatId, text: "чужое" });
    w.control.skip({ chatId, by: 1 });
    w.ask("sendMessage", { chat_id: chatId, text: "своё", reply_markup });
    const probe = (message_id: number) =>
      w.why("editMessageReplyMarkup", { chat_id: chatId, message_id, reply_markup });
    expect(probe(1)).toBe("400 Bad Request: message can't be edited");
    expect(probe(2)).toBe("400 Bad Request: message to edit not found");
    expect(probe(3)).toMatch(/^400 Bad Request: message is not modified/);
    w.control.setMember({ chatId, userId: w.bot.id, status: "administrator", ...all });
    expect(probe(1)).toBe("ok");
  });

  test("a medium is replaced by another of a kind its album may hold", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const media = ["a", "b"].map((name) => ({ type: "photo", media: `attach://${name}` }));
    w.ask("sendMediaGroup", { chat_id: chatId, media }, parts("a", "b"));
    const edit = (type: string) =>
      w.why(
        "editMessageMedia",
        { chat_id: chatId, message_id: 2, media: { type, media: "attach://c", caption: "новое" } },
        parts("c"),
      );
    expect(edit("document")).toBe("400 Bad Request: can't use the media of the specified type in the album");
    expect(edit("photo")).toBe("ok");
    expect(w.control.chat({ chatId }).messages[1]).toMatchObject({
      text: "новое",
      media: { hash: parts("c").get("c")?.hash },
    });
  });
});

describe("deleting and pinning", () => {
  test("messages are deleted within 48 hours alone, own ones or with the right to", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    w.ask("sendMessage", { chat_id: chatId, text: "1" });
    w.control.post({ chatId, text: "чужое" });
    w.ask("sendMessage", { chat_id: chatId, text: "3" });
    const remove = (message_id: number) => w.why("deleteMessage", { chat_id: chatId, message_id });
    expect(remove(1)).toBe("ok");
    expect(remove(1)).toBe("400 Bad Request: message to delete not found");
    expect(remove(2)).toBe("400 Bad Request: message can't be deleted");
    w.clock.advance(48 * 3_600_000 - 1);
    w.control.setMember({ chatId, userId: w.bot.id, status: "administrator", ...all });
    expect(remove(2)).toBe("ok");
    w.clock.advance(1);
    expect(remove(3)).toBe("400 Bad Request: message can't be deleted");
    expect(w.why("deleteMessages", { chat_id: chatId, message_ids: [1, 2] })).toBe("ok");
    expect(w.control.chat({ chatId }).messages.map((m) => m.id)).toEqual([3]);
    expect(w.control.history({ chatId }).map((h) => h.message.id)).toEqual([1, 2]);
  });

  test("in a private chat both sides' messages are deleted", () => {
    const w = world();
    const user = w.control.createUser({});
    const { messageId } = w.control.write({ userId: user.id, text: "/start" });
    expect(w.why("deleteMessage", { chat_id: user.id, message_id: messageId })).toBe("ok");
    expect(w.control.chat({ chatId: user.id }).messages).toEqual([]);
  });

  test("pinning needs the right to edit in a channel and to pin in a group, and leaves a service message", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    w.ask("sendMessage", { chat_id: chatId, text: "1" });
    const pin = () => w.why("pinChatMessage", { chat_id: chatId, message_id: 1 });
    expect(pin()).toBe("400 Bad Request: not enough rights to manage pinned messages in the chat");
    w.control.setMember({
      chatId,
      userId: w.bot.id,
      status: "administrator",
      rights: ["can_post_messages", "can_edit_messages"],
    });
    expect(pin()).toBe("ok");
    expect(w.control.chat({ chatId }).messages).toMatchObject([
      { id: 1, pinned: true },
      { id: 2, service: "pinned_message" },
    ]);
    expect(w.why("unpinChatMessage", { chat_id: chatId, message_id: 1 })).toBe("ok");
    expect(w.control.chat({ chatId }).messages[0]?.pinned).toBe(false);
  });

  test("a copy is an own message, a forwarded one cannot be edited", () => {
    const w = world();
    const from = w.control.createChat({}).chatId;
    const to = w.control.createChat({}).chatId;
    w.ask("sendMessage", { chat_id: from, text: "раз" });
    expect(w.ask("copyMessage", { chat_id: to, from_chat_id: from, message_id: 1 })).toEqual({
      message_id: 1,
    });
    expect(w.ask("forwardMessage", { chat_id: to, from_chat_id: from, message_id: 1 })).toMatchObject({
      message_id: 2,
      text: "раз",
    });
    expect(w.why("editMessageText", { chat_id: to, message_id: 1, text: "два" })).toBe("ok");
    expect(w.why("editMessageText", { chat_id: to, message_id: 2, text: "два" })).toBe(
      "400 Bad Request: message can't be edited",
    );
  });
});
