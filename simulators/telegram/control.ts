import { z } from "zod";
import { chatOperations, finders, id } from "./control-chats.ts";
import { formatted } from "./entities.ts";
import { FaultChanceInput, FaultInput } from "./faults.ts";
import type { Entry } from "./journal.ts";
import type { Chat, User } from "./model.ts";
import { operation } from "./operation.ts";
import { EntityIn } from "./params.ts";
import { plain, postAs, tell } from "./post.ts";
import { ControlError } from "./refused.ts";
import { messageJson, userJson } from "./render.ts";
import { type SeenChat, type SeenMessage, seenChat, seenMessage } from "./seen.ts";
import { seized } from "./seized.ts";
import { Settings } from "./settings.ts";
import type { Telegram } from "./telegram.ts";

/** All operations, by name: decoded from text at the HTTP edge, typed in the process. */
export function createOperations(telegram: Telegram) {
  const { world } = telegram;
  const find = finders(telegram);
  const there = z.strictObject({ chatId: id, botId: id.optional() });

  /** Who writes where nobody is named: the owner, or some other member. */
  const anyone = (chat: Chat): User => {
    const human = [...chat.members.values()].find((m) => !m.user.isBot)?.user;
    if (human === undefined) throw new ControlError("nobody is in this chat: name a user");
    return human;
  };
  const entitiesOf = (given: readonly z.output<typeof EntityIn>[] | undefined) =>
    (given ?? []).map(({ type, offset, length, url }) => ({
      type,
      offset,
      length,
      ...(url === undefined ? {} : { url }),
    }));

  return {
    ...chatOperations(telegram),
    /** Somebody else's post in a group, supergroup or channel. */
    post: operation(
      z.strictObject({
        chatId: id,
        userId: id.optional(),
        text: z.string(),
        entities: z.array(EntityIn).optional(),
        replyTo: id.optional(),
        topic: id.optional(),
        silent: z.boolean().optional(),
      }),
      (o) => {
        const chat = find.chat(o.chatId);
        const author = o.userId === undefined ? anyone(chat) : find.user(o.userId);
        const body = formatted(o.text, entitiesOf(o.entities));
        const settled = {
          ...plain,
          author,
          replyTo: o.replyTo ?? null,
          topic: o.topic ?? null,
          silent: o.silent ?? false,
        };
        return { messageId: postAs(world, chat, settled, { kind: "text", body, preview: false }).id };
      },
    ),
    /** Somebody writes to a bot in private; a first message starts the chat. */
    write: operation(z.strictObject({ userId: id, text: z.string(), botId: id.optional() }), (o) => {
      const bot = find.bot(o.botId);
      const user = find.user(o.userId);
      const chat = world.privateChat(bot, user);
      chat.blocked = false;
      const body = formatted(o.text, []);
      return {
        messageId: postAs(world, chat, { ...plain, author: user }, { kind: "text", body, preview: false }).id,
        chatId: chat.id,
      };
    }),
    block: operation(
      z.strictObject({ userId: id, botId: id.optional(), blocked: z.boolean().optional() }),
      (o) => {
        world.privateChat(find.bot(o.botId), find.user(o.userId)).blocked = o.blocked ?? true;
      },
    ),
    /** Somebody else edits a post (or an administrator the bot's own). */
    edit: operation(
      z.strictObject({ chatId: id, messageId: id, text: z.string(), botId: id.optional() }),
      (o) => {
        const chat = find.chat(o.chatId, o.botId);
        const message = chat.messages.get(o.messageId);
        if (message === undefined || message.content.kind === "service")
          throw new ControlError("no such message");
        message.content = { ...message.content, body: formatted(o.text, []) };
        message.editedAt = world.clock.now();
        tell(world, chat, message, chat.type === "channel" ? "edited_channel_post" : "edited_message");
      },
    ),
    /** Somebody else removes a message. */
    remove: operation(z.strictObject({ chatId: id, messageId: id, botId: id.optional() }), (o) => {
      const chat = find.chat(o.chatId, o.botId);
      const message = chat.messages.get(o.messageId);
      if (message === undefined) throw new ControlError(`no message ${o.messageId}`);
      world.remove(chat, message, 0);
    }),
    /** The next ids of a chat are skipped. */
    skip: operation(z.strictObject({ chatId: id, by: z.number().int().positive() }), (o) => {
      find.chat(o.chatId).lastId += o.by;
    }),
    /** A member presses a button. */
    press: operation(
      z.strictObject({ chatId: id, messageId: id, userId: id, data: z.string(), botId: id.optional() }),
      (o) => {
        const bot = find.bot(o.botId);
        const chat = find.chat(o.chatId, o.botId);
        const message = chat.messages.get(o.messageId);
        if (message === undefined) throw new ControlError(`no message ${o.messageId}`);
        const callbackId = String(world.serial());
        world.queueOf(bot).push("callback_query", {
          id: callbackId,
          from: userJson(find.user(o.userId)),
          message: messageJson(chat, message),
          chat_instance: "1",
          data: o.data,
        });
        return { callbackId };
      },
    ),
    webhook: operation(z.strictObject({ url: z.string(), botId: id.optional() }), (o) =>
      world.queueOf(find.bot(o.botId)).setWebhook(o.url),
    ),
    /** From now on so many seconds all calls that fit answer 429. Default: every bot, every chat, get* too. */
    limit: operation(
      z.strictObject({ seconds: z.number().positive(), botId: id.optional(), chatId: id.optional() }),
      (o) =>
        telegram.buckets.provoke(o.botId ?? null, o.chatId ?? null, world.clock.now() + o.seconds * 1_000),
    ),
    fault: operation(FaultInput, (o) => telegram.faults.plan(o)),
    faultChance: operation(FaultChanceInput, (o) => telegram.faults.chance(o)),
    clearFaults: operation(z.strictObject({}), () => telegram.faults.clear()),
    set: operation(Settings.partial(), (given): Settings => {
      const { seed: _, ...rest } = given;
      Object.assign(telegram.settings, rest);
      return telegram.settings;
    }),
    setClock: operation(
      z.strictObject({ offsetMs: z.number().int().optional(), advanceMs: z.number().int().optional() }),
      (o) => {
        telegram.clock.offset = (o.offsetMs ?? telegram.clock.offset) + (o.advanceMs ?? 0);
        return { offsetMs: telegram.clock.offset, now: telegram.clock.now() };
      },
    ),
    /** What a member sees. */
    chat: operation(there, (o): SeenChat => seenChat(find.chat(o.chatId, o.botId))),
    chats: operation(z.strictObject({}), () =>
      [...world.chats.values()].map(({ id: chatId, title, type }) => ({ chatId, title, type })),
    ),
    /** What was deleted, by whom (0: somebody else) and when. */
    history: operation(there, (o): readonly { message: SeenMessage; at: number; by: number }[] => {
      const chat = find.chat(o.chatId, o.botId);
      return chat.deleted.map(({ message, at, by }) => ({ message: seenMessage(chat, message), at, by }));
    }),
    /** What whoever seizes a bot's token can list; null: it opens nothing. */
    seizedToken: operation(z.strictObject({ token: z.string() }), (o) => seized(telegram, o.token)),
    /** All requests so far, oldest first; of one method where it is named. */
    requests: operation(z.strictObject({ method: z.string().optional() }), (o): readonly Entry[] =>
      telegram.journal.entries.filter((e) => o.method === undefined || e.method === o.method),
    ),
    /** Faults met so far by kind. */
    faultsMet: operation(z.strictObject({}), () => telegram.faults.counts),
    /** Looks for this text in all requests from now on, however large they are. */
    watch: operation(z.strictObject({ text: z.string() }), (o) => telegram.journal.watch(o.text)),
    /** Whether this text was in any request. */
    sawBytes: operation(z.strictObject({ text: z.string() }), (o) => ({
      seen: telegram.journal.saw(o.text),
    })),
  };
}

/** The control interface in the process: each operation as a function, and what bytes need. */
export type Control = Omit<ReturnType<typeof createOperations>, "sawBytes" | "watch"> & {
  watch(needle: string | Uint8Array): void;
  sawBytes(needle: string | Uint8Array): boolean;
  /** Of a file that was uploaded; null: too large to be kept, or unknown. */
  fileBytes(fileId: string): Uint8Array | null;
};

export function createControl(telegram: Telegram): Control {
  return {
    ...createOperations(telegram),
    watch: (needle) => telegram.journal.watch(needle),
    sawBytes: (needle) => telegram.journal.saw(needle),
    fileBytes: (fileId) => telegram.world.files.get(fileId)?.bytes ?? null,
  };
}
