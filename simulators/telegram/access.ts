import type { Bot, Chat, Member, Message, Right } from "./model.ts";
import { bad, forbidden } from "./refused.ts";
import type { World } from "./world.ts";

const kindOf = (chat: Chat): string => (chat.type === "private" ? "private" : chat.type);

/** The chat a bot names, with it in it. Throws what the real server answers where it is not. */
export function chatFor(world: World, bot: Bot, id: number | string): Chat {
  const chat = world.chatOf(bot, id);
  if (chat === undefined || chat.gone) {
    if (typeof id === "number" && id > 0 && world.users.has(id) && world.users.get(id)?.isBot === true)
      throw forbidden("bot can't send messages to bots");
    throw bad("chat not found");
  }
  if (chat.migratedTo !== null)
    throw bad("group chat was upgraded to a supergroup chat", { migrate_to_chat_id: chat.migratedTo });
  if (chat.peer !== null) return chat;
  const status = chat.members.get(bot.user.id)?.status;
  if (status === "kicked") throw forbidden(`bot was kicked from the ${kindOf(chat)} chat`);
  if (status === undefined || status === "left")
    throw forbidden(`bot is not a member of the ${kindOf(chat)} chat`);
  return chat;
}

/** How long a bot may write to somebody who asked to join, ms. */
const JOIN_REQUEST = 5 * 60_000;

function privateAllowed(world: World, bot: Bot, chat: Chat): void {
  if (chat.blocked === true) throw forbidden("bot was blocked by the user");
  if (chat.blocked === false) return;
  const asked = [...world.chats.values()].some((c) => {
    const request = c.requests.get(chat.id);
    return (
      request !== undefined &&
      world.clock.now() - request.at <= JOIN_REQUEST &&
      hasRight(c, bot, "can_invite_users")
    );
  });
  if (!asked) throw forbidden("bot can't initiate conversation with a user");
}

export const memberOf = (chat: Chat, bot: Bot): Member | undefined => chat.members.get(bot.user.id);

export function isAdmin(chat: Chat, bot: Bot): boolean {
  const status = memberOf(chat, bot)?.status;
  return status === "creator" || status === "administrator";
}

export const hasRight = (chat: Chat, bot: Bot, right: Right): boolean =>
  memberOf(chat, bot)?.status === "creator" ||
  (isAdmin(chat, bot) && memberOf(chat, bot)?.rights.has(right) === true);

/** Whether a bot may post there at all. `what`: such as "text messages", "photos". */
export function mayPost(world: World, bot: Bot, chat: Chat, what: string): void {
  if (chat.peer !== null) return privateAllowed(world, bot, chat);
  if (chat.type === "channel") {
    if (!hasRight(chat, bot, "can_post_messages")) throw bad("need administrator rights in the channel chat");
    return;
  }
  if (isAdmin(chat, bot)) return;
  if (!chat.permissions.send || memberOf(chat, bot)?.status === "restricted")
    throw bad(`not enough rights to send ${what} to the chat`);
}

/** The topic that is named; null: none, or no forum. */
export function topicFor(world: World, bot: Bot, chat: Chat, id: number | undefined): number | null {
  const closedTo = (topic: number): boolean =>
    chat.topics.get(topic)?.closed === true && !hasRight(chat, bot, "can_manage_topics");
  if (id === undefined) {
    if (chat.forum && closedTo(1)) throw bad("TOPIC_CLOSED");
    return null;
  }
  if (chat.deletedTopics.has(id)) throw bad(world.settings.deletedTopic);
  if (!chat.forum || id === 1 || !chat.topics.has(id)) throw bad("message thread not found");
  if (closedTo(id)) throw bad("TOPIC_CLOSED");
  return id;
}

/** The message a bot names, for what is called `purpose` in the answer. */
export function messageFor(chat: Chat, id: number, purpose: string): Message {
  const found = chat.messages.get(id);
  if (found === undefined) throw bad(`message to ${purpose} not found`);
  return found;
}

/** Throws unless the bot may change that message. */
export function mayEdit(bot: Bot, chat: Chat, message: Message): void {
  if (message.content.kind === "service" || message.forwardedFrom !== null)
    throw bad("message can't be edited");
  const own = message.author.id === bot.user.id;
  if (chat.type === "channel") {
    if (
      own
        ? hasRight(chat, bot, "can_post_messages") || hasRight(chat, bot, "can_edit_messages")
        : hasRight(chat, bot, "can_edit_messages")
    )
      return;
    throw own ? bad("need administrator rights in the channel chat") : bad("message can't be edited");
  }
  if (!own) throw bad("message can't be edited");
}
