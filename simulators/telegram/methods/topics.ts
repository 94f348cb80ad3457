import { z } from "zod";
import { chatFor, hasRight } from "../access.ts";
import { type Asking, type Method, method } from "../method.ts";
import { chatId, int, text } from "../params.ts";
import { service } from "../post.ts";
import { bad } from "../refused.ts";

function forum({ world, bot }: Asking, id: number | string, what: string) {
  const chat = chatFor(world, bot, id);
  if (!chat.forum) throw bad("the chat is not a forum");
  if (!hasRight(chat, bot, "can_manage_topics")) throw bad(`not enough rights to ${what}`);
  return chat;
}

const createForumTopic = method(z.object({ chat_id: chatId, name: text }), (asking, input) => {
  const chat = forum(asking, input.chat_id, "create a topic");
  if (input.name.trim() === "" || input.name.length > 128) throw bad("TOPIC_TITLE_EMPTY");
  const { id } = service(asking.world, chat, asking.bot.user, {
    forum_topic_created: { name: input.name, icon_color: 7_322_096 },
  });
  chat.topics.set(id, { id, name: input.name, closed: false });
  return { message_thread_id: id, name: input.name, icon_color: 7_322_096 };
});

const named = z.object({ chat_id: chatId, message_thread_id: int });

const change = (closed: boolean): Method =>
  method(named, (asking, input) => {
    const chat = forum(asking, input.chat_id, closed ? "close the topic" : "reopen the topic");
    const topic = chat.topics.get(input.message_thread_id);
    if (topic === undefined) throw bad("message thread not found");
    if (topic.closed === closed) throw bad("TOPIC_NOT_MODIFIED");
    topic.closed = closed;
    const fields = closed ? { forum_topic_closed: {} } : { forum_topic_reopened: {} };
    service(asking.world, chat, asking.bot.user, fields, topic.id);
    return true;
  });

const deleteForumTopic = method(named, (asking, input) => {
  const { world, bot } = asking;
  const chat = chatFor(world, bot, input.chat_id);
  if (!chat.forum) throw bad("the chat is not a forum");
  if (!hasRight(chat, bot, "can_delete_messages")) throw bad("not enough rights to delete the topic");
  if (!chat.topics.delete(input.message_thread_id)) throw bad("message thread not found");
  chat.deletedTopics.add(input.message_thread_id);
  for (const message of [...chat.messages.values()])
    if (message.topic === input.message_thread_id || message.id === input.message_thread_id)
      world.remove(chat, message, bot.user.id);
  return true;
});

export const topicMethods: Readonly<Record<string, Method>> = {
  createForumTopic,
  closeForumTopic: change(true),
  reopenForumTopic: change(false),
  deleteForumTopic,
};
