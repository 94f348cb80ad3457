import { readFile } from "node:fs/promises";
import { Command, CommanderError, type Help } from "commander";
import { langOf, writtenLang } from "../config/lang.ts";
import { bugCode } from "./bug-code.ts";
import { registerCommands } from "./commands/register.ts";
import type { ExitCode, Io } from "./io.ts";
import { Unanswered } from "./reach.ts";
import { wordsOf } from "./texts/index.ts";
import type { Words } from "./texts/shape.ts";
import { usageError, WrongValue } from "./usage.ts";
import { version } from "./version.ts";

/** Runs what the command line asks for. `argv`: without Node and script. Never throws: a bug is told by a code. */
export async function postern(argv: readonly string[], io: Io): Promise<ExitCode> {
  const words = wordsOf(await languageOf(argv, io));
  const ended: { code: ExitCode } = { code: 0 };
  const program = build(io, words, (code) => {
    ended.code = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return ended.code;
  } catch (error) {
    // Help and version that were asked for; help instead of a command is a mistake.
    if (error instanceof CommanderError && error.code.match(/^commander\.(?:help|version)/) !== null)
      return error.exitCode === 0 ? 0 : 1;
    if (error instanceof CommanderError || error instanceof WrongValue) {
      io.err(`${usageError(error, program, argv, words.usage)}\n${words.usage.seeHelp}\n`);
      return 1;
    }
    if (error instanceof Unanswered) {
      io.err(`${words.open[error.problem.code](error.problem.where)}\n`);
      return 2;
    }
    io.err(`${words.usage.internal(bugCode(error))}\n`);
    return 2;
  }
}

/** The value that an option has on the command line, before anything is known of the command. */
function wordAfter(option: string, argv: readonly string[]): string | null {
  const at = argv.findIndex((word) => word === option || word.startsWith(`${option}=`));
  if (at < 0) return null;
  return argv[at] === option ? (argv[at + 1] ?? null) : (argv[at]?.slice(option.length + 1) ?? null);
}

/** The language of help and of what is wrong with the command: as asked for, as in the settings, as the environment. */
async function languageOf(argv: readonly string[], io: Io): Promise<Words["lang"]> {
  const asked = wordAfter("--lang", argv);
  if (asked === "ru" || asked === "en") return asked;
  const file = wordAfter("--config", argv) ?? "postern.yaml";
  const written = await readFile(file, "utf8").catch(() => "");
  return writtenLang(written) ?? langOf(io.env);
}

function build(io: Io, words: Words, done: (code: ExitCode) => void): Command {
  const say = words.help;
  const program = new Command("postern")
    .description(say.program)
    .option("--config <file>", say.config)
    .option("--lang <lang>", say.lang)
    .version(version, "--version", say.version)
    .helpOption("--help", say.help)
    .helpCommand("help [command]", say.helpCommand)
    .configureHelp(helpIn(words))
    // What is wrong is said in our own words.
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .exitOverride();
  registerCommands(program, io, words, done);
  return program;
}

function helpIn(words: Words): Partial<Help> {
  const { titles, anyOptions, aCommand } = words.help;
  const inWords: Readonly<Record<string, string>> = {
    "Usage:": titles.usage,
    "Commands:": titles.commands,
    "Options:": titles.options,
    "Global Options:": titles.globalOptions,
    "Arguments:": titles.arguments,
  };
  const path = (command: Command): string =>
    command.parent === null ? command.name() : `${path(command.parent)} ${command.name()}`;
  return {
    showGlobalOptions: true,
    styleTitle: (title) => inWords[title] ?? title,
    commandUsage: (command) =>
      [
        path(command),
        anyOptions,
        ...(command.commands.length > 0 ? [aCommand] : []),
        ...argumentsOf(command),
      ].join(" "),
    subcommandTerm: (command) => [command.name(), ...argumentsOf(command)].join(" "),
  };
}

const argumentsOf = (command: Command): readonly string[] =>
  command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
