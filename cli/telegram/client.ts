import { readFile } from "node:fs/promises";
import type { Client } from "../../adapters/telegram/client.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { BotConfig } from "../../config/config.ts";

/** The way of one bot to the Bot API, as it is configured. Nothing of Telegram is loaded before. */
export async function clientOf(config: BotConfig, clock: Clock): Promise<Client> {
  const { createClient } = await import("../../adapters/telegram/client.ts");
  return createClient({
    token: () => config.token.reveal(),
    root: config.apiRoot,
    proxy: config.proxy?.reveal() ?? null,
    ca: config.caFile === null ? null : await readFile(config.caFile, "utf8"),
    deadlines: config.deadlines,
    clock,
  });
}

/** A bot without a token is called by nobody. */
export const hasToken = (config: BotConfig): boolean => config.token.reveal() !== "";
