import type { z } from "zod";
import { mayPost, topicFor } from "./access.ts";
import { formatted } from "./entities.ts";
import type { JsonObject } from "./json.ts";
import { markupOf } from "./markup.ts";
import type { Asking } from "./method.ts";
import type { Bot, Chat, Content, Entity, Formatted, Message, User } from "./model.ts";
import type { EntityIn, ReplyIn } from "./params.ts";
import { bad } from "./refused.ts";
import { messageJson } from "./render.ts";
import type { World } from "./world.ts";

export interface Sending {
  readonly message_thread_id?: number | undefined;
  readonly disable_notification?: boolean | undefined;
  readonly protect_content?: boolean | undefined;
  readonly reply_parameters?: z.output<typeof ReplyIn> | undefined;
  readonly reply_to_message_id?: number | undefined;
  readonly reply_markup?: JsonObject | undefined;
}

export type Settled = Omit<Message, "id" | "date" | "editedAt" | "content">;

const toEntity = ({ type, offset, length, url, language }: z.output<typeof EntityIn>): Entity => ({
  type,
  offset,
  length,
  ...(url === undefined ? {} : { url }),
  ...(language === undefined ? {} : { language }),
});

/** A text or caption as it will stand. Only entities are understood: parse_mode is not. */
export function bodyOf(
  text: string,
  entities: readonly z.output<typeof EntityIn>[] | undefined,
  parseMode: string | undefined,
): Formatted {
  if (parseMode !== undefined && parseMode !== "")
    throw bad("can't parse entities: the simulator knows no parse_mode");
  return formatted(text, (entities ?? []).map(toEntity));
}

/** The longest a text may be, and a caption, UTF-16 units as the server left them. */
const TEXT = 4_096;
const CAPTION = 1_024;

export function textOf(
  text: string,
  entities: readonly z.output<typeof EntityIn>[] | undefined,
  parseMode: string | undefined,
  tooLong = "message is too long",
): Formatted {
  const body = bodyOf(text, entities, parseMode);
  if (body.text === "") throw bad("message text is empty");
  if (body.text.length > TEXT) throw bad(tooLong);
  return body;
}

export function captionOf(
  text: string | undefined,
  entities: readonly z.output<typeof EntityIn>[] | undefined,
  parseMode: string | undefined,
): Formatted {
  const body = bodyOf(text ?? "", entities, parseMode);
  if (body.text.length > CAPTION) throw bad("message caption is too long");
  return body;
}

function replyOf(chat: Chat, input: Sending): number | null {
  const asked = input.reply_parameters;
  const id = asked?.message_id ?? input.reply_to_message_id;
  if (id === undefined) return null;
  if (chat.messages.has(id)) return id;
  if (asked?.allow_sending_without_reply === true) return null;
  throw bad("message to be replied not found");
}

/** Whether a bot may post so, and with what; `what` is named where it may not. */
export function settle({ world, bot }: Asking, chat: Chat, input: Sending, what: string): Settled {
  mayPost(world, bot, chat, what);
  const topic = topicFor(world, bot, chat, input.message_thread_id);
  return {
    author: bot.user,
    replyTo: replyOf(chat, input),
    topic,
    album: null,
    silent: input.disable_notification ?? false,
    protected: input.protect_content ?? false,
    markup: markupOf(input.reply_markup),
    forwardedFrom: null,
  };
}

const rumours = ["Кто был на паре?", "Спасибо!", "А где это?", "Перешлите, пожалуйста", "Доброе утро"];
const stranger: User = { id: 999_000_001, isBot: false, firstName: "Другой", lastName: "Участник" };

/** Somebody writes into a chat; bots there are told, but for the one that writes. */
export function postAs(world: World, chat: Chat, settled: Settled, content: Content): Message {
  const message = world.put(chat, { ...settled, content });
  tell(world, chat, message, chat.type === "channel" ? "channel_post" : "message");
  return message;
}

/** Tells the bots of a chat, but for the author. */
export function tell(world: World, chat: Chat, message: Message, kind: string): void {
  for (const bot of world.botsIn(chat))
    if (bot.user.id !== message.author.id && sees(bot, chat, message))
      world.queueOf(bot).push(kind, messageJson(chat, message));
}

/** Bots in privacy mode see commands, replies to them and service messages alone, unless they are administrators. */
function sees(bot: Bot, chat: Chat, message: Message): boolean {
  if (message.author.isBot && chat.type !== "channel") return false;
  if (chat.type === "private" || chat.type === "channel" || bot.seesAllGroupMessages) return true;
  const status = chat.members.get(bot.user.id)?.status;
  if (status === "administrator" || status === "creator" || message.content.kind === "service") return true;
  return message.content.body.text.startsWith("/");
}

/** Just before a bot's message, somebody else's may come. */
function interleave(world: World, chat: Chat): void {
  if (chat.type === "private" || chat.type === "group") return;
  while (world.settings.interleaveChance > 0 && world.chance() < world.settings.interleaveChance) {
    const text = rumours[Math.floor(world.chance() * rumours.length)] ?? "";
    const settled = { ...plain, author: stranger };
    postAs(world, chat, settled, { kind: "text", body: { text, entities: [] }, preview: false });
  }
}

/** Of messages without anything special. */
export const plain: Omit<Settled, "author"> = {
  replyTo: null,
  topic: null,
  album: null,
  silent: false,
  protected: false,
  markup: null,
  forwardedFrom: null,
};

/** A bot's messages: one, or an album. */
export function send(
  world: World,
  chat: Chat,
  settled: Settled,
  contents: readonly Content[],
): readonly Message[] {
  interleave(world, chat);
  return contents.map((content) => postAs(world, chat, settled, content));
}

/** A service message, which takes an id as others do. */
export function service(
  world: World,
  chat: Chat,
  author: User,
  fields: JsonObject,
  topic: number | null = null,
): Message {
  return postAs(world, chat, { ...plain, author, topic }, { kind: "service", fields });
}
