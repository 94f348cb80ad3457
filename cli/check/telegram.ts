import { z } from "zod";
import type { Api } from "../../adapters/telegram/api.ts";
import { type ChatId, UserId } from "../../adapters/telegram/ids.ts";
import { flawsOf, heldBy, type RoomWish } from "../../adapters/telegram/rights.ts";
import { boundedText } from "../../bridge/model/bounded.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { BotConfig, Config, TelegramPlace } from "../../config/config.ts";
import { faultText, flawText } from "../telegram/asked.ts";
import { clientOf, hasToken } from "../telegram/client.ts";
import { pinsIn, placeOf } from "../telegram/wish.ts";
import type { Words } from "../texts/shape.ts";
import { fine, type Line, note, wrong } from "./line.ts";

/** The longest that all questions about one bot may take, ms. */
const LONGEST = 60_000;

/** What a bot is used for: rooms in the clear, and the logs that it carries. */
interface Use extends RoomWish {
  readonly chat: ChatId;
  readonly room: RoomName;
  readonly place: TelegramPlace;
}

function usesOf(config: Config, bot: BotConfig): readonly Use[] {
  return [...config.rooms.values()].flatMap((room): readonly Use[] => {
    if (room.type === "telegram" && room.bot === bot.name)
      return [
        {
          room: room.name,
          place: room,
          ...placeOf(room),
          pins: pinsIn(config, room.name),
          probe: room.probe,
        },
      ];
    if (room.type !== "sealed" || room.carrier === null || room.carrier.bot !== bot.name) return [];
    return [{ room: room.name, place: room.carrier, ...placeOf(room.carrier), pins: false, probe: false }];
  });
}

/**
 * Whether each bot that serves a room is accepted, through its proxy where it has one, and may do in its chats what it
 * has to. Nothing is changed, and no news of the bot's are taken from the bridge that runs. null: no room has a bot.
 */
export async function checkTelegram(
  config: Config,
  words: Words,
  o: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly Line[] | null> {
  const bots = [...config.telegram.values()].filter((bot) => usesOf(config, bot).length > 0);
  if (bots.length === 0) return null;
  return (await Promise.all(bots.map((bot) => checkBot(config, bot, words, o)))).flat();
}

const Me = z.object({ id: UserId, username: boundedText(0, 64).optional() });
const Webhook = z.object({ url: boundedText(0, 4_096) });

async function checkBot(
  config: Config,
  bot: BotConfig,
  words: Words,
  o: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly Line[]> {
  const { telegram } = words;
  const say = telegram.check;
  const { name } = bot;
  if (!hasToken(bot)) return [wrong(say.noToken(name))];
  const client = await clientOf(bot, o.clock).catch(() => null);
  if (client === null) return [wrong(say.failed(name, telegram.faults.ca_unreadable))];
  const signal = AbortSignal.any([o.signal, AbortSignal.timeout(LONGEST)]);
  const { faultOf } = await import("../../adapters/telegram/look.ts");
  try {
    const answer = await client.call({ method: "getMe", payload: {} }, signal);
    if (answer.kind !== "ok") return [wrong(say.failed(name, faultText(faultOf(answer).code, telegram)))];
    const me = Me.safeParse(answer.result);
    if (!me.success) return [wrong(say.failed(name, telegram.faults.bad_answer))];
    const hook = await client.call({ method: "getWebhookInfo", payload: {} }, signal);
    const url = hook.kind === "ok" ? Webhook.safeParse(hook.result).data?.url : undefined;
    const rooms = await Promise.all(
      usesOf(config, bot).map((use) => checkRoom(client, me.data.id, use, words, signal)),
    );
    return [
      fine(say.accepted(name, me.data.username ?? "")),
      // An answer that did not come through the proxy is none (see client.ts).
      ...(bot.proxy === null ? [] : [fine(say.throughProxy(name))]),
      ...(url === undefined || url === "" ? [] : [wrong(say.webhook(name))]),
      ...rooms.flat(),
    ];
  } finally {
    client.close();
  }
}

async function checkRoom(
  api: Api,
  me: UserId,
  use: Use,
  { telegram }: Words,
  signal: AbortSignal,
): Promise<readonly Line[]> {
  const say = telegram.check;
  const { room } = use;
  const { lookAt } = await import("../../adapters/telegram/look.ts");
  const first = await lookAt(api, me, use.chat, signal);
  const looked = first.kind === "moved" ? await lookAt(api, me, first.to, signal) : first;
  const moved = first.kind === "moved" ? [note(say.moved(room, first.to))] : [];
  if (looked.kind === "held")
    return [...moved, wrong(say.roomFailed(room, faultText(looked.held, telegram)))];
  if (looked.kind !== "ok")
    return [
      ...moved,
      wrong(say.roomFailed(room, faultText(looked.kind === "fault" ? looked.code : "migrated", telegram))),
    ];
  const { look } = looked;
  const held = heldBy(look, use);
  // That a mapping pins, and so needs the right which probing must not have, is told as that.
  const clash = use.probe && use.pins && look.kind === "channel";
  const flaws = flawsOf(look, use).filter((flaw) => !(clash && flaw === "edits_others"));
  return [
    ...moved,
    ...(held === null ? [fine(say.roomFine(room, telegram.kinds[look.kind], look.title))] : []),
    ...flaws.map((flaw) => {
      const text = say.flaw(room, flawText(flaw, telegram) ?? flaw);
      return flaw === held || flaw === "no_media" || flaw === "cannot_pin" ? wrong(text) : note(text);
    }),
    ...(clash ? [note(say.pinAndProbe(room))] : []),
  ];
}
