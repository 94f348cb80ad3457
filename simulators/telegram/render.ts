import { type Json, type JsonObject, lean } from "./json.ts";
import type { Chat, Entity, Media, Member, Message, StoredFile, User } from "./model.ts";
import { rightNames } from "./model.ts";

const seconds = (ms: number): number => Math.floor(ms / 1_000);

export const userJson = (user: User): JsonObject =>
  lean({
    id: user.id,
    is_bot: user.isBot,
    first_name: user.firstName,
    last_name: user.lastName,
    username: user.username,
  });

export function chatJson(chat: Chat): JsonObject {
  const { peer } = chat;
  if (peer !== null)
    return lean({
      id: chat.id,
      type: "private",
      first_name: peer.user.firstName,
      last_name: peer.user.lastName,
      username: peer.user.username,
    });
  return lean({
    id: chat.id,
    type: chat.type,
    title: chat.title,
    username: chat.username ?? undefined,
    is_forum: chat.forum ? true : undefined,
  });
}

export const fileJson = (file: StoredFile): JsonObject => ({
  file_id: file.id,
  file_unique_id: file.uniqueId,
  file_size: file.size,
});

const entitiesJson = (entities: readonly Entity[]): Json | undefined =>
  entities.length === 0 ? undefined : entities.map((e) => lean({ ...e }));

function mediaJson({ form, file, thumbnail, width, height, duration }: Media): JsonObject {
  const base = fileJson(file);
  if (form === "photo") return { photo: [{ ...base, width, height }] };
  const small = thumbnail === null ? {} : { thumbnail: { ...fileJson(thumbnail), width: 320, height: 320 } };
  const named = { ...base, file_name: file.name, mime_type: file.mime, ...small };
  switch (form) {
    case "video":
      return { video: { ...named, width, height, duration } };
    case "animation":
      return {
        animation: { ...named, width, height, duration },
        document: named,
      };
    case "audio":
      return { audio: { ...named, duration } };
    case "voice":
      return { voice: { ...base, mime_type: file.mime, duration } };
    case "document":
      return { document: named };
  }
}

function contentJson(message: Message): JsonObject {
  const { content } = message;
  if (content.kind === "service") return content.fields;
  const { text, entities } = content.body;
  if (content.kind === "text") return { text, entities: entitiesJson(entities) };
  return {
    ...mediaJson(content.media),
    caption: text === "" ? undefined : text,
    caption_entities: entitiesJson(entities),
  };
}

/** A message as the Bot API writes it. */
export function messageJson(chat: Chat, message: Message, deep = true): JsonObject {
  const answered = message.replyTo === null || !deep ? undefined : chat.messages.get(message.replyTo);
  const forwarded = message.forwardedFrom;
  return lean({
    message_id: message.id,
    ...(chat.type === "channel" ? { sender_chat: chatJson(chat) } : { from: userJson(message.author) }),
    chat: chatJson(chat),
    date: seconds(message.date),
    edit_date: message.editedAt === null ? undefined : seconds(message.editedAt),
    message_thread_id: message.topic ?? undefined,
    is_topic_message: message.topic === null ? undefined : true,
    media_group_id: message.album ?? undefined,
    has_protected_content: message.protected ? true : undefined,
    forward_origin:
      forwarded === null
        ? undefined
        : {
            type: "channel",
            chat: { id: forwarded.chat, type: "channel" },
            message_id: forwarded.id,
            date: 0,
          },
    reply_to_message: answered === undefined ? undefined : messageJson(chat, answered, false),
    reply_markup: message.markup ?? undefined,
    ...contentJson(message),
  });
}

/** Rights that mean something in one kind of chat only. */
const onlyIn: Readonly<Record<string, Chat["type"]>> = {
  can_post_messages: "channel",
  can_edit_messages: "channel",
  can_pin_messages: "supergroup",
  can_manage_topics: "supergroup",
};

/** A membership as the Bot API writes it. */
export function memberJson(chat: Chat, { user, status, rights }: Member): JsonObject {
  const base = { user: userJson(user), status };
  switch (status) {
    case "creator":
      return { ...base, is_anonymous: rights.has("is_anonymous") };
    case "administrator": {
      const type = chat.type === "group" ? "supergroup" : chat.type;
      const told = rightNames.filter((r) => (onlyIn[r] ?? type) === type);
      return {
        ...base,
        can_be_edited: false,
        ...Object.fromEntries(told.map((right) => [right, rights.has(right)])),
      };
    }
    case "restricted":
      return { ...base, is_member: true, can_send_messages: false, until_date: 0 };
    case "kicked":
      return { ...base, until_date: 0 };
    default:
      return base;
  }
}
