import type { Bot } from "../../adapters/telegram/bot.ts";
import type { BotName, Millis } from "../../bridge/model/ids.ts";
import type { Config } from "../../config/config.ts";
import { serves } from "./bots.ts";

/** The bots as they run (see bots.ts). */
export interface BotsAtWork {
  of(name: BotName): Pick<Bot, "state"> | null;
  problem(name: BotName): string | null;
}

/** How a bot that runs stands with Telegram. */
export interface BotStanding {
  readonly name: BotName;
  /** Whether Telegram is heard. */
  readonly up: boolean;
  /** When it was heard last since the start; null: not yet. */
  readonly heardAt: Millis | null;
  /** What keeps it from hearing, a code; null: nothing, as far as is known. */
  readonly trouble: string | null;
}

/** Every bot that serves a room; none while they are opened or closed. */
export function botStandings(config: Config, bots: BotsAtWork | null): readonly BotStanding[] {
  if (bots === null) return [];
  return [...config.telegram.keys()].flatMap((name) => {
    if (!serves(config, name)) return [];
    const problem = bots.problem(name);
    const state = bots.of(name)?.state() ?? null;
    if (problem === null && state === null) return [];
    const trouble = problem ?? state?.ended ?? state?.trouble ?? null;
    const heardAt = state?.heardAt ?? null;
    return [{ name, up: trouble === null && heardAt !== null, heardAt, trouble }];
  });
}
