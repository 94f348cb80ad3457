import { z } from "zod";
import { chatFor, mayEdit, messageFor } from "../access.ts";
import type { JsonObject } from "../json.ts";
import { markupOf, sameMarkup } from "../markup.ts";
import { type Asking, type Method, method } from "../method.ts";
import type { Chat, Content, Media, Message } from "../model.ts";
import { bodied, chatId, entities, flag, int, json, Markup, text } from "../params.ts";
import { captionOf, textOf } from "../post.ts";
import { bad } from "../refused.ts";
import { messageJson } from "../render.ts";
import { mediaOf } from "../upload.ts";
import { Item } from "./send.ts";

const target = { chat_id: chatId, message_id: int, reply_markup: Markup.optional() };

function found(
  { world, bot }: Asking,
  input: { readonly chat_id: number | string; readonly message_id: number },
) {
  const chat = chatFor(world, bot, input.chat_id);
  const message = messageFor(chat, input.message_id, "edit");
  mayEdit(bot, chat, message);
  return { chat, message };
}

const NOT_MODIFIED =
  "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";

function change(
  asking: Asking,
  chat: Chat,
  message: Message,
  content: Content,
  given: JsonObject | undefined,
) {
  const markup = markupOf(given);
  if (sameContent(message.content, content) && sameMarkup(message.markup, markup)) throw bad(NOT_MODIFIED);
  const onlyButtons = sameContent(message.content, content);
  message.content = content;
  message.markup = markup;
  if (!onlyButtons) message.editedAt = asking.world.clock.now();
  return messageJson(chat, message);
}

const sameMedia = (a: Media, b: Media): boolean =>
  a.form === b.form && a.file.id === b.file.id && a.spoiler === b.spoiler;

function sameContent(a: Content, b: Content): boolean {
  if (a.kind === "service" || b.kind === "service") return a === b;
  if (JSON.stringify(a.body) !== JSON.stringify(b.body)) return false;
  if (a.kind === "text") return b.kind === "text" && a.preview === b.preview;
  return b.kind === "media" && sameMedia(a.media, b.media);
}

const editMessageText = method(
  z.object({
    ...target,
    text,
    parse_mode: text.optional(),
    entities,
    link_preview_options: json(z.object({ is_disabled: flag.optional() })).optional(),
  }),
  (asking, input) => {
    const { chat, message } = found(asking, input);
    if (message.content.kind !== "text") throw bad("there is no text in the message to edit");
    const body = textOf(input.text, input.entities, input.parse_mode, "MESSAGE_TOO_LONG");
    const preview =
      input.link_preview_options?.is_disabled !== true && /https?:\/\//.test(JSON.stringify(body));
    return change(asking, chat, message, { kind: "text", body, preview }, input.reply_markup);
  },
);

const editMessageCaption = method(z.object({ ...target, ...bodied }), (asking, input) => {
  const { chat, message } = found(asking, input);
  if (message.content.kind !== "media") throw bad("there is no caption in the message to edit");
  const body = captionOf(input.caption, input.caption_entities, input.parse_mode);
  return change(asking, chat, message, { ...message.content, body }, input.reply_markup);
});

const editMessageMedia = method(z.object({ ...target, media: json(Item) }), (asking, input) => {
  const { chat, message } = found(asking, input);
  const item = input.media;
  const before = message.content;
  if (message.album !== null && before.kind === "media") {
    const alone = ["document", "audio"];
    const kinds = new Set([before.media.form, item.type]);
    if (
      item.type === "animation" ||
      (kinds.size > 1 && alone.some((k) => k === item.type || k === before.media.form))
    )
      throw bad("can't use the media of the specified type in the album");
  }
  const body = captionOf(item.caption, item.caption_entities, item.parse_mode);
  const media = mediaOf(asking, { ...item, form: item.type });
  return change(asking, chat, message, { kind: "media", media, body }, input.reply_markup);
});

const editMessageReplyMarkup = method(z.object(target), (asking, input) => {
  const { chat, message } = found(asking, input);
  return change(asking, chat, message, message.content, input.reply_markup);
});

export const editMethods: Readonly<Record<string, Method>> = {
  editMessageText,
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
};
