import type { BotConfig } from "../../config/config.ts";
import { nearest } from "../../config/nearest.ts";
import type { Configured } from "../configured.ts";
import type { Io } from "../io.ts";
import type { TelegramWords } from "../texts/shape-telegram.ts";
import { telegramFaults } from "../texts/shape-telegram.ts";

/** The bot of that name, or the only one there is; null when it is not clear which, which is said. */
export function botCalled(
  io: Io,
  { config, file, words }: Configured,
  name: string | null,
): BotConfig | null {
  const say = words.telegram;
  const known = [...config.telegram.keys()];
  const [only, ...others] = known;
  if (only === undefined) {
    io.err(`${say.noBots(file)}\n`);
    return null;
  }
  if (name === null && others.length > 0) {
    io.err(`${say.whichBot(known)}\n`);
    return null;
  }
  const wanted = name === null ? only : known.find((one) => one === name);
  const found = wanted === undefined ? undefined : config.telegram.get(wanted);
  if (found !== undefined) return found;
  io.err(`${say.unknownBot(name ?? "", nearest(name ?? "", known), known)}\n`);
  return null;
}

/** Why something came to nothing, in words. */
export function faultText(code: string, say: TelegramWords): string {
  const known = telegramFaults.find((fault) => fault === code);
  if (known !== undefined) return say.faults[known];
  return flawText(code, say) ?? say.otherFault(code);
}

/** Why nothing is sent to a room, or what else is not as it should be there, in words; null: there are none. */
export const flawText = (code: string, say: TelegramWords): string | null =>
  Object.entries(say.flaws).find(([known]) => known === code)?.[1] ?? null;
