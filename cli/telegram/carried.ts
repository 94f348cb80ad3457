import type { BotName, RoomName } from "../../bridge/model/ids.ts";
import type { Config, SealedRoomConfig, TelegramPlace } from "../../config/config.ts";
import { sealedRoom, sealedRooms } from "../room-kinds.ts";

/** A bot's carrier, as reports call it. */
export const carrierOf = (bot: BotName): string => `telegram.${bot}`;

/** The sealed rooms whose logs a bot carries, with their chats. */
export const carriedBy = (
  config: Config,
  bot: BotName,
): readonly { readonly room: SealedRoomConfig; readonly place: TelegramPlace }[] =>
  sealedRooms(config).flatMap((name) => {
    const room = sealedRoom(config, name);
    return room === null || room.carrier?.bot !== bot ? [] : [{ room, place: room.carrier }];
  });

/** The bot behind a room's carrier of that name; null: it is none of Telegram's. */
export function botOfCarrier(config: Config, room: RoomName, carrier: string): BotName | null {
  const bot = sealedRoom(config, room)?.carrier?.bot ?? null;
  return bot !== null && carrier === carrierOf(bot) ? bot : null;
}
