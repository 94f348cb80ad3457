import { SeqMaker } from "./ids.ts";
import type { JsonObject } from "./json.ts";

export interface User {
  readonly id: bigint;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly username: string | null;
  readonly isBot: boolean;
  /** ms UTC. */
  readonly lastActivity: number;
}

/** An attachment, as far as it differs from what is written: links are made anew each time it is written. */
export type Attachment =
  | { readonly type: "image" | "audio"; readonly media: string; readonly transcription?: string }
  | {
      readonly type: "video";
      readonly media: string;
      readonly thumbnail: string | null;
      readonly width: number;
      readonly height: number;
      readonly duration: number;
    }
  | { readonly type: "file"; readonly media: string; readonly filename: string; readonly size: number }
  | {
      readonly type: "sticker";
      readonly media: string;
      readonly code: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly type: "fixed"; readonly json: JsonObject };

/** A message's body. `seq` is its number in the chat, see ids.ts. */
export interface Body {
  readonly mid: string;
  readonly seq: bigint;
  readonly text: string;
  readonly markup: readonly JsonObject[];
  readonly attachments: readonly Attachment[];
}

export interface Link {
  readonly type: "forward" | "reply";
  readonly sender: User | null;
  /** Where it was first posted; forwards only. */
  readonly chatId: string | null;
  readonly message: Body;
}

export interface Message {
  readonly chatId: string;
  readonly timestamp: number;
  readonly sender: User | null;
  readonly link: Link | null;
  readonly body: Body;
  readonly views: number;
  /** Its body is written as null, as the schema allows for what only forwards. */
  readonly bodiless: boolean;
  /** Written in place of all the above: a message as it was recorded. */
  readonly raw: JsonObject | null;
}

export const allPermissions = [
  "read_all_messages",
  "add_remove_members",
  "add_admins",
  "change_chat_info",
  "pin_message",
  "edit_link",
  "write",
  "edit",
  "delete",
  "can_call",
  "view_stats",
] as const;

export interface Membership {
  member: boolean;
  admin: boolean;
  permissions: readonly string[];
  /** ms UTC. */
  joined: number;
}

/** A channel, group chat or dialog with its history, in the order of creation. */
export class Channel {
  readonly chatId: string;
  readonly type: "channel" | "chat" | "dialog";
  title: string;
  readonly description: string | null;
  readonly link: string | null;
  readonly participants: number;
  readonly owner: User;
  readonly bot: Membership;
  /** Closed for everybody. */
  closed = false;
  pinned: string | null = null;
  lastEvent: number;
  readonly seqs = new SeqMaker();
  readonly #byMid = new Map<string, Message>();
  #ordered: Message[] = [];

  constructor(
    init: Pick<
      Channel,
      "chatId" | "type" | "title" | "description" | "link" | "participants" | "owner" | "bot" | "lastEvent"
    >,
  ) {
    this.chatId = init.chatId;
    this.type = init.type;
    this.title = init.title;
    this.description = init.description;
    this.link = init.link;
    this.participants = init.participants;
    this.owner = init.owner;
    this.bot = init.bot;
    this.lastEvent = init.lastEvent;
  }

  /** Whether the bot sees posts here: an administrator with read_all_messages, or a dialog of its own. */
  get readable(): boolean {
    if (this.type === "dialog") return this.bot.member;
    return this.bot.member && this.bot.admin && this.bot.permissions.includes("read_all_messages");
  }

  /** Oldest first. */
  get messages(): readonly Message[] {
    return this.#ordered;
  }

  find(mid: string): Message | undefined {
    return this.#byMid.get(mid);
  }

  /** Adds a message, or puts its new state in place of the old one. */
  put(message: Message): void {
    const known = this.#byMid.has(message.body.mid);
    this.#byMid.set(message.body.mid, message);
    if (known) {
      this.#ordered = this.#ordered.map((m) => (m.body.mid === message.body.mid ? message : m));
      return;
    }
    const after = this.#ordered.findLastIndex((m) => m.body.seq < message.body.seq);
    this.#ordered.splice(after + 1, 0, message);
  }

  delete(mid: string): void {
    this.#byMid.delete(mid);
    this.#ordered = this.#ordered.filter((m) => m.body.mid !== mid);
    if (this.pinned === mid) this.pinned = null;
  }
}

/** Everything that exists on this MAX: the bot and the chats. */
export class World {
  readonly bot: User;
  readonly channels = new Map<string, Channel>();
  /** Webhook URL → subscription. */
  readonly subscriptions = new Map<string, { time: number; updateTypes: readonly string[] | null }>();
  #users = 200_200_200n;

  constructor(now: number) {
    this.bot = {
      id: 229_229_229n,
      firstName: "Ретранслятор",
      lastName: null,
      username: "postern_simulated_bot",
      isBot: true,
      lastActivity: now,
    };
  }

  /** The id of a user nobody named. */
  nextUserId(): bigint {
    return ++this.#users;
  }

  /** The channel and message of a mid, wherever it is. */
  locate(mid: string): { channel: Channel; message: Message } | undefined {
    for (const channel of this.channels.values()) {
      const message = channel.find(mid);
      if (message !== undefined) return { channel, message };
    }
    return undefined;
  }
}
