import { z } from "zod";

/** A chat of Telegram. Groups and channels have negative ids; all fit into 52 bits. */
export const ChatId = z.int().brand("TelegramChatId");
export type ChatId = z.infer<typeof ChatId>;

/** A message within its chat. */
export const MessageId = z.int().positive().brand("TelegramMessageId");
export type MessageId = z.infer<typeof MessageId>;

/** A topic of a forum: the id of the message that opened it. */
export const TopicId = z.int().positive().brand("TelegramTopicId");
export type TopicId = z.infer<typeof TopicId>;

/** An account of a person or a bot. */
export const UserId = z.int().positive().brand("TelegramUserId");
export type UserId = z.infer<typeof UserId>;
