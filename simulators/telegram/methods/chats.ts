import { z } from "zod";
import { chatFor, hasRight, isAdmin, memberOf } from "../access.ts";
import { lean } from "../json.ts";
import { type Method, method } from "../method.ts";
import type { Chat } from "../model.ts";
import { chatId, int, json } from "../params.ts";
import { bad } from "../refused.ts";
import { chatJson, fileJson, memberJson, messageJson, userJson } from "../render.ts";
import { primaryLink } from "./invites.ts";

const there = (chat: Chat) =>
  [...chat.members.values()].filter((m) => m.status !== "left" && m.status !== "kicked");

const getMe = method(z.object({}), ({ bot }) => ({
  ...userJson(bot.user),
  can_join_groups: bot.canJoinGroups,
  can_read_all_group_messages: bot.seesAllGroupMessages,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
}));

const getChat = method(z.object({ chat_id: chatId }), ({ world, bot }, input) => {
  const chat = chatFor(world, bot, input.chat_id);
  const pinned = chat.messages.get(chat.pinned.at(-1) ?? 0);
  const { send, invite, pin, topics } = chat.permissions;
  const group = chat.type === "group" || chat.type === "supergroup";
  return lean({
    ...chatJson(chat),
    accent_color_id: 0,
    max_reaction_count: 11,
    pinned_message: pinned === undefined ? undefined : messageJson(chat, pinned),
    invite_link:
      chat.peer === null && hasRight(chat, bot, "can_invite_users") ? primaryLink(chat, bot) : undefined,
    permissions: group
      ? {
          can_send_messages: send,
          can_send_photos: send,
          can_send_documents: send,
          can_invite_users: invite,
          can_pin_messages: pin,
          can_manage_topics: topics,
        }
      : undefined,
  });
});

const getChatMember = method(z.object({ chat_id: chatId, user_id: int }), ({ world, bot }, input) => {
  const chat = chatFor(world, bot, input.chat_id);
  if (input.user_id !== bot.user.id && chat.type === "channel" && !isAdmin(chat, bot))
    throw bad("CHAT_ADMIN_REQUIRED");
  const member = chat.members.get(input.user_id);
  if (member !== undefined) return memberJson(chat, member);
  const user = world.users.get(input.user_id);
  if (user === undefined) throw bad("user not found");
  if (chat.type === "channel") throw bad("PARTICIPANT_ID_INVALID");
  return memberJson(chat, { user, status: "left", rights: new Set() });
});

const getChatAdministrators = method(z.object({ chat_id: chatId }), ({ world, bot }, input) => {
  const chat = chatFor(world, bot, input.chat_id);
  if (chat.type === "private") throw bad("there are no administrators in the private chat");
  if (chat.type === "channel" && !isAdmin(chat, bot)) throw bad("CHAT_ADMIN_REQUIRED");
  return there(chat)
    .filter((m) => m.status === "creator" || m.status === "administrator")
    .filter((m) => !m.user.isBot || m.user.id === bot.user.id)
    .map((m) => memberJson(chat, m));
});

const getChatMemberCount = method(z.object({ chat_id: chatId }), ({ world, bot }, input) => {
  const chat = chatFor(world, bot, input.chat_id);
  return chat.peer === null ? there(chat).length : 2;
});

const leaveChat = method(z.object({ chat_id: chatId }), ({ world, bot }, input) => {
  const chat = chatFor(world, bot, input.chat_id);
  if (chat.peer !== null) throw bad("chat member status can't be changed in private chats");
  const member = memberOf(chat, bot);
  if (member !== undefined) member.status = "left";
  return true;
});

/** The largest file getFile gives on Telegram's own server, bytes. */
const DOWNLOAD = 20 * 1_048_576;

const getFile = method(z.object({ file_id: z.string() }), ({ world }, input) => {
  const file = world.files.get(input.file_id);
  if (file === undefined) throw bad("invalid file_id");
  if (file.size > DOWNLOAD && !world.settings.ownServer) throw bad("file is too big");
  return { ...fileJson(file), file_path: file.path };
});

const Command = z.object({ command: z.string(), description: z.string() });

const setMyCommands = method(z.object({ commands: json(z.array(Command)) }), ({ bot }, input) => {
  if (input.commands.some((c) => !/^[a-z0-9_]{1,32}$/.test(c.command))) throw bad("BOT_COMMAND_INVALID");
  bot.commands = input.commands;
  return true;
});

const getMyCommands = method(z.object({}), ({ bot }) => bot.commands);

const answerCallbackQuery = method(z.object({ callback_query_id: z.string() }), () => true);

const getWebhookInfo = method(z.object({}), ({ world, bot }) => {
  const queue = world.queueOf(bot);
  return { url: queue.webhook, has_custom_certificate: false, pending_update_count: queue.pending.length };
});

const setWebhook = method(z.object({ url: z.string().optional() }), ({ world, bot }, input) => {
  world.queueOf(bot).setWebhook(input.url ?? "");
  return true;
});

const deleteWebhook = method(
  z.object({ drop_pending_updates: z.unknown().optional() }),
  ({ world, bot }, input) => {
    const queue = world.queueOf(bot);
    queue.setWebhook("");
    if (input.drop_pending_updates === true || input.drop_pending_updates === "true") queue.clear();
    return true;
  },
);

export const chatMethods: Readonly<Record<string, Method>> = {
  getMe,
  getChat,
  getChatMember,
  getChatAdministrators,
  getChatMemberCount,
  leaveChat,
  getFile,
  setMyCommands,
  getMyCommands,
  answerCallbackQuery,
  getWebhookInfo,
  setWebhook,
  deleteWebhook,
};
