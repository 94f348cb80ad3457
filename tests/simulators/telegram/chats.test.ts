import { describe, expect, test } from "vitest";
import { all, world } from "./telegram.helper.ts";

describe("updates", () => {
  const poll = async (w: ReturnType<typeof world>, payload = {}) => {
    const reply = await w.telegram.call({ token: w.bot.token, method: "getUpdates", payload });
    return reply.kind === "answer" && reply.body.ok ? reply.body.result : reply;
  };

  test("a bot hears what others do, never its own posts; passing the offset forgets the rest", async () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    w.ask("sendMessage", { chat_id: chatId, text: "своё" });
    w.control.post({ chatId, text: "чужое" });
    const user = w.control.createUser({ name: "Аня" });
    w.control.write({ userId: user.id, text: "/help" });
    const got = await poll(w);
    expect(got).toMatchObject([
      {
        my_chat_member: {
          chat: { id: chatId },
          new_chat_member: { status: "administrator", can_post_messages: true, can_edit_messages: false },
        },
      },
      { channel_post: { text: "чужое" } },
      { message: { text: "/help", from: { first_name: "Аня" }, chat: { type: "private", id: user.id } } },
    ]);
    expect(await poll(w, { offset: 100_000_003 })).toMatchObject([{ update_id: 100_000_003 }]);
    expect(await poll(w, { offset: 100_000_004 })).toEqual([]);
  });

  test("a long poll ends when something comes, a second one takes its place with 409, and a webhook forbids it", async () => {
    const w = world();
    const { chatId } = w.control.createChat({ bot: { rights: [] } });
    await poll(w, { offset: -1 });
    const first = poll(w, { offset: 200_000_000, timeout: 30 });
    const second = poll(w, { offset: 200_000_000, timeout: 30, allowed_updates: ["channel_post"] });
    expect(await first).toMatchObject({ status: 409 });
    w.control.post({ chatId, text: "новость" });
    expect(await second).toMatchObject([{ channel_post: { text: "новость" } }]);
    w.control.webhook({ url: "https://example.org" });
    expect(await poll(w)).toMatchObject({
      status: 409,
      body: { description: expect.stringContaining("webhook is active") },
    });
    expect(w.why("deleteWebhook")).toBe("ok");
    expect(await poll(w)).toMatchObject([{ channel_post: {} }]);
  });
});

describe("chats", () => {
  test("a group that becomes a supergroup answers with its new id, and both tell of it", async () => {
    const w = world();
    const { chatId } = w.control.createChat({ type: "group", bot: { status: "member" } });
    expect(w.why("sendMessage", { chat_id: chatId, text: "1" })).toBe("ok");
    const moved = w.control.migrate({ chatId });
    expect(w.reply("sendMessage", { chat_id: chatId, text: "2" })).toMatchObject({
      status: 400,
      body: {
        description: "Bad Request: group chat was upgraded to a supergroup chat",
        parameters: { migrate_to_chat_id: moved.chatId },
      },
    });
    expect(w.ask("sendMessage", { chat_id: moved.chatId, text: "2" })).toMatchObject({ message_id: 2 });
    const updates = await w.telegram.call({ token: w.bot.token, method: "getUpdates", payload: {} });
    expect(JSON.stringify(updates)).toContain(`"migrate_to_chat_id":${moved.chatId}`);
    expect(JSON.stringify(updates)).toContain(`"migrate_from_chat_id":${chatId}`);
  });

  test("rights and members are told; of a channel to administrators alone", () => {
    const w = world();
    const { chatId } = w.control.createChat({ bot: { ...all }, title: "Канал" });
    expect(w.ask("getChat", { chat_id: chatId })).toMatchObject({ type: "channel", title: "Канал" });
    expect(w.ask("getChatMember", { chat_id: chatId, user_id: w.bot.id })).toMatchObject({
      status: "administrator",
      can_edit_messages: true,
    });
    expect(w.ask("getChatAdministrators", { chat_id: chatId })).toHaveLength(2);
    expect(w.ask("getChatMemberCount", { chat_id: chatId })).toBe(2);
    expect(w.why("leaveChat", { chat_id: chatId })).toBe("ok");
    expect(w.why("getChat", { chat_id: chatId })).toBe(
      "403 Forbidden: bot is not a member of the channel chat",
    );
  });

  test("invite links expire, are counted and revoked; who must be let in is let in", async () => {
    const w = world();
    const { chatId } = w.control.createChat({ bot: { rights: ["can_invite_users"] } });
    const anna = w.control.createUser({}).id;
    const boris = w.control.createUser({}).id;
    const linkOf = (made: unknown): string => {
      const link: unknown =
        typeof made === "object" && made !== null ? Reflect.get(made, "invite_link") : undefined;
      return typeof link === "string" ? link : "";
    };
    const link = linkOf(
      w.ask("createChatInviteLink", {
        chat_id: chatId,
        member_limit: 1,
        expire_date: Math.floor(w.clock.now() / 1_000) + 60,
      }),
    );
    expect(w.control.join({ chatId, userId: anna, link })).toEqual({ joined: true });
    expect(w.control.join({ chatId, userId: boris, link })).toEqual({ joined: false });
    expect(
      w.why("createChatInviteLink", { chat_id: chatId, member_limit: 1, creates_join_request: true }),
    ).toMatch(/^400/);
    const asking = linkOf(w.ask("createChatInviteLink", { chat_id: chatId, creates_join_request: true }));
    expect(w.control.join({ chatId, userId: boris, link: asking })).toEqual({ joined: false });
    w.control.joinRequest({ chatId, userId: boris, link: asking });
    expect(w.why("sendMessage", { chat_id: boris, text: "Кто вы?" })).toBe("ok");
    w.clock.advance(5 * 60_000 + 1);
    expect(w.why("sendMessage", { chat_id: boris, text: "?" })).toBe(
      "403 Forbidden: bot can't initiate conversation with a user",
    );
    expect(w.why("approveChatJoinRequest", { chat_id: chatId, user_id: boris })).toBe("ok");
    expect(w.why("declineChatJoinRequest", { chat_id: chatId, user_id: boris })).toBe(
      "400 Bad Request: USER_ALREADY_PARTICIPANT",
    );
    expect(w.ask("revokeChatInviteLink", { chat_id: chatId, invite_link: asking })).toMatchObject({
      is_revoked: true,
    });
    const without = w.control.createChat({}).chatId;
    expect(w.why("createChatInviteLink", { chat_id: without })).toBe(
      "400 Bad Request: not enough rights to manage chat invite link",
    );
  });

  test("a seized token lists subscribers and private chats, but not what was deleted; a revoked one opens nothing", () => {
    const w = world();
    const { chatId } = w.control.createChat({});
    const anna = w.control.createUser({ name: "Аня" }).id;
    w.control.join({ chatId, userId: anna });
    const boris = w.control.createUser({ name: "Борис" }).id;
    const { messageId } = w.control.write({ userId: boris, text: "/start тайна" });
    const before = w.control.seizedToken({ token: w.bot.token });
    expect(before?.chats[0]?.members.map((m) => m.name)).toEqual(["Староста", "Аня"]);
    expect(before?.private[0]?.messages[0]?.text).toBe("/start тайна");
    w.ask("deleteMessage", { chat_id: boris, message_id: messageId });
    const after = w.control.seizedToken({ token: w.bot.token });
    expect(JSON.stringify(after)).not.toContain("тайна");
    expect(after?.wrote).toMatchObject([{ id: boris, name: "Борис" }]);
    const outside = w.control.createChat({ bot: { status: "left" } }).chatId;
    expect(JSON.stringify(w.control.seizedToken({ token: w.bot.token }))).not.toContain(String(outside));
    w.control.revokeToken({ token: w.bot.token });
    expect(w.control.seizedToken({ token: w.bot.token })).toBeNull();
    expect(w.why("getMe")).toBe("401 Unauthorized");
  });
});
