import type { Json, JsonObject } from "./json.ts";
import type { MediaStore } from "./media.ts";
import type { Settings } from "./settings.ts";
import type { Attachment, Body, Channel, Link, Message, User, World } from "./world.ts";

/** Writes the simulator's state as MAX's JSON. Media links are signed while writing, so each answer has working ones. */
export class Renderer {
  readonly #world: World;
  readonly #media: MediaStore;
  readonly #settings: Settings;
  readonly #base: () => string;

  constructor(deps: { world: World; media: MediaStore; settings: Settings; base: () => string }) {
    this.#world = deps.world;
    this.#media = deps.media;
    this.#settings = deps.settings;
    this.#base = deps.base;
  }

  /** A field without a value: null or left out, as the settings say. */
  #opt<T extends Json>(value: T | null): T | null | undefined {
    return value === null && this.#settings.absent === "omit" ? undefined : value;
  }

  user(user: User): JsonObject {
    const name = user.lastName === null ? user.firstName : `${user.firstName} ${user.lastName}`;
    return {
      user_id: user.id,
      first_name: user.firstName,
      last_name: this.#opt(user.lastName),
      username: this.#opt(user.username),
      is_bot: user.isBot,
      last_activity_time: user.lastActivity,
      name,
    };
  }

  userWithPhoto(user: User): JsonObject {
    return {
      ...this.user(user),
      description: user.isBot ? "simulated" : undefined,
      avatar_url: `${this.#base()}/avatar/${user.id}`,
      full_avatar_url: `${this.#base()}/avatar/${user.id}?full`,
    };
  }

  /** The link of a medium, working now. */
  mediaUrl(id: string): string {
    return `${this.#base()}/media/${id}?sig=${this.#media.sign(id)}`;
  }

  #token(id: string): string {
    return this.#media.get(id)?.token ?? "";
  }

  #attachment(a: Attachment): JsonObject {
    if (a.type === "fixed") return a.json;
    const token = this.#token(a.media);
    const url = this.mediaUrl(a.media);
    switch (a.type) {
      case "image": {
        const photo_id = this.#media.get(a.media)?.photoId;
        return { type: a.type, payload: { photo_id, token, url } };
      }
      case "audio":
        return { type: a.type, payload: { url, token }, transcription: this.#opt(a.transcription ?? null) };
      case "video":
        return {
          type: a.type,
          // Not the film: a page that plays it.
          payload: { url: `${this.#base()}/watch/${token}`, token },
          thumbnail: this.#opt(a.thumbnail === null ? null : { url: this.mediaUrl(a.thumbnail) }),
          width: a.width,
          height: a.height,
          duration: a.duration,
        };
      case "file":
        return { type: a.type, payload: { url, token }, filename: a.filename, size: a.size };
      case "sticker":
        return { type: a.type, payload: { url, code: a.code }, width: a.width, height: a.height };
    }
  }

  /** `outer`: the body of a message that forwards another is empty but present. */
  #body(body: Body, forwards: boolean): JsonObject {
    const list = (items: readonly JsonObject[]) =>
      items.length === 0 && this.#settings.absent === "omit" && !forwards ? undefined : items;
    return {
      mid: body.mid,
      seq: body.seq,
      text: body.text,
      attachments: list(body.attachments.map((a) => this.#attachment(a))),
      markup: list(body.markup),
    };
  }

  #link(link: Link): JsonObject {
    return {
      type: link.type,
      message: this.#body(link.message, false),
      sender: link.sender === null ? this.#opt(null) : this.user(link.sender),
      chat_id: link.chatId === null ? undefined : BigInt(link.chatId),
    };
  }

  /** `withStat`: GET /messages tells the views of channel posts, nothing else does. */
  message(channel: Channel, message: Message, withStat = false): JsonObject {
    if (message.raw !== null) return message.raw;
    const dialogWith = channel.type !== "dialog" ? null : this.#recipientOf(channel, message);
    const counted = withStat && channel.type === "channel";
    return {
      recipient: { chat_id: BigInt(channel.chatId), chat_type: channel.type, user_id: this.#opt(dialogWith) },
      timestamp: message.timestamp,
      body: message.bodiless ? null : this.#body(message.body, message.link?.type === "forward"),
      sender: message.sender === null ? this.#opt(null) : this.user(message.sender),
      link: message.link === null ? this.#opt(null) : this.#link(message.link),
      stat: counted ? { views: message.views } : undefined,
      url: this.#opt(
        channel.link === null ? null : `https://max.ru/${channel.link}/${message.body.seq.toString(36)}`,
      ),
    };
  }

  #recipientOf(channel: Channel, message: Message): bigint {
    return message.sender?.isBot === true ? channel.owner.id : this.#world.bot.id;
  }

  chat(channel: Channel, now: number): JsonObject {
    const pinned = channel.pinned === null ? undefined : channel.find(channel.pinned);
    const group = channel.type !== "dialog";
    const admin = group && channel.bot.admin;
    return {
      chat_id: BigInt(channel.chatId),
      type: channel.type,
      status: channel.closed ? "closed" : channel.bot.member ? "active" : "removed",
      title: group ? channel.title : this.#opt(null),
      icon: this.#opt(null),
      last_event_time: channel.lastEvent,
      participants_count: group ? channel.participants : 2,
      is_public: group && channel.link !== null,
      description: this.#opt(channel.description),
      owner_id: admin ? channel.owner.id : undefined,
      participants: admin
        ? { [String(channel.owner.id)]: now, [String(this.#world.bot.id)]: channel.bot.joined }
        : undefined,
      link: group
        ? `https://max.ru/${channel.link ?? `join/${BigInt(channel.chatId).toString(36)}`}`
        : undefined,
      messages_count: group ? channel.messages.length : undefined,
      dialog_with_user: group ? undefined : this.userWithPhoto(channel.owner),
      pinned_message: pinned === undefined ? undefined : this.message(channel, pinned),
    };
  }

  member(channel: Channel, user: User): JsonObject {
    const owner = user.id === channel.owner.id;
    const admin = owner || channel.bot.admin;
    const permissions = owner ? ownerPermissions : channel.bot.permissions;
    return {
      last_access_time: channel.lastEvent,
      is_owner: owner,
      is_admin: admin,
      join_time: channel.bot.joined,
      permissions: admin ? permissions : null,
      alias: this.#opt(null),
      ...this.userWithPhoto(user),
    };
  }
}

const ownerPermissions = [
  "add_admins",
  "edit_link",
  "edit",
  "pin_message",
  "change_chat_info",
  "add_remove_members",
  "can_call",
  "delete",
  "write",
  "read_all_messages",
  "view_stats",
];
