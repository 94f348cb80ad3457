import type { Command } from "commander";
import type { ExitCode, Io } from "../io.ts";
import type { Words } from "../texts/shape.ts";
import type { AskedOf } from "./register-care.ts";

/** Registers `telegram`. `asked` gives what is asked of every command. */
export function registerTelegram(
  program: Command,
  io: Io,
  words: Words,
  asked: AskedOf,
  done: (code: ExitCode) => void,
): void {
  const say = words.telegram.help;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const telegram = program.command("telegram").description(say.telegram).helpCommand(false);

  telegram
    .command("setup")
    .description(say.setup)
    .argument("[room]", say.room)
    .option("--bot <bot>", say.bot)
    .action(async (room: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { telegramSetup } = await import("./telegram-setup.ts");
      done(await telegramSetup(io, { config, lang, room: text(room), bot: text(given.bot) }));
    });

  telegram
    .command("unsure")
    .description(say.unsure)
    .argument("[room]", say.unsureRoom)
    .option("--arrived", say.arrived)
    .option("--missing", say.missing)
    .action(async (room: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { telegramUnsure } = await import("./telegram-unsure.ts");
      const arrived = given.arrived === true;
      const missing = given.missing === true;
      done(await telegramUnsure(io, { config, lang, room: text(room), arrived, missing }));
    });
}
