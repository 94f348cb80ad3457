import { z } from "zod";
import type { Account } from "../../adapters/matrix/account.ts";
import { heldOf } from "../../adapters/telegram/held.ts";
import type { reasons } from "../../bridge/log/events.ts";

import { AccountName, BotName, MappingName, RoomName, SourceName } from "../../bridge/model/ids.ts";
import { Lasting } from "../../bridge/notices/port.ts";
import type { MatrixRoomConfig, TelegramRoomConfig } from "../../config/config.ts";

import type { Core } from "../core.ts";
import { keptOf, keysMissing } from "../matrix/accounts.ts";
import { notSetUp } from "../matrix/rooms.ts";
import { unreadIn } from "../matrix/unread.ts";
import { matrixRooms } from "../room-kinds.ts";
import { keepOf, serves } from "../telegram/bots.ts";
import type { Live } from "./live.ts";
import { operation } from "./operation.ts";

const troubles = [
  "rate_limited",
  "server_error",
  "unreachable",
  "not_json",
  "bad_answer",
  "timeout",
  "tls",
  "proxy",
  "webhook_set",
  "token_refused",
  "access_denied",
  "gone",
] as const satisfies readonly (typeof reasons)[number][];

const millis = z.number();

const SourceStatus = z.object({
  name: SourceName,
  lastRead: millis.nullable(),
  trouble: z.enum(troubles).nullable(),
});

const AccountStatus = z.object({
  name: AccountName,
  state: z.enum(["in", "out", "lost"]),
  heard: millis.nullable(),
  trouble: z.string().nullable(),
  confirmed: z.boolean().nullable(),
});

const BotStatus = z.object({
  name: BotName,
  heard: millis.nullable(),
  trouble: z.string().nullable(),
  limited: millis.nullable(),
});

const RoomStatus = z.object({
  name: RoomName,
  keys: z.boolean(),
  matrix: z
    .object({ held: z.string().nullable(), strict: z.boolean(), unread: z.number().nullable() })
    .nullable(),
  telegram: z.object({ bot: BotName, held: z.string().nullable(), unsure: z.boolean() }).nullable(),
  queued: z.number(),
  head: z
    .object({
      since: millis,
      mapping: MappingName.nullable(),
      attempts: z.number(),
      due: millis.nullable(),
    })
    .nullable(),
  dead: z.number(),
});

/** What flows, what waits, what failed (bridge-api.ts says what each field means). */
export const status = operation({
  name: "status",
  changes: false,
  input: z.object({}),
  output: z.object({
    running: z.boolean(),
    sources: z.array(SourceStatus),
    rooms: z.array(RoomStatus),
    accounts: z.array(AccountStatus),
    bots: z.array(BotStatus),
    unmatched: z.number(),
    troubles: z.array(Lasting),
  }),
  async run({ core, live }) {
    const { config, bridge } = core;
    const { sources, counters } = bridge.store;
    return {
      running: live !== null,
      sources: [...config.sources.keys()].map((name) => ({
        name,
        lastRead: sources.readAt(name),
        trouble: troubleOf(sources.trouble(name)),
      })),
      rooms: await roomsOf(core, live),
      accounts: await accountsOf(core, live),
      bots: botsOf(core, live),
      unmatched: counters.all().no_mapping ?? 0,
      troubles: [...(live?.troubles() ?? [])],
    };
  },
});

/** The Matrix accounts that serve a room, as the bridge that runs knows them, else as they are kept. */
async function accountsOf(core: Core, live: Live | null): Promise<z.output<typeof AccountStatus>[]> {
  const { config } = core;
  const named = new Set(matrixRooms(config).map((room) => room.account));
  const all: z.output<typeof AccountStatus>[] = [];
  for (const account of config.matrix.values()) {
    const { name } = account;
    if (!named.has(name)) continue;
    const running = live?.accounts?.of(name)?.state() ?? null;
    const unopened = live?.accounts == null && (await keysMissing(core, account)) ? "store_missing" : null;
    const problem = live?.accounts?.problem(name) ?? unopened;
    const kept = await keptOf(core, name);
    const out = kept.session.get() === null || problem === "no_session" || running?.ended != null;
    all.push({
      name,
      state: out ? "out" : problem === null ? "in" : "lost",
      heard: running?.heardAt ?? null,
      trouble: running?.ended ?? running?.trouble ?? problem,
      confirmed: running?.trust == null ? null : running.trust === "signed_by_owner",
    });
  }
  return all;
}

async function roomsOf(core: Core, live: Live | null): Promise<z.output<typeof RoomStatus>[]> {
  const { config, bridge, clock } = core;
  const { store } = bridge;
  const missing = await notSetUp(core);
  const lengths = new Map(store.lanes.lengths().map((l) => [l.room, l.n]));
  const onServers = new Map(
    await Promise.all(
      matrixRooms(config).map(
        async (room) => [room.name, await onServer(room, live?.accounts?.of(room.account) ?? null)] as const,
      ),
    ),
  );
  return [...config.rooms.values()].map((room) => {
    const { name } = room;
    const first = store.lanes.head(name);
    const head = first === null ? null : store.deliveries.get(first);
    return {
      name,
      keys: !missing.includes(name),
      matrix: onServers.get(name) ?? null,
      telegram: room.type === "telegram" ? inTelegram(room, core, live) : null,
      queued: lengths.get(name) ?? 0,
      head:
        head === null
          ? null
          : {
              since: head.accepted_at,
              mapping: head.mapping,
              attempts: head.tries,
              due: head.due_at > clock.now() ? head.due_at : null,
            },
      dead: store.deliveries.dead().reduce((n, d) => (d.room === name ? n + d.n : n), 0),
    };
  });
}

/** The bots that serve a room, as the bridge that runs knows them. */
function botsOf({ config, clock }: Core, live: Live | null): z.output<typeof BotStatus>[] {
  return [...config.telegram.keys()].flatMap((name) => {
    if (!serves(config, name)) return [];
    const bot = live?.bots?.of(name) ?? null;
    const state = bot?.state() ?? null;
    const until = bot?.rates.heldUntil() ?? 0;
    return [
      {
        name,
        heard: state?.heardAt ?? null,
        trouble: state?.ended ?? state?.trouble ?? live?.bots?.problem(name) ?? null,
        limited: until > clock.now() ? until : null,
      },
    ];
  });
}

/** A Telegram room as the bot that runs knows it. */
function inTelegram({ name, bot }: TelegramRoomConfig, core: Core, live: Live | null) {
  const standing = live?.bots?.of(bot)?.standing(name) ?? null;
  return { bot, held: standing?.held ?? null, unsure: heldOf(keepOf(core, bot), name) !== null };
}

/** A Matrix room as the account that runs knows it. */
async function onServer(room: MatrixRoomConfig, account: Account | null) {
  const strict = room.trust === "strict";
  return {
    held: account?.watch.standing(room.name)?.held ?? null,
    strict,
    unread: strict && account !== null ? await unreadIn(account, room.name) : null,
  };
}

const troubleOf = (code: string | null): (typeof troubles)[number] | null =>
  troubles.find((known) => known === code) ?? null;
