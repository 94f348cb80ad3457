import { z } from "zod";
import { Buckets } from "./buckets.ts";
import { OffsetClock, type SimulatorClock } from "./clock.ts";
import { type Fault, Faults, takesEffect } from "./faults.ts";
import { Journal } from "./journal.ts";
import type { Asking, Files, Method, Payload } from "./method.ts";
import { chatMethods } from "./methods/chats.ts";
import { editMethods } from "./methods/edit.ts";
import { inviteMethods } from "./methods/invites.ts";
import { sendMethods } from "./methods/send.ts";
import { standingMethods } from "./methods/standing.ts";
import { topicMethods } from "./methods/topics.ts";
import type { Bot } from "./model.ts";
import { chatId, int, json } from "./params.ts";
import { Refused } from "./refused.ts";
import { answered, type Reply, refusal, refusedWith } from "./reply.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import { World } from "./world.ts";

/** Method names are the same in any case. */
const methods: ReadonlyMap<string, readonly [string, Method]> = new Map(
  Object.entries({
    ...sendMethods,
    ...editMethods,
    ...standingMethods,
    ...chatMethods,
    ...inviteMethods,
    ...topicMethods,
  }).map(([name, run]) => [name.toLowerCase(), [name, run]]),
);

const Named = z.object({ chat_id: chatId.optional().catch(undefined), media: z.unknown().optional() });
const Poll = z.object({
  offset: int.optional(),
  limit: int.optional(),
  timeout: int.optional(),
  allowed_updates: json(z.array(z.string())).optional(),
});
const Items = json(z.array(z.unknown()));

const noFiles: Files = new Map();

/**
 * A simulated Telegram without a network: a world of chats, and the Bot API over it. `handle` and `call` are what a
 * server would do with a request, limits and faults included.
 */
export class Telegram {
  readonly clock: OffsetClock;
  /** Changed in place. */
  readonly settings: Settings;
  readonly world: World;
  readonly faults = new Faults();
  readonly buckets = new Buckets();
  readonly journal: Journal;

  constructor(
    options: { clock?: SimulatorClock | undefined; settings?: Partial<Settings> | undefined } = {},
  ) {
    this.clock = new OffsetClock(options.clock);
    this.settings = { ...defaultSettings, ...options.settings };
    this.world = new World(this.clock, this.settings);
    this.journal = new Journal(() => this.settings.recordBytes);
  }

  botOf(token: string): Bot | undefined {
    return [...this.world.bots.values()].find((bot) => bot.token === token);
  }

  /** As {@link handle}, and long polls as well; the bytes are noted for `sawBytes`. */
  async call(o: {
    token: string;
    method: string;
    payload: Payload;
    files?: Files;
    signal?: AbortSignal;
  }): Promise<Reply> {
    const note = this.journal.reading();
    note.chunk(Buffer.from(`${o.method}\n${JSON.stringify(o.payload)}\n`));
    for (const file of o.files?.values() ?? []) {
      note.chunk(Buffer.from(`\n${file.name}\n`));
      note.chunk(file.bytes ?? file.head);
    }
    if (o.method.toLowerCase() !== "getupdates") return this.handle(o.token, o.method, o.payload, o.files);
    return this.poll(o.token, o.payload, o.signal ?? new AbortController().signal);
  }

  /** getUpdates. */
  async poll(token: string, payload: Payload, signal: AbortSignal): Promise<Reply> {
    const bot = this.botOf(token);
    if (bot === undefined) return refusedWith(401, "Unauthorized");
    const fault = this.faults.next("getUpdates", null);
    if (fault !== null && fault.kind !== "slow") return this.#faulty(bot, "getUpdates", null, 0, fault, null);
    const input = Poll.safeParse(payload);
    if (!input.success) return refusedWith(400, "Bad Request: invalid parameters specified");
    const { offset = 0, limit = 100, timeout = 0, allowed_updates } = input.data;
    try {
      const polled = { offset, limit, timeout: Math.min(timeout, 50), allowed: allowed_updates ?? null };
      const updates = await this.world.queueOf(bot).poll(polled, signal);
      this.#note(bot, "getUpdates", null, 0, { status: 200, done: true });
      return answered(updates, fault?.kind === "slow" ? fault.ms : 0);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#note(bot, "getUpdates", null, 0, {
        status: error.status,
        done: false,
        description: error.message,
      });
      return refusal(error);
    }
  }

  /** Any method but getUpdates, at once. `files` by the names of their parts (see uploadOf in files.ts). */
  handle(token: string, name: string, payload: Payload, files: Files = noFiles): Reply {
    const bot = this.botOf(token);
    if (bot === undefined) return refusedWith(401, "Unauthorized");
    const found = methods.get(name.toLowerCase());
    if (found === undefined) return refusedWith(404, "Not Found: method not found");
    const [method, run] = found;
    const { chat, cost } = this.#priceOf(bot, method, payload);
    const late = this.#limited(bot, method, chat, cost);
    if (late !== null) return late;
    const fault = this.faults.next(method, chat);
    if (fault !== null && !takesEffect(fault)) return this.#faulty(bot, method, chat, cost, fault, null);
    const reply = this.#run(run, { world: this.world, bot, files }, payload);
    if (fault !== null) return this.#faulty(bot, method, chat, cost, fault, reply);
    this.#noteReply(bot, method, chat, cost, reply);
    return reply;
  }

  #run(run: Method, asking: Asking, payload: Payload): Reply {
    try {
      return answered(run(asking, payload));
    } catch (error) {
      if (error instanceof Refused) return refusal(error);
      throw error;
    }
  }

  /** Whether the call comes too early: 429, with the time to wait rounded up to whole seconds. */
  #limited(bot: Bot, method: string, chat: number | null, cost: number): Reply | null {
    const now = this.clock.now();
    const held = this.buckets.held(bot.user.id, chat, now);
    const { limits } = this.settings;
    const mine = { bot: bot.user.id, chat: cost === 0 || deleting(method) ? null : chat, cost, now };
    const at = Math.max(
      held,
      held > now || limits === null || cost === 0 ? 0 : this.buckets.take({ limits, ...mine }),
    );
    if (at <= now) return null;
    const seconds = Math.max(1, Math.ceil((at - now) / 1_000));
    const description = `Too Many Requests: retry after ${seconds}`;
    this.#note(bot, method, chat, cost, {
      status: 429,
      done: false,
      description,
      until: now + seconds * 1_000,
    });
    return refusedWith(429, description, { retry_after: seconds });
  }

  /** What a call counts for, and the chat it names. */
  #priceOf(
    bot: Bot,
    method: string,
    payload: Payload,
  ): { readonly chat: number | null; readonly cost: number } {
    const named = Named.safeParse(payload);
    const id = named.success ? named.data.chat_id : undefined;
    const chat = typeof id === "string" ? (this.world.chatOf(bot, id)?.id ?? null) : (id ?? null);
    if (/^(get|answer|set|deleteWebhook)/.test(method)) return { chat, cost: 0 };
    if (method !== "sendMediaGroup") return { chat, cost: 1 };
    const items = Items.safeParse(named.success ? named.data.media : []);
    return { chat, cost: Math.max(1, items.success ? items.data.length : 1) };
  }

  #faulty(
    bot: Bot,
    method: string,
    chat: number | null,
    cost: number,
    fault: Fault,
    reply: Reply | null,
  ): Reply {
    const done = reply?.kind === "answer" && reply.body.ok;
    if (fault.kind === "slow" && reply?.kind === "answer") {
      this.#noteReply(bot, method, chat, cost, reply);
      return { ...reply, delay: fault.ms };
    }
    if (fault.kind === "status") {
      const until = fault.retryAfter === undefined ? null : this.clock.now() + fault.retryAfter * 1_000;
      this.#note(bot, method, chat, cost, {
        status: fault.status,
        done: false,
        description: fault.description,
        until,
      });
      const parameters = fault.retryAfter === undefined ? undefined : { retry_after: fault.retryAfter };
      return refusedWith(fault.status, fault.description, parameters);
    }
    const status = fault.kind === "bad_gateway" ? 502 : fault.kind === "garbage" ? 200 : 0;
    this.#note(bot, method, chat, cost, { status, done, description: fault.kind });
    if (fault.kind === "bad_gateway") return { kind: "html", status: 502 };
    if (fault.kind === "garbage") return { kind: "garbage" };
    return fault.kind === "hang" ? { kind: "hang" } : { kind: "dropped" };
  }

  #noteReply(bot: Bot, method: string, chat: number | null, cost: number, reply: Reply): void {
    if (reply.kind !== "answer") return;
    const { body, status } = reply;
    this.#note(bot, method, chat, cost, {
      status,
      done: body.ok,
      description: body.ok ? "" : body.description,
    });
  }

  #note(
    bot: Bot,
    method: string,
    chat: number | null,
    cost: number,
    o: { status: number; done: boolean; description?: string; until?: number | null },
  ): void {
    const { status, done, description = "", until = null } = o;
    this.journal.add({
      at: this.clock.now(),
      bot: bot.user.id,
      method,
      chat,
      cost,
      status,
      description,
      done,
      until,
    });
  }
}

/** Deleting and pinning count against the bot alone. */
const deleting = (method: string): boolean => /^(delete|pin|unpin|leave)/.test(method);
