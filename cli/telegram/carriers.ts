import { systemDisk } from "../../bridge/disk.ts";
import type { Carrier } from "../../bridge/seal/carrier.ts";
import type { Core } from "../core.ts";
import { type Bots, keepOf, largestFileOf } from "./bots.ts";
import { carriedBy, carrierOf } from "./carried.ts";
import { placeOf } from "./wish.ts";

/**
 * The carriers of sealed rooms into Telegram chats, one for each bot that is open. `page`: where readers open the page,
 * with a closing slash; null: nowhere that is known. Nothing of Telegram is loaded where no room has one.
 */
export async function openCarriers(
  core: Core,
  bots: Bots,
  page: () => string | null,
): Promise<readonly Carrier[]> {
  const { config, clock, failpoints, lib } = core;
  const carriers: Carrier[] = [];
  for (const settings of config.telegram.values()) {
    const bot = bots.of(settings.name);
    const carried = carriedBy(config, settings.name);
    if (bot === null || carried.length === 0) continue;
    const { createTelegramCarrier } = await import("../../adapters/telegram/carrier.ts");
    carriers.push(
      createTelegramCarrier({
        name: carrierOf(settings.name),
        api: bot.api,
        keep: keepOf(core, settings.name),
        chats: carried.map(({ room, place }) => {
          const { chat, topic } = placeOf(place);
          return {
            room: room.name,
            home: chat,
            place: () => ({ chat: bot.place(room.name)?.chat ?? chat, topic }),
            lang: room.lang,
            page,
          };
        }),
        lib,
        disk: systemDisk,
        clock,
        limit: largestFileOf(settings),
        failpoints,
      }),
    );
  }
  return carriers;
}
