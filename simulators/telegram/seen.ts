import { z } from "zod";
import type { Chat, Entity, Form, Message } from "./model.ts";

/** A button as a member sees it. */
export interface SeenButton {
  readonly text: string;
  readonly url: string | null;
  readonly data: string | null;
}

/** A message as a member of its chat sees it. */
export interface SeenMessage {
  readonly id: number;
  /** ms. */
  readonly date: number;
  /** ms; null: never. */
  readonly edited: number | null;
  /** The chat's title in a channel, where nobody sees who wrote it. */
  readonly author: string;
  readonly authorId: number;
  readonly kind: "text" | "media" | "service";
  /** The text or caption. */
  readonly text: string;
  readonly entities: readonly Entity[];
  readonly media: {
    readonly form: Form;
    readonly name: string;
    readonly mime: string;
    /** Bytes. */
    readonly size: number;
    /** SHA-256, hex. */
    readonly hash: string;
    readonly fileId: string;
    readonly width: number;
    readonly height: number;
    readonly duration: number;
  } | null;
  /** What a service message tells, as the Bot API calls it. */
  readonly service: string | null;
  readonly album: string | null;
  readonly replyTo: number | null;
  readonly topic: number | null;
  readonly pinned: boolean;
  readonly silent: boolean;
  readonly protected: boolean;
  /** Whether its link is fetched for a preview. */
  readonly preview: boolean;
  readonly forwarded: boolean;
  readonly buttons: readonly (readonly SeenButton[])[];
}

/** A chat as its members see it. */
export interface SeenChat {
  readonly id: number;
  readonly type: Chat["type"];
  readonly title: string;
  readonly topics: readonly { readonly id: number; readonly name: string; readonly closed: boolean }[];
  /** Oldest first; what was deleted is gone. */
  readonly messages: readonly SeenMessage[];
}

const Keyboard = z.object({
  inline_keyboard: z.array(
    z.array(z.object({ text: z.string(), url: z.string().optional(), callback_data: z.string().optional() })),
  ),
});

const buttonsOf = (message: Message): SeenMessage["buttons"] => {
  const found = Keyboard.safeParse(message.markup);
  if (!found.success) return [];
  return found.data.inline_keyboard.map((row) =>
    row.map(({ text, url, callback_data }) => ({ text, url: url ?? null, data: callback_data ?? null })),
  );
};

function mediaOf({ content }: Message): SeenMessage["media"] {
  if (content.kind !== "media") return null;
  const { form, file, width, height, duration } = content.media;
  const { name, mime, size, hash, id } = file;
  return { form, name, mime, size, hash, fileId: id, width, height, duration };
}

export function seenMessage(chat: Chat, message: Message): SeenMessage {
  const { content, author } = message;
  const body = content.kind === "service" ? { text: "", entities: [] } : content.body;
  return {
    id: message.id,
    date: message.date,
    edited: message.editedAt,
    author: chat.type === "channel" ? chat.title : [author.firstName, author.lastName ?? ""].join(" ").trim(),
    authorId: author.id,
    kind: content.kind,
    text: body.text,
    entities: body.entities,
    media: mediaOf(message),
    service: content.kind === "service" ? (Object.keys(content.fields)[0] ?? "") : null,
    album: message.album,
    replyTo: message.replyTo,
    topic: message.topic,
    pinned: chat.pinned.includes(message.id),
    silent: message.silent,
    protected: message.protected,
    preview: content.kind === "text" && content.preview,
    forwarded: message.forwardedFrom !== null,
    buttons: buttonsOf(message),
  };
}

export const seenChat = (chat: Chat): SeenChat => ({
  id: chat.id,
  type: chat.type,
  title: chat.title,
  topics: [...chat.topics.values()].map(({ id, name, closed }) => ({ id, name, closed })),
  messages: [...chat.messages.values()].map((message) => seenMessage(chat, message)),
});
