import { z } from "zod";
import { chatFor, hasRight } from "../access.ts";
import { type JsonObject, lean } from "../json.ts";
import { type Asking, type Method, method } from "../method.ts";
import type { Bot, Chat, Invite } from "../model.ts";
import { chatId, flag, int, text } from "../params.ts";
import { bad } from "../refused.ts";
import { userJson } from "../render.ts";
import type { World } from "../world.ts";

const inviteJson = (chat: Chat, invite: Invite): JsonObject =>
  lean({
    invite_link: invite.link,
    creator: userJson(invite.creator),
    creates_join_request: invite.joinRequest,
    is_primary: invite.primary,
    is_revoked: invite.revoked,
    name: invite.name ?? undefined,
    expire_date: invite.expireDate ?? undefined,
    member_limit: invite.memberLimit ?? undefined,
    pending_join_request_count: invite.joinRequest
      ? [...chat.requests.values()].filter((r) => r.link === invite.link).length
      : undefined,
  });

const newLink = (world: World): string =>
  `https://t.me/+${String(world.serial()).padStart(6, "0")}AbCdEfGhIj`;

const links = new WeakMap<Chat, Map<number, string>>();

/** A bot's primary link, which a chat has from the beginning. */
export function primaryLink(chat: Chat, bot: Bot): string {
  const known = chat.invites.find((i) => i.primary && !i.revoked && i.creator.id === bot.user.id);
  if (known !== undefined) return known.link;
  const own = links.get(chat) ?? new Map<number, string>();
  links.set(chat, own);
  const link = own.get(bot.user.id) ?? `https://t.me/+${Math.abs(chat.id)}primary`;
  own.set(bot.user.id, link);
  return link;
}

function managed({ world, bot }: Asking, id: number | string): Chat {
  const chat = chatFor(world, bot, id);
  if (chat.peer !== null) throw bad("can't invite members to a private chat");
  if (!hasRight(chat, bot, "can_invite_users")) throw bad("not enough rights to manage chat invite link");
  return chat;
}

const terms = {
  name: text.optional(),
  expire_date: int.optional(),
  member_limit: int.optional(),
  creates_join_request: flag.optional(),
};

function termsOf(input: {
  name?: string | undefined;
  expire_date?: number | undefined;
  member_limit?: number | undefined;
  creates_join_request?: boolean | undefined;
}) {
  const { name, expire_date, member_limit, creates_join_request } = input;
  if ((member_limit ?? 0) > 0 && creates_join_request === true)
    throw bad("member limit can't be specified for links requiring administrator approval");
  if (member_limit !== undefined && (member_limit < 0 || member_limit > 99_999))
    throw bad("wrong member limit specified");
  if ((name ?? "").length > 32) throw bad("invite link name is too long");
  return {
    name: name ?? null,
    expireDate: expire_date ?? null,
    memberLimit: member_limit ?? null,
    joinRequest: creates_join_request ?? false,
  };
}

const createChatInviteLink = method(z.object({ chat_id: chatId, ...terms }), (asking, input) => {
  const chat = managed(asking, input.chat_id);
  const invite = {
    link: newLink(asking.world),
    creator: asking.bot.user,
    primary: false,
    revoked: false,
    ...termsOf(input),
  };
  chat.invites.push(invite);
  return inviteJson(chat, invite);
});

const exportChatInviteLink = method(z.object({ chat_id: chatId }), (asking, input) => {
  const chat = managed(asking, input.chat_id);
  for (const invite of chat.invites)
    if (invite.primary && invite.creator.id === asking.bot.user.id) invite.revoked = true;
  const link = newLink(asking.world);
  chat.invites.push({ link, creator: asking.bot.user, primary: true, revoked: false, ...termsOf({}) });
  return link;
});

function linkFor(asking: Asking, chat: Chat, link: string): Invite {
  const invite = chat.invites.find((i) => i.link === link && i.creator.id === asking.bot.user.id);
  if (invite === undefined) throw bad("INVITE_HASH_EXPIRED");
  return invite;
}

const editChatInviteLink = method(
  z.object({ chat_id: chatId, invite_link: text, ...terms }),
  (asking, input) => {
    const chat = managed(asking, input.chat_id);
    const invite = linkFor(asking, chat, input.invite_link);
    if (invite.revoked) throw bad("INVITE_REVOKED_MISSING");
    Object.assign(invite, termsOf(input));
    return inviteJson(chat, invite);
  },
);

const revokeChatInviteLink = method(z.object({ chat_id: chatId, invite_link: text }), (asking, input) => {
  const chat = managed(asking, input.chat_id);
  const invite = linkFor(asking, chat, input.invite_link);
  invite.revoked = true;
  return inviteJson(chat, invite);
});

const asked = z.object({ chat_id: chatId, user_id: int });

function requestFor(asking: Asking, input: z.output<typeof asked>) {
  const chat = managed(asking, input.chat_id);
  const status = chat.members.get(input.user_id)?.status;
  if (status !== undefined && status !== "left" && status !== "kicked") throw bad("USER_ALREADY_PARTICIPANT");
  const request = chat.requests.get(input.user_id);
  if (request === undefined) throw bad("HIDE_REQUESTER_MISSING");
  chat.requests.delete(input.user_id);
  return { chat, user: request.user };
}

const approveChatJoinRequest = method(asked, (asking, input) => {
  const { chat, user } = requestFor(asking, input);
  asking.world.join(chat, user);
  return true;
});

const declineChatJoinRequest = method(asked, (asking, input) => {
  requestFor(asking, input);
  return true;
});

export const inviteMethods: Readonly<Record<string, Method>> = {
  createChatInviteLink,
  exportChatInviteLink,
  editChatInviteLink,
  revokeChatInviteLink,
  approveChatJoinRequest,
  declineChatJoinRequest,
};
