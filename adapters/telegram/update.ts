import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";
import { ChatId, MessageId, TopicId, UserId } from "./ids.ts";
import { type ChatKind, isInside, Member } from "./rights.ts";

interface Heard {
  readonly id: number;
}

/** What the bot hears. `id`: the update's own number, by which Telegram is told that it was taken. */
export type Update = Heard &
  (
    | {
        readonly kind: "message";
        readonly chat: ChatId;
        readonly in: ChatKind;
        readonly message: MessageId;
        readonly topic: TopicId | null;
        /** null: a channel or an anonymous administrator. */
        readonly from: UserId | null;
        /** null: it is no text. */
        readonly text: string | null;
      }
    /** The bot's own standing in a chat changed. */
    | { readonly kind: "standing"; readonly chat: ChatId; readonly in: ChatKind; readonly inside: boolean }
    /** A group became a supergroup. */
    | { readonly kind: "moved"; readonly from: ChatId; readonly to: ChatId }
    | { readonly kind: "topic"; readonly chat: ChatId; readonly topic: TopicId; readonly closed: boolean }
    /** Something else, or something odd. */
    | { readonly kind: "other" }
  );

const Numbered = z.object({
  update_id: z.int(),
  message: z.unknown().optional(),
  my_chat_member: z.unknown().optional(),
});
const Chat = z.object({ id: ChatId, type: z.enum(["channel", "supergroup", "group", "private"]) });
const Message = z.object({
  message_id: MessageId,
  chat: Chat,
  from: z.object({ id: UserId }).optional(),
  message_thread_id: TopicId.optional(),
  is_topic_message: z.boolean().optional(),
  text: boundedText(0, 65_536).optional(),
  migrate_to_chat_id: ChatId.optional(),
  migrate_from_chat_id: ChatId.optional(),
  forum_topic_closed: z.unknown().optional(),
  forum_topic_reopened: z.unknown().optional(),
});
const Standing = z.object({ chat: Chat, new_chat_member: Member });

function messageOf(id: number, message: z.infer<typeof Message>): Update {
  const { chat } = message;
  const to = message.migrate_to_chat_id;
  if (to !== undefined) return { id, kind: "moved", from: chat.id, to };
  const before = message.migrate_from_chat_id;
  if (before !== undefined) return { id, kind: "moved", from: before, to: chat.id };
  // Outside of forums the number of a thread is that of a message that was answered.
  const topic = message.is_topic_message === true ? (message.message_thread_id ?? null) : null;
  const closed = message.forum_topic_closed !== undefined;
  if (topic !== null && (closed || message.forum_topic_reopened !== undefined))
    return { id, kind: "topic", chat: chat.id, topic, closed };
  return {
    id,
    kind: "message",
    chat: chat.id,
    in: chat.type,
    message: message.message_id,
    topic,
    from: message.from?.id ?? null,
    text: message.text ?? null,
  };
}

/** Reads one update; null: it has no number. */
export function updateOf(raw: unknown): Update | null {
  const numbered = Numbered.safeParse(raw);
  if (!numbered.success) return null;
  const id = numbered.data.update_id;
  const message = Message.safeParse(numbered.data.message);
  if (message.success) return messageOf(id, message.data);
  const standing = Standing.safeParse(numbered.data.my_chat_member);
  if (!standing.success) return { id, kind: "other" };
  const { chat, new_chat_member } = standing.data;
  return { id, kind: "standing", chat: chat.id, in: chat.type, inside: isInside(new_chat_member) };
}
