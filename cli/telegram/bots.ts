import { readFile } from "node:fs/promises";
import type { Bot, BotReport } from "../../adapters/telegram/bot.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import type { BotName, RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Lifetime } from "../../bridge/runtime.ts";
import type { BotConfig, Config, TelegramRoomConfig } from "../../config/config.ts";
import { telegramFileLimit } from "../../config/cross-telegram.ts";
import { telegramRoot } from "../../config/schema-telegram.ts";
import type { Core } from "../core.ts";
import { pageOf } from "../join-link.ts";
import { wasEncrypted } from "../promised.ts";
import { isSealed, telegramRooms } from "../room-kinds.ts";
import { carriedBy } from "./carried.ts";
import { hasToken } from "./client.ts";
import { pinsIn, placeOf } from "./wish.ts";

/** The Telegram bots of a configuration, open: each is one lifetime, with its rooms as destinations. */
export interface Bots {
  readonly destinations: readonly Destination[];
  readonly lifetimes: readonly Lifetime[];
  /** null: it is not open, since no room names it or its settings cannot be used. */
  of(name: BotName): Bot | null;
  /** Why it is not; null: it is, or no room names it. */
  problem(name: BotName): string | null;
  close(): void;
}

export type BotEvent =
  | BotReport
  /** It could not be opened: its rooms' announcements wait. */
  | { readonly kind: "closed"; readonly code: string }
  /** Looking for a lost post changed another of ours, which was made good again. */
  | { readonly kind: "astray"; readonly room: RoomName };

export interface BotsOptions {
  readonly report: (bot: BotName, event: BotEvent) => void;
}

const none: Bots = { destinations: [], lifetimes: [], of: () => null, problem: () => null, close: () => {} };

/** What Telegram itself takes through a Bot API server of one's own, bytes. */
const OWN_SERVER_LIMIT = 2_000_000_000;

/** Whether a room, or the log of one, goes through a bot. */
export const serves = (config: Config, bot: BotName): boolean =>
  [...config.rooms.values()].some((room) =>
    room.type === "telegram" ? room.bot === bot : room.type === "sealed" && room.carrier?.bot === bot,
  );

/** The largest file that a bot's server takes, bytes. */
export const largestFileOf = ({ apiRoot }: BotConfig): number =>
  apiRoot === telegramRoot ? telegramFileLimit : OWN_SERVER_LIMIT;

/** What a bot keeps. */
export const keepOf = (core: Core, bot: BotName): Keep => core.bridge.store.kept.of(`telegram.${bot}`);

/** Opens every bot that serves a room. Nothing of Telegram is loaded where none does. */
export async function openBots(core: Core, o: BotsOptions): Promise<Bots> {
  const configs = [...core.config.telegram.values()].filter(({ name }) => serves(core.config, name));
  if (configs.length === 0) return none;
  const open = new Map<BotName, Bot>();
  const problems = new Map<BotName, string>();
  const destinations: Destination[] = [];
  for (const config of configs) {
    const { name } = config;
    const rooms = roomsOf(core, name);
    const bot = await openBot(core, config, rooms, (event) => {
      // What keeps a sealed room's log out of its chat its carrier tells: the room itself goes on.
      if (event.kind !== "room" || !isSealed(core.config, event.room)) o.report(name, event);
    });
    if (typeof bot === "string") {
      problems.set(name, bot);
      o.report(name, { kind: "closed", code: bot });
      continue;
    }
    open.set(name, bot);
    const changed = (room: RoomName): void => o.report(name, { kind: "astray", room });
    destinations.push(...(await destinationsOf(core, config, bot, rooms, changed)));
  }
  return {
    destinations,
    lifetimes: [...open.values()].map((bot) => ({ run: (signal) => bot.run(signal) })),
    of: (name) => open.get(name) ?? null,
    problem: (name) => problems.get(name) ?? null,
    close() {
      for (const bot of open.values()) bot.close();
    },
  };
}

/** One bot. Nothing is asked of Telegram yet. A code: it cannot be opened. */
export async function openBot(
  core: Core,
  config: BotConfig,
  rooms: readonly TelegramRoomConfig[],
  report: (event: BotReport) => void = () => {},
): Promise<Bot | "unauthorized" | "ca_unreadable"> {
  if (!hasToken(config)) return "unauthorized";
  const ca = config.caFile === null ? null : await readFile(config.caFile, "utf8").catch(() => "");
  if (ca === "") return "ca_unreadable";
  const { createBot } = await import("../../adapters/telegram/bot.ts");
  const { UserId } = await import("../../adapters/telegram/ids.ts");
  return createBot({
    name: config.name,
    token: () => config.token.reveal(),
    settings: {
      apiRoot: config.apiRoot,
      proxy: config.proxy?.reveal() ?? null,
      ca,
      deadlines: config.deadlines,
    },
    keep: keepOf(core, config.name),
    rooms: [
      ...rooms.map((room) => ({
        name: room.name,
        ...placeOf(room),
        pins: pinsIn(core.config, room.name),
        probe: room.probe,
      })),
      // The chats of sealed logs: nothing is pinned or looked for in them.
      ...carriedBy(core.config, config.name).map(({ room, place }) => ({
        name: room.name,
        ...placeOf(place),
        pins: false,
        probe: false,
      })),
    ],
    frame: createFrame(core.config.lang),
    admins: config.admins.map((id) => UserId.parse(id)),
    report,
    clock: core.clock,
    random: core.random,
  });
}

/** The rooms that a bot serves in the clear. One that was ever promised to be encrypted is none of them. */
const roomsOf = (core: Core, bot: BotName): readonly TelegramRoomConfig[] =>
  telegramRooms(core.config).filter((room) => room.bot === bot && !wasEncrypted(core, room.name));

async function destinationsOf(
  core: Core,
  config: BotConfig,
  bot: Bot,
  rooms: readonly TelegramRoomConfig[],
  changed: (room: RoomName) => void,
): Promise<readonly Destination[]> {
  const { telegramDestination } = await import("../../adapters/telegram/destination.ts");
  const { createElsewhere } = await import("../../adapters/telegram/elsewhere.ts");
  const { createOwnPosts } = await import("../../adapters/telegram/own-posts.ts");
  const { bridge, clock, random, failpoints } = core;
  const posts = createOwnPosts();
  const keep = keepOf(core, config.name);
  const elsewhere = createElsewhere({
    locate: bridge.locate,
    page: () => pageOf(core.config),
    largestFile: largestFileOf(config),
    clock,
  });
  return rooms.map((room) =>
    elsewhere.first(
      telegramDestination({
        room: room.name,
        topic: placeOf(room).topic,
        api: bot.api,
        posts,
        keep,
        place: () => bot.place(room.name)?.chat ?? null,
        held: () => bot.held(room.name),
        notBefore: (chat, cost) => bot.rates.notBefore(chat, cost),
        // Never where the bot may edit what others post.
        probe: () => room.probe && bot.place(room.name)?.canEditOthers === false,
        unsure: room.unsure,
        changed,
        receiptOf: (announcement, part) => bridge.store.map.receiptOf(room.name, announcement, part),
        lang: room.lang,
        allows: bridge.allows,
        largestFile: largestFileOf(config),
        elsewhere: elsewhere.link,
        spooled: bridge.spooled,
        clock,
        random,
        failpoints,
      }),
    ),
  );
}
