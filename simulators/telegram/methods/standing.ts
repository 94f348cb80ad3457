import { z } from "zod";
import { chatFor, hasRight, isAdmin, messageFor } from "../access.ts";
import { type Asking, type Method, method } from "../method.ts";
import type { Chat, Message } from "../model.ts";
import { bodied, chatId, flag, int, json, Markup, ReplyIn, text } from "../params.ts";
import { captionOf, send, service, settle } from "../post.ts";
import { bad } from "../refused.ts";
import { messageJson } from "../render.ts";

/** How long a message may be deleted, ms. */
const DELETABLE = 48 * 3_600_000;

function mayDelete({ world, bot }: Asking, chat: Chat, message: Message): boolean {
  if (world.clock.now() - message.date >= DELETABLE) return false;
  if (chat.type === "private") return true;
  if (hasRight(chat, bot, "can_delete_messages")) return true;
  if (message.author.id !== bot.user.id) return false;
  return chat.type !== "channel" || hasRight(chat, bot, "can_post_messages");
}

const deleteMessage = method(z.object({ chat_id: chatId, message_id: int }), (asking, input) => {
  const chat = chatFor(asking.world, asking.bot, input.chat_id);
  const message = messageFor(chat, input.message_id, "delete");
  if (!mayDelete(asking, chat, message)) throw bad("message can't be deleted");
  asking.world.remove(chat, message, asking.bot.user.id);
  return true;
});

const deleteMessages = method(
  z.object({ chat_id: chatId, message_ids: json(z.array(int)) }),
  (asking, input) => {
    const chat = chatFor(asking.world, asking.bot, input.chat_id);
    const ids = input.message_ids;
    if (ids.length === 0) throw bad("message identifiers are not specified");
    if (ids.length > 100) throw bad("too many message identifiers specified");
    const messages = ids.map((id) => chat.messages.get(id)).filter((m) => m !== undefined);
    if (messages.some((m) => !mayDelete(asking, chat, m))) throw bad("message can't be deleted");
    for (const message of messages) asking.world.remove(chat, message, asking.bot.user.id);
    return true;
  },
);

function mayPin({ bot }: Asking, chat: Chat): void {
  if (chat.type === "private") return;
  const right = chat.type === "channel" ? "can_edit_messages" : "can_pin_messages";
  if (hasRight(chat, bot, right)) return;
  if (chat.type !== "channel" && !isAdmin(chat, bot) && chat.permissions.pin) return;
  throw bad("not enough rights to manage pinned messages in the chat");
}

const pinChatMessage = method(
  z.object({ chat_id: chatId, message_id: int, disable_notification: flag.optional() }),
  (asking, input) => {
    const { world, bot } = asking;
    const chat = chatFor(world, bot, input.chat_id);
    mayPin(asking, chat);
    const message = messageFor(chat, input.message_id, "pin");
    if (message.content.kind === "service") throw bad("can't pin a service message");
    if (chat.pinned.includes(message.id)) return true;
    chat.pinned = [...chat.pinned, message.id];
    service(world, chat, bot.user, { pinned_message: messageJson(chat, message, false) });
    return true;
  },
);

const unpinChatMessage = method(
  z.object({ chat_id: chatId, message_id: int.optional() }),
  (asking, input) => {
    const chat = chatFor(asking.world, asking.bot, input.chat_id);
    mayPin(asking, chat);
    const id = input.message_id ?? chat.pinned.at(-1);
    if (id === undefined) return true;
    if (!chat.messages.has(id)) throw bad("message to unpin not found");
    chat.pinned = chat.pinned.filter((p) => p !== id);
    return true;
  },
);

const unpinAllChatMessages = method(z.object({ chat_id: chatId }), (asking, input) => {
  const chat = chatFor(asking.world, asking.bot, input.chat_id);
  mayPin(asking, chat);
  chat.pinned = [];
  return true;
});

const passing = {
  chat_id: chatId,
  from_chat_id: chatId,
  message_id: int,
  message_thread_id: int.optional(),
  disable_notification: flag.optional(),
  protect_content: flag.optional(),
};

function source(asking: Asking, input: { from_chat_id: number | string; message_id: number }, verb: string) {
  const from = chatFor(asking.world, asking.bot, input.from_chat_id);
  const message = messageFor(from, input.message_id, verb);
  if (message.content.kind === "service")
    throw bad(`message can't be ${verb === "copy" ? "copied" : "forwarded"}`);
  if (message.protected) throw bad(`message can't be ${verb === "copy" ? "copied" : "forwarded"}`);
  return { from, message, content: message.content };
}

const forwardMessage = method(z.object(passing), (asking, input) => {
  const chat = chatFor(asking.world, asking.bot, input.chat_id);
  const { from, message, content } = source(asking, input, "forward");
  const settled = {
    ...settle(asking, chat, input, "text messages"),
    forwardedFrom: { chat: from.id, id: message.id },
  };
  return send(asking.world, chat, settled, [content]).map((m) => messageJson(chat, m))[0] ?? null;
});

const copyMessage = method(
  z.object({
    ...passing,
    ...bodied,
    caption: text.optional(),
    reply_parameters: ReplyIn.optional(),
    reply_markup: Markup.optional(),
  }),
  (asking, input) => {
    const chat = chatFor(asking.world, asking.bot, input.chat_id);
    const { content } = source(asking, input, "copy");
    const settled = settle(asking, chat, input, "text messages");
    const body =
      input.caption === undefined
        ? content.body
        : captionOf(input.caption, input.caption_entities, input.parse_mode);
    const copied = content.kind === "text" ? content : { ...content, body };
    const [made] = send(asking.world, chat, settled, [copied]);
    return { message_id: made?.id ?? 0 };
  },
);

/** What is done with messages that stand. */
export const standingMethods: Readonly<Record<string, Method>> = {
  deleteMessage,
  deleteMessages,
  pinChatMessage,
  unpinChatMessage,
  unpinAllChatMessages,
  forwardMessage,
  copyMessage,
};
