import type { Command } from "commander";
import type { Asked } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import type { Words } from "../texts/shape.ts";

/** What is asked of every command, and all options as they were given. */
export type AskedOf = (command: Command) => Asked & { readonly given: Readonly<Record<string, unknown>> };

/** Registers `dead` and `notices`. `asked` gives what is asked of every command. */
export function registerCare(
  program: Command,
  io: Io,
  words: Words,
  asked: AskedOf,
  done: (code: ExitCode) => void,
): void {
  const say = words.care.help;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

  const dead = program
    .command("dead")
    .description(say.dead)
    .helpCommand(false)
    .option("--json", words.help.json)
    .action(async (_options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { dead } = await import("./dead.ts");
      done(await dead(io, { config, lang, json: given.json === true }));
    });

  for (const name of ["retry", "drop"] as const)
    dead
      .command(name)
      .description(say[name])
      .argument("[id]", say.id)
      .option("--room <room>", say.room)
      .option("--all", say.all)
      .action(async (id: unknown, _options: unknown, command: Command) => {
        const { given, config, lang } = asked(command);
        const { deadDropCommand, deadRetryCommand } = await import("./dead.ts");
        const choice = { config, lang, id: text(id), room: text(given.room), all: given.all === true };
        done(await (name === "retry" ? deadRetryCommand : deadDropCommand)(io, choice));
      });

  program
    .command("notices")
    .description(say.notices)
    .helpCommand(false)
    .command("test")
    .description(say.test)
    .action(async (_options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { noticesTest } = await import("./notices-test.ts");
      done(await noticesTest(io, { config, lang }));
    });
}
