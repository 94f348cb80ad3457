import { z } from "zod";
import { lean } from "./json.ts";
import { type Bot, type Chat, type Member, type Right, rightNames, type User } from "./model.ts";
import { operation } from "./operation.ts";
import { plain, postAs, service } from "./post.ts";
import { ControlError } from "./refused.ts";
import { chatJson, memberJson, userJson } from "./render.ts";
import type { Telegram } from "./telegram.ts";

/** An integer, or its decimal text. */
export const id = z.preprocess(
  (value) => (typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value),
  z.int(),
);
const status = z.enum(["creator", "administrator", "member", "restricted", "left", "kicked"]);
/** Names of rights; `all`: every one. */
const rights = z.union([z.literal("all"), z.array(z.enum(rightNames))]);

export const rightsOf = (given: z.output<typeof rights> | undefined): ReadonlySet<Right> =>
  new Set(given === "all" ? rightNames.filter((r) => r !== "is_anonymous") : (given ?? []));

/** A forum's first message is that of its making: number 1 is the general topic. */
function openForum(chat: Chat): void {
  chat.forum = true;
  chat.lastId = Math.max(chat.lastId, 1);
  chat.topics.set(1, { id: 1, name: "General", closed: false });
}

/** Finds what an operation names; throws ControlError where it is not. */
export function finders(telegram: Telegram) {
  const { world } = telegram;
  const bot = (botId?: number): Bot => {
    const found = botId === undefined ? [...world.bots.values()][0] : world.bots.get(botId);
    if (found === undefined) throw new ControlError(`no bot ${botId ?? ""}`);
    return found;
  };
  return {
    bot,
    user(userId: number): User {
      const found = world.users.get(userId);
      if (found === undefined) throw new ControlError(`no user ${userId}`);
      return found;
    },
    chat(chatId: number, botId?: number): Chat {
      const found = world.chatOf(bot(botId), chatId);
      if (found === undefined) throw new ControlError(`no chat ${chatId}`);
      return found;
    },
  };
}

/** Users, bots, chats and who is in them. */
export function chatOperations(telegram: Telegram) {
  const { world } = telegram;
  const find = finders(telegram);

  const makeUser = (
    o: {
      id?: number | undefined;
      name?: string | undefined;
      lastName?: string | undefined;
      username?: string | undefined;
    },
    isBot: boolean,
  ): User => {
    const n = world.serial();
    const { lastName, username } = o;
    return world.addUser({
      id: o.id ?? (isBot ? 7_000_000_000 : 500_000_000) + n,
      isBot,
      firstName: o.name ?? (isBot ? "Postern" : `Студент ${n}`),
      ...(lastName === undefined ? {} : { lastName }),
      ...(username === undefined ? {} : { username }),
    });
  };

  /** Changes a membership and tells the bot, where it is one. */
  const setMember = (chat: Chat, user: User, next: Pick<Member, "status" | "rights">): void => {
    const before = chat.members.get(user.id) ?? { user, status: "left" as const, rights: new Set<Right>() };
    const after = { user, ...next };
    chat.members.set(user.id, after);
    const bot = world.bots.get(user.id);
    if (bot === undefined) return;
    world.queueOf(bot).push("my_chat_member", {
      chat: chatJson(chat),
      from: userJson(owner(chat) ?? user),
      date: Math.floor(world.clock.now() / 1_000),
      old_chat_member: memberJson(chat, before),
      new_chat_member: memberJson(chat, after),
    });
  };
  const owner = (chat: Chat): User | undefined =>
    [...chat.members.values()].find((m) => m.status === "creator")?.user;

  return {
    createBot: operation(
      z.strictObject({
        id: id.optional(),
        name: z.string().optional(),
        username: z.string().optional(),
        token: z.string().optional(),
        canJoinGroups: z.boolean().optional(),
        seesAllGroupMessages: z.boolean().optional(),
      }),
      (o) => {
        const n = world.serial();
        const user = makeUser({ ...o, username: o.username ?? `postern_${n}_bot` }, true);
        const token = o.token ?? `${user.id}:AAsimulated${String(n).padStart(24, "0")}`;
        world.addBot({
          user,
          token,
          canJoinGroups: o.canJoinGroups ?? true,
          seesAllGroupMessages: o.seesAllGroupMessages ?? false,
          commands: [],
        });
        return { id: user.id, token, username: user.username ?? "" };
      },
    ),
    createUser: operation(
      z.strictObject({
        id: id.optional(),
        name: z.string().optional(),
        lastName: z.string().optional(),
        username: z.string().optional(),
      }),
      (o) => ({ id: makeUser(o, false).id }),
    ),
    createChat: operation(
      z.strictObject({
        type: z.enum(["group", "supergroup", "channel"]).optional(),
        title: z.string().optional(),
        chatId: id.optional(),
        username: z.string().optional(),
        forum: z.boolean().optional(),
        /** How the (first) bot is in it. Default: an administrator with the right to post alone; null: not at all. */
        bot: z
          .strictObject({ id: id.optional(), status: status.optional(), rights: rights.optional() })
          .nullable()
          .optional(),
        /** The owner. Default: a new user. */
        owner: id.optional(),
      }),
      (o) => {
        const n = world.serial();
        const type = o.type ?? "channel";
        const chat = world.addChat({
          id: o.chatId ?? (type === "group" ? -4_000_000_000 - n : -1_001_000_000_000 - n),
          type,
          title: o.title ?? "Расписание",
          ...(o.username === undefined ? {} : { username: o.username }),
        });
        chat.forum = o.forum ?? false;
        if (chat.forum) openForum(chat);
        world.join(
          chat,
          o.owner === undefined ? makeUser({ name: "Староста" }, false) : find.user(o.owner),
          "creator",
        );
        if (o.bot !== null)
          setMember(chat, find.bot(o.bot?.id).user, {
            status: o.bot?.status ?? "administrator",
            rights: rightsOf(o.bot?.rights ?? ["can_manage_chat", "can_post_messages"]),
          });
        return { chatId: chat.id };
      },
    ),
    setMember: operation(z.strictObject({ chatId: id, userId: id, status, rights: rights.optional() }), (o) =>
      setMember(find.chat(o.chatId), find.user(o.userId), { status: o.status, rights: rightsOf(o.rights) }),
    ),
    setPermissions: operation(
      z.strictObject({
        chatId: id,
        send: z.boolean().optional(),
        invite: z.boolean().optional(),
        pin: z.boolean().optional(),
        topics: z.boolean().optional(),
      }),
      ({ chatId, ...given }) => {
        const { permissions } = find.chat(chatId);
        permissions.send = given.send ?? permissions.send;
        permissions.invite = given.invite ?? permissions.invite;
        permissions.pin = given.pin ?? permissions.pin;
        permissions.topics = given.topics ?? permissions.topics;
      },
    ),
    /** The chat is deleted: nobody finds it any more. */
    deleteChat: operation(z.strictObject({ chatId: id }), (o) => {
      find.chat(o.chatId).gone = true;
    }),
    /** A group becomes a supergroup, with another id and its own numbers. */
    migrate: operation(z.strictObject({ chatId: id }), (o) => {
      const old = find.chat(o.chatId);
      if (old.type !== "group" || old.migratedTo !== null)
        throw new ControlError("only a group can migrate, once");
      const by = owner(old) ?? find.bot().user;
      const made = world.addChat({
        id: -1_001_000_000_000 - world.serial(),
        type: "supergroup",
        title: old.title,
      });
      Object.assign(made.permissions, old.permissions);
      for (const member of old.members.values()) made.members.set(member.user.id, { ...member });
      service(world, old, by, { migrate_to_chat_id: made.id });
      old.migratedTo = made.id;
      service(world, made, by, { migrate_from_chat_id: old.id });
      return { chatId: made.id };
    }),
    createTopic: operation(z.strictObject({ chatId: id, name: z.string() }), (o) => {
      const chat = find.chat(o.chatId);
      if (!chat.forum) openForum(chat);
      const by = owner(chat) ?? find.bot().user;
      const made = service(world, chat, by, { forum_topic_created: { name: o.name, icon_color: 7_322_096 } });
      chat.topics.set(made.id, { id: made.id, name: o.name, closed: false });
      return { topic: made.id };
    }),
    setTopic: operation(
      z.strictObject({
        chatId: id,
        topic: id,
        closed: z.boolean().optional(),
        deleted: z.boolean().optional(),
      }),
      (o) => {
        const chat = find.chat(o.chatId);
        const topic = chat.topics.get(o.topic);
        if (topic === undefined) throw new ControlError(`no topic ${o.topic}`);
        topic.closed = o.closed ?? topic.closed;
        if (o.deleted !== true) return;
        chat.topics.delete(o.topic);
        chat.deletedTopics.add(o.topic);
        for (const message of [...chat.messages.values()])
          if (message.topic === o.topic || message.id === o.topic) world.remove(chat, message, 0);
      },
    ),
    /** Somebody follows an invite link that asks for approval (or the chat's settings do). */
    joinRequest: operation(z.strictObject({ chatId: id, userId: id, link: z.string().optional() }), (o) => {
      const chat = find.chat(o.chatId);
      const user = find.user(o.userId);
      const at = world.clock.now();
      chat.requests.set(user.id, { user, at, link: o.link ?? null });
      for (const bot of world.botsIn(chat)) {
        if (chat.members.get(bot.user.id)?.rights.has("can_invite_users") !== true) continue;
        world.privateChat(bot, user);
        world.queueOf(bot).push(
          "chat_join_request",
          lean({
            chat: chatJson(chat),
            from: userJson(user),
            user_chat_id: user.id,
            date: Math.floor(at / 1_000),
            invite_link:
              o.link === undefined ? undefined : { invite_link: o.link, creates_join_request: true },
          }),
        );
      }
    }),
    /** Somebody joins, by a link (its limits are kept) or otherwise. Answers whether it worked. */
    join: operation(z.strictObject({ chatId: id, userId: id, link: z.string().optional() }), (o) => {
      const chat = find.chat(o.chatId);
      const user = find.user(o.userId);
      const invite = chat.invites.find((i) => i.link === o.link);
      if (o.link !== undefined) {
        const over =
          (invite?.expireDate ?? null) !== null && world.clock.now() >= (invite?.expireDate ?? 0) * 1_000;
        if (invite === undefined || invite.revoked || over || invite.joinRequest || invite.memberLimit === 0)
          return { joined: false };
        if (invite.memberLimit !== null) invite.memberLimit -= 1;
      }
      world.join(chat, user);
      if (chat.type === "group" || chat.type === "supergroup")
        postAs(
          world,
          chat,
          { ...plain, author: user },
          { kind: "service", fields: { new_chat_members: [userJson(user)] } },
        );
      return { joined: true };
    }),
    /** The token is revoked; the bot's new one is answered. */
    revokeToken: operation(z.strictObject({ token: z.string() }), (o) => {
      const bot = telegram.botOf(o.token);
      if (bot === undefined) throw new ControlError("no bot has this token");
      bot.token = `${bot.user.id}:AArenewed${String(world.serial()).padStart(26, "0")}`;
      return { token: bot.token };
    }),
  };
}
