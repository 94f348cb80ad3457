import type { MediaId } from "../../bridge/model/ids.ts";
import type { Call, Upload } from "./api.ts";
import type { FixedMedia, FixedMessage } from "./fixed.ts";
import type { ChatId, MessageId, TopicId } from "./ids.ts";
import type { Formatted } from "./message.ts";

/** Opens a spooled attachment; throws or yields `SpoolLost` where its bytes are gone. */
export type Spooled = (media: MediaId) => AsyncIterable<Uint8Array>;

/**
 * The small button by which a post of ours can be looked for when its answer was lost. It leads to Telegram's own page,
 * with a number that no other post has: who follows it tells nobody but Telegram anything, and Telegram knows already. A
 * button that asks the bot would tell it who pressed it; a link to the channel would name it.
 */
export const markup = (button: string | null) =>
  button === null
    ? {}
    : { reply_markup: { inline_keyboard: [[{ text: "ⓘ", url: `https://telegram.org/?${button}` }]] } };

/** Previews have Telegram, and each reader's app, fetch the link. */
const NO_PREVIEW = { link_preview_options: { is_disabled: true } };

const captioned = ({ text, entities }: Formatted) =>
  text === "" ? {} : { caption: text, caption_entities: entities };

const extent = ({ form, width, height, duration }: FixedMedia) => ({
  ...((form === "video" || form === "animation") && width !== undefined ? { width } : {}),
  ...((form === "video" || form === "animation") && height !== undefined ? { height } : {}),
  ...(form === "photo" || form === "document" || duration === undefined
    ? {}
    : { duration: Math.round(duration) }),
  ...(form === "video" ? { supports_streaming: true } : {}),
  ...(form === "document" ? { disable_content_type_detection: true } : {}),
});

const upload = (media: FixedMedia, spooled: Spooled): Upload => ({
  name: media.name,
  open: () => spooled(media.media),
});

/** An item of an album, or what a message is to hold instead of what it held. */
const item = (media: FixedMedia, key: string) => ({
  type: media.form,
  media: `attach://${key}`,
  ...captioned(media.caption),
  ...extent(media),
});

const methods = {
  photo: "sendPhoto",
  video: "sendVideo",
  audio: "sendAudio",
  voice: "sendVoice",
  document: "sendDocument",
  animation: "sendAnimation",
} as const;

export interface Where {
  readonly chat: ChatId;
  readonly topic: TopicId | null;
  readonly reply: MessageId | null;
  readonly silent: boolean;
  readonly button: string | null;
}

/** The call that sends one message, or several as an album. */
export function sendCall(messages: readonly FixedMessage[], at: Where, spooled: Spooled): Call {
  const [first] = messages;
  if (first === undefined) throw new Error("nothing to send");
  const common = {
    chat_id: at.chat,
    ...(at.topic === null ? {} : { message_thread_id: at.topic }),
    ...(at.silent ? { disable_notification: true } : {}),
    ...(at.reply === null
      ? {}
      : { reply_parameters: { message_id: at.reply, allow_sending_without_reply: true } }),
  };
  if (messages.length > 1) {
    const media = messages.filter((m) => m.kind === "media");
    const uploads = new Map(media.map((m, i) => [`f${i}`, upload(m, spooled)]));
    const payload = { ...common, media: media.map((m, i) => item(m, `f${i}`)) };
    return { method: "sendMediaGroup", payload, uploads };
  }
  if (first.kind === "text") {
    const { text, entities } = first.body;
    const payload = { ...common, text, entities, ...NO_PREVIEW, ...markup(at.button) };
    return { method: "sendMessage", payload };
  }
  const payload = {
    ...common,
    [first.form]: "attach://f0",
    ...captioned(first.caption),
    ...extent(first),
    ...markup(at.button),
  };
  return { method: methods[first.form], payload, uploads: new Map([["f0", upload(first, spooled)]]) };
}

interface Standing {
  readonly chat: ChatId;
  readonly id: MessageId;
  readonly button: string | null;
}
const standing = ({ chat, id, button }: Standing) => ({ chat_id: chat, message_id: id, ...markup(button) });

/** Edits send the button again: without it, it would vanish. */
export const editText = (at: Standing, { text, entities }: Formatted): Call => ({
  method: "editMessageText",
  payload: { ...standing(at), text, entities, ...NO_PREVIEW },
});
export const editCaption = (at: Standing, body: Formatted): Call => ({
  method: "editMessageCaption",
  payload: { ...standing(at), caption: body.text, caption_entities: body.entities },
});
export const editMedia = (at: Standing, media: FixedMedia, spooled: Spooled): Call => ({
  method: "editMessageMedia",
  payload: { ...standing(at), media: item(media, "f0") },
  uploads: new Map([["f0", upload(media, spooled)]]),
});
/** Asks for a message's button to be what it is: how a message of ours is told from all others. */
export const editMarkup = (at: Standing): Call => ({
  method: "editMessageReplyMarkup",
  payload: standing(at),
});
export const deleteCall = (chat: ChatId, id: MessageId): Call => ({
  method: "deleteMessage",
  payload: { chat_id: chat, message_id: id },
});
export const pinCall = (chat: ChatId, id: MessageId): Call => ({
  method: "pinChatMessage",
  payload: { chat_id: chat, message_id: id, disable_notification: true },
});
export const unpinCall = (chat: ChatId, id: MessageId): Call => ({
  method: "unpinChatMessage",
  payload: { chat_id: chat, message_id: id },
});
