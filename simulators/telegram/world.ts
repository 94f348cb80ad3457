import { seeded } from "./chance.ts";
import type { SimulatorClock } from "./clock.ts";
import { FileStore } from "./files.ts";
import type { Bot, Chat, ChatType, Member, Message, Right, Status, User } from "./model.ts";
import type { Settings } from "./settings.ts";
import { UpdateQueue } from "./updates.ts";

/** The rights of a bot that may do everything. */
const noRights: ReadonlySet<Right> = new Set();

/** All that stands in a simulated Telegram: users, bots, chats, files. */
export class World {
  readonly clock: SimulatorClock;
  readonly settings: Settings;
  readonly files = new FileStore();
  readonly users = new Map<number, User>();
  readonly bots = new Map<number, Bot>();
  readonly queues = new Map<number, UpdateQueue>();
  readonly chats = new Map<number, Chat>();
  /** Private chats, by bot and person. */
  readonly #private = new Map<string, Chat>();
  readonly chance: () => number;
  /** Ids in private chats and basic groups rise over all of them together, as an account's do. */
  #common = 0;
  #serial = 0;

  constructor(clock: SimulatorClock, settings: Settings) {
    this.clock = clock;
    this.settings = settings;
    this.chance = seeded(settings.seed);
  }

  /** A number that was not given yet, for ids and links. */
  serial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  addUser(user: User): User {
    this.users.set(user.id, user);
    return user;
  }

  addBot(bot: Bot): Bot {
    this.addUser(bot.user);
    this.bots.set(bot.user.id, bot);
    this.queues.set(bot.user.id, new UpdateQueue(this.clock, () => this.settings.updateTtlMs));
    return bot;
  }

  queueOf(bot: Bot): UpdateQueue {
    const queue = this.queues.get(bot.user.id);
    if (queue === undefined) throw new Error("a bot without a queue");
    return queue;
  }

  addChat(o: { id: number; type: ChatType; title: string; username?: string; peer?: Chat["peer"] }): Chat {
    const chat: Chat = {
      id: o.id,
      type: o.type,
      title: o.title,
      username: o.username ?? null,
      peer: o.peer ?? null,
      blocked: null,
      forum: false,
      permissions: { send: true, invite: false, pin: false, topics: false },
      members: new Map(),
      messages: new Map(),
      deleted: [],
      lastId: 0,
      pinned: [],
      topics: new Map(),
      deletedTopics: new Set(),
      invites: [],
      requests: new Map(),
      gone: false,
      migratedTo: null,
    };
    if (o.peer === undefined || o.peer === null) this.chats.set(o.id, chat);
    else this.#private.set(`${o.peer.bot.id}/${o.id}`, chat);
    return chat;
  }

  /** The private chat of a bot and a person; made where there is none. */
  privateChat(bot: Bot, user: User): Chat {
    const known = this.#private.get(`${bot.user.id}/${user.id}`);
    if (known !== undefined) return known;
    return this.addChat({
      id: user.id,
      type: "private",
      title: user.firstName,
      peer: { user, bot: bot.user },
    });
  }

  privateChats(bot: number): readonly Chat[] {
    return [...this.#private.values()].filter((chat) => chat.peer?.bot.id === bot);
  }

  /** A chat by its id as this bot sees it. */
  chatOf(bot: Bot, id: number | string): Chat | undefined {
    if (typeof id === "string")
      return [...this.chats.values()].find((c) => c.username !== null && `@${c.username}` === id);
    return this.chats.get(id) ?? this.#private.get(`${bot.user.id}/${id}`);
  }

  join(chat: Chat, user: User, status: Status = "member", rights: ReadonlySet<Right> = noRights): Member {
    const member = { user, status, rights };
    chat.members.set(user.id, member);
    return member;
  }

  /** The id of the next message of a chat. */
  nextId(chat: Chat): number {
    if (chat.type === "private" || chat.type === "group") {
      this.#common += 1;
      chat.lastId = this.#common;
      return this.#common;
    }
    while (this.settings.skipChance > 0 && this.chance() < this.settings.skipChance) chat.lastId += 1;
    chat.lastId += 1;
    return chat.lastId;
  }

  /** Writes a message into a chat. */
  put(chat: Chat, message: Omit<Message, "id" | "date" | "editedAt">): Message {
    const made = { ...message, id: this.nextId(chat), date: this.clock.now(), editedAt: null };
    chat.messages.set(made.id, made);
    return made;
  }

  remove(chat: Chat, message: Message, by: number): void {
    chat.messages.delete(message.id);
    chat.deleted.push({ message, at: this.clock.now(), by });
    chat.pinned = chat.pinned.filter((id) => id !== message.id);
  }

  /** Bots that see what happens in a chat: all in a private one, the members of others. */
  botsIn(chat: Chat): readonly Bot[] {
    const { peer } = chat;
    return [...this.bots.values()].filter((bot) => {
      if (peer !== null) return peer.bot.id === bot.user.id;
      const status = chat.members.get(bot.user.id)?.status;
      return status !== undefined && status !== "left" && status !== "kicked";
    });
  }
}
