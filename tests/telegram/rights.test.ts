import { describe, expect, test } from "vitest";
import { lookAt } from "../../adapters/telegram/look.ts";
import { FullChat, flawsOf, heldBy, lookOf, Member, rightsFor } from "../../adapters/telegram/rights.ts";
import {
  BOT,
  CHANNEL,
  channel,
  GROUP,
  never,
  ok,
  poster,
  refused,
  room,
  SUPERGROUP,
  scripted,
  TOPIC,
} from "./bot.helper.ts";

const look = (chat: object, me: object) => lookOf(FullChat.parse(chat), Member.parse(me));
const group = (permissions: object = {}, over: object = {}) => ({
  id: SUPERGROUP,
  type: "supergroup",
  title: "Group",
  permissions,
  ...over,
});
const member = { status: "member" };

describe("channels", () => {
  test("with the right to post alone nothing is missing, and lost answers can be settled", () => {
    const found = look(channel, poster);
    expect(found).toMatchObject({ kind: "channel", title: "Faculty", public: false, membersAdd: false });
    expect(found.can).toEqual({ post: true, media: true, delete: true, editOthers: false, pin: false });
    expect(flawsOf(found, room())).toEqual([]);
  });

  test("a title turns nothing around in a terminal and moves nothing there", () => {
    const found = look({ ...channel, title: "\u001b[2JКурс\u202e 2\r\n" }, poster);
    expect(found.title).toBe("[2JКурс  2");
  });

  test("without it nothing can be sent", () => {
    const found = look(channel, { status: "administrator", can_post_messages: false });
    expect(heldBy(found, room())).toBe("no_rights");
    expect(flawsOf(found, room())).toEqual(["no_rights"]);
  });

  test("pinning takes the right to edit others' posts, and that one makes probing unsafe", () => {
    const editor = look(channel, { ...poster, can_edit_messages: true });
    expect(editor.can).toMatchObject({ editOthers: true, pin: true });
    expect(flawsOf(editor, room())).toEqual(["edits_others"]);
    expect(flawsOf(editor, room({ pins: true, probe: false }))).toEqual([]);
    expect(flawsOf(look(channel, poster), room({ pins: true, probe: false }))).toEqual(["cannot_pin"]);
  });

  test("a public name is told", () => {
    expect(flawsOf(look({ ...channel, username: "faculty" }, poster), room())).toEqual(["public"]);
  });

  test("a bot that left or was put out is outside, whatever else is said", () => {
    for (const status of ["left", "kicked"]) {
      expect(flawsOf(look(channel, { ...poster, status }), room())).toEqual(["out"]);
      expect(flawsOf(look(group(), { status }), room())).toEqual(["out"]);
    }
  });
});

describe("groups", () => {
  test("everybody sees everybody, and where members add others an informant learns who leads", () => {
    expect(flawsOf(look(group({ can_invite_users: true }), member), room())).toEqual([
      "members_add",
      "members_seen",
    ]);
    expect(flawsOf(look(group({ can_invite_users: false }), member), room())).toEqual(["members_seen"]);
  });

  test("a member may what members may; an administrator may post in any case", () => {
    const silent = group({ can_send_messages: false });
    expect(heldBy(look(silent, member), room())).toBe("no_rights");
    expect(heldBy(look(silent, { status: "administrator" }), room())).toBeNull();
    const wordy = group({ can_send_messages: true, can_send_documents: false });
    expect(flawsOf(look(wordy, member), room())).toEqual(["no_media", "members_seen"]);
    expect(look(wordy, { status: "administrator" }).can.media).toBe(true);
  });

  test("one who was restricted may what was left to them", () => {
    const restricted = { status: "restricted", is_member: true };
    expect(heldBy(look(group(), { ...restricted, can_send_messages: false }), room())).toBe("no_rights");
    expect(heldBy(look(group(), { ...restricted, can_send_messages: true }), room())).toBeNull();
    expect(heldBy(look(group(), { ...restricted, is_member: false }), room())).toBe("out");
  });

  test("pinning is a right of its own there and no trouble for probing", () => {
    const pinner = look(group(), { status: "administrator", can_pin_messages: true });
    expect(pinner.can).toMatchObject({ pin: true, editOthers: false });
    expect(look(group({ can_pin_messages: true }), member).can.pin).toBe(true);
    expect(look(group(), { status: "administrator" }).can.pin).toBe(false);
  });

  test("a topic is of forums alone", () => {
    expect(heldBy(look(group(), member), room({ topic: TOPIC }))).toBe("topic_gone");
    expect(heldBy(look(group({}, { is_forum: true }), member), room({ topic: TOPIC }))).toBeNull();
  });

  test("a person's chat is no room", () => {
    expect(flawsOf(look({ id: 33, type: "private" }, member), room())).toEqual(["private"]);
  });
});

describe("a look", () => {
  const at = (answers: Parameters<typeof scripted>[0]) => {
    const api = scripted(answers);
    return { api, looked: lookAt(api, BOT, CHANNEL, never) };
  };

  test("asks for the chat and for the bot itself, and for nobody else", async () => {
    const { api, looked } = at({ getChat: ok(channel), getChatMember: ok(poster) });
    expect(await looked).toMatchObject({ kind: "ok", look: { inside: true } });
    expect(api.calls.map(({ method, payload }) => [method, payload])).toEqual([
      ["getChat", { chat_id: CHANNEL }],
      ["getChatMember", { chat_id: CHANNEL, user_id: BOT }],
    ]);
  });

  test.each([
    [refused("not_member"), { kind: "held", held: "out" }],
    [refused("chat_not_found"), { kind: "held", held: "gone" }],
    [refused("migrated", SUPERGROUP), { kind: "moved", to: SUPERGROUP }],
    [refused("unauthorized"), { kind: "fault", code: "unauthorized", until: null }],
    [{ kind: "lost", code: "timeout" } as const, { kind: "fault", code: "timeout", until: null }],
    [{ kind: "limited", until: 9 } as const, { kind: "fault", code: "rate_limited", until: 9 }],
    [ok({ id: "x" }), { kind: "fault", code: "bad_answer", until: null }],
  ])("an answer that shows no chat is told as what it is", async (answer, expected) => {
    expect(await at({ getChat: answer }).looked).toEqual(expected);
    if (answer.kind !== "ok")
      expect(await at({ getChat: ok(channel), getChatMember: answer }).looked).toEqual(expected);
  });
});

test("what setting up asks for", () => {
  expect(rightsFor("channel", { pins: false, probe: true })).toEqual({
    give: ["post_messages"],
    without: ["edit_messages"],
  });
  expect(rightsFor("channel", { pins: true, probe: true })).toEqual({
    give: ["post_messages", "edit_messages"],
    without: [],
  });
  expect(rightsFor("group", { pins: true, probe: true })).toEqual({ give: ["pin_messages"], without: [] });
  expect(GROUP).toBeLessThan(0);
});
