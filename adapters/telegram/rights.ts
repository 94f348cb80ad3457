import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";
import { ChatId, type TopicId } from "./ids.ts";

/** What a room is used for; its rights are judged by that. */
export interface RoomWish {
  readonly topic: TopicId | null;
  /** Whether announcements are pinned there. */
  readonly pins: boolean;
  /** Whether lost answers are settled by probing, which the right to edit others' posts makes unsafe. */
  readonly probe: boolean;
}

/** Why nothing is sent to a room until it is set right. */
export type Held =
  /** The bot is not in the chat: put out, or never let in. */
  | "out"
  /** There is no such chat (any more). */
  | "gone"
  | "no_rights"
  | "topic_closed"
  | "topic_gone"
  /** It is a chat with a person. */
  | "private";

/** What is not as it should be. Only what is also {@link Held} keeps anything from being sent. */
export type RoomFlaw =
  | Held
  /** It may post text but not files. */
  | "no_media"
  /** It may edit others' posts: a lost answer cannot be settled by probing. */
  | "edits_others"
  /** It may not pin, though that is wanted. */
  | "cannot_pin"
  /** A group: everybody in it sees everybody. */
  | "members_seen"
  /** Everybody in it may add others: a bot that is added reads who the administrators are, anonymous ones too. */
  | "members_add"
  /** It has a public name: whoever knows that reads it. */
  | "public";

export type ChatKind = "channel" | "supergroup" | "group" | "private";

/** A chat as the bot finds it. */
export interface ChatLook {
  readonly chat: ChatId;
  readonly kind: ChatKind;
  /** Without control characters. */
  readonly title: string;
  readonly forum: boolean;
  readonly inside: boolean;
  readonly can: {
    readonly post: boolean;
    readonly media: boolean;
    /** Its own messages, within 48 hours. */
    readonly delete: boolean;
    readonly editOthers: boolean;
    readonly pin: boolean;
  };
  readonly membersAdd: boolean;
  readonly public: boolean;
}

const flag = z.boolean().optional();
const sending = {
  can_send_messages: flag,
  can_send_photos: flag,
  can_send_videos: flag,
  can_send_documents: flag,
  can_pin_messages: flag,
};

/** What `getChat` answers, as far as it is looked at. */
export const FullChat = z.object({
  id: ChatId,
  type: z.enum(["channel", "supergroup", "group", "private"]),
  title: boundedText(0, 1_024).optional(),
  username: boundedText(0, 256).optional(),
  is_forum: flag,
  permissions: z.object({ ...sending, can_invite_users: flag }).optional(),
});
export type FullChat = Readonly<z.infer<typeof FullChat>>;

/** What `getChatMember` answers, and what `my_chat_member` tells. */
export const Member = z.object({
  status: z.enum(["creator", "administrator", "member", "restricted", "left", "kicked"]),
  is_member: flag,
  ...sending,
  can_post_messages: flag,
  can_edit_messages: flag,
});
export type Member = Readonly<z.infer<typeof Member>>;

/** Whether the bot is in the chat with this standing. */
export const isInside = ({ status, is_member }: Member): boolean =>
  status === "restricted" ? is_member !== false : status !== "left" && status !== "kicked";

/** A title as a terminal may show it: whoever named the chat moves no cursor and turns no text around. */
const shownTitle = (title: string): string =>
  title
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Bidi_C}]/gu, " ")
    .trim();

/** What follows from a chat and the bot's standing in it. */
export function lookOf(chat: FullChat, me: Member): ChatLook {
  const inside = isInside(me);
  const leads = me.status === "creator" || me.status === "administrator";
  const channel = chat.type === "channel";
  // Those who may post in a channel may also delete what they posted; in groups a bot may always.
  const may = me.status === "restricted" ? me : chat.permissions;
  const free = (of: boolean | undefined): boolean => inside && !channel && (leads || of !== false);
  const post = channel ? leads && me.can_post_messages === true : free(may?.can_send_messages);
  const files = [may?.can_send_photos, may?.can_send_videos, may?.can_send_documents];
  const editOthers = channel && leads && me.can_edit_messages === true;
  return {
    chat: chat.id,
    kind: chat.type,
    title: shownTitle(chat.title ?? ""),
    forum: chat.is_forum === true,
    inside,
    can: {
      post,
      media: post && (channel || files.every(free)),
      delete: post,
      editOthers,
      pin: channel
        ? editOthers
        : inside && (leads ? me.can_pin_messages === true : may?.can_pin_messages === true),
    },
    membersAdd: !channel && chat.permissions?.can_invite_users === true,
    public: (chat.username ?? "") !== "",
  };
}

/** Why nothing can be sent there; null: something can, as far as looking tells. */
export function heldBy(look: ChatLook, wish: Pick<RoomWish, "topic">): Held | null {
  if (look.kind === "private") return "private";
  if (!look.inside) return "out";
  if (wish.topic !== null && !look.forum) return "topic_gone";
  return look.can.post ? null : "no_rights";
}

/** All that is not as it should be, the gravest first. */
export function flawsOf(look: ChatLook, wish: RoomWish): readonly RoomFlaw[] {
  const held = heldBy(look, wish);
  if (held === "private" || held === "out") return [held];
  const group = look.kind !== "channel";
  const found: readonly (readonly [RoomFlaw, boolean])[] = [
    ["no_media", look.can.post && !look.can.media],
    ["cannot_pin", wish.pins && !look.can.pin],
    ["edits_others", wish.probe && look.can.editOthers],
    ["members_add", look.membersAdd],
    ["members_seen", group],
    ["public", look.public],
  ];
  return [...(held === null ? [] : [held]), ...found.filter(([, is]) => is).map(([flaw]) => flaw)];
}

/** A right that an administrator gives to the bot, as Telegram's own settings name them. */
export type Right = "post_messages" | "edit_messages" | "pin_messages";

/** What setting up asks for: rights to give, and those to leave off. */
export function rightsFor(
  kind: "channel" | "group",
  wish: Pick<RoomWish, "pins" | "probe">,
): { readonly give: readonly Right[]; readonly without: readonly Right[] } {
  if (kind === "group") return { give: wish.pins ? ["pin_messages"] : [], without: [] };
  if (wish.pins) return { give: ["post_messages", "edit_messages"], without: [] };
  return { give: ["post_messages"], without: wish.probe ? ["edit_messages"] : [] };
}
