import type { JsonObject } from "./json.ts";

export interface User {
  readonly id: number;
  readonly isBot: boolean;
  readonly firstName: string;
  readonly lastName?: string;
  readonly username?: string;
}

export const rightNames = [
  "can_manage_chat",
  "can_post_messages",
  "can_edit_messages",
  "can_delete_messages",
  "can_restrict_members",
  "can_promote_members",
  "can_change_info",
  "can_invite_users",
  "can_pin_messages",
  "can_manage_topics",
  "can_manage_video_chats",
  "is_anonymous",
] as const;
export type Right = (typeof rightNames)[number];

export type Status = "creator" | "administrator" | "member" | "restricted" | "left" | "kicked";

export interface Member {
  readonly user: User;
  status: Status;
  /** Of an administrator. */
  rights: ReadonlySet<Right>;
}

export type ChatType = "private" | "group" | "supergroup" | "channel";

/** Formatting as the Bot API writes it; offsets in UTF-16 units. */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

export interface Formatted {
  readonly text: string;
  readonly entities: readonly Entity[];
}

export const forms = ["photo", "video", "audio", "voice", "document", "animation"] as const;
export type Form = (typeof forms)[number];

/** A file that was uploaded. */
export interface StoredFile {
  readonly id: string;
  readonly uniqueId: string;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  /** SHA-256, hex. */
  readonly hash: string;
  /** The first 64 KiB at most. */
  readonly head: Uint8Array;
  /** null: too large to keep. */
  readonly bytes: Uint8Array | null;
  /** Where getFile says it is. */
  readonly path: string;
}

export interface Media {
  readonly form: Form;
  readonly file: StoredFile;
  readonly thumbnail: StoredFile | null;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly duration: number;
  readonly spoiler: boolean;
}

export type Content =
  | { readonly kind: "text"; readonly body: Formatted; readonly preview: boolean }
  | { readonly kind: "media"; readonly media: Media; readonly body: Formatted }
  /** `fields` as they stand in the message. */
  | { readonly kind: "service"; readonly fields: JsonObject };

export interface Message {
  readonly id: number;
  /** ms. */
  readonly date: number;
  /** Who wrote it; in a channel only administrators of the simulator see that. */
  readonly author: User;
  content: Content;
  readonly replyTo: number | null;
  readonly topic: number | null;
  readonly album: string | null;
  /** ms; null: never. */
  editedAt: number | null;
  readonly silent: boolean;
  readonly protected: boolean;
  /** The inline keyboard, as it was sent. */
  markup: JsonObject | null;
  readonly forwardedFrom: { readonly chat: number; readonly id: number } | null;
}

export interface Topic {
  readonly id: number;
  name: string;
  closed: boolean;
}

export interface Invite {
  readonly link: string;
  readonly creator: User;
  readonly primary: boolean;
  name: string | null;
  /** Seconds, as the Bot API has it. */
  expireDate: number | null;
  memberLimit: number | null;
  joinRequest: boolean;
  revoked: boolean;
}

export interface Chat {
  id: number;
  readonly type: ChatType;
  title: string;
  readonly username: string | null;
  /** The other side of a private chat, and the bot on this one. */
  readonly peer: { readonly user: User; readonly bot: User } | null;
  /** Whether the person blocked the bot of this private chat; null: never wrote to it. */
  blocked: boolean | null;
  forum: boolean;
  /** What ordinary members of a group may. */
  readonly permissions: { send: boolean; invite: boolean; pin: boolean; topics: boolean };
  readonly members: Map<number, Member>;
  /** What stands there, oldest first. */
  readonly messages: Map<number, Message>;
  readonly deleted: { readonly message: Message; readonly at: number; readonly by: number }[];
  lastId: number;
  /** Newest last. */
  pinned: number[];
  readonly topics: Map<number, Topic>;
  readonly deletedTopics: Set<number>;
  readonly invites: Invite[];
  readonly requests: Map<number, { readonly user: User; readonly at: number; readonly link: string | null }>;
  gone: boolean;
  migratedTo: number | null;
}

export interface Bot {
  readonly user: User;
  token: string;
  readonly canJoinGroups: boolean;
  readonly seesAllGroupMessages: boolean;
  commands: JsonObject[];
}
