import type { Command, CommanderError } from "commander";
import { nearest } from "../config/nearest.ts";
import type { UsageWords } from "./texts/shape.ts";

/** A value that a command does not take: `message` is in the person's language. */
export class WrongValue extends Error {}

/** What is wrong with how the command was written, in words. */
export function usageError(
  error: CommanderError | WrongValue,
  program: Command,
  argv: readonly string[],
  say: UsageWords,
): string {
  if (error instanceof WrongValue) return error.message;
  // commander hands over names in its message only.
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const command = commandIn(program, argv);
  switch (error.code) {
    case "commander.unknownCommand": {
      const paths = commandsUnder(command);
      const meant = nearest(named, [...paths.keys()]);
      return say.unknownCommand(named, meant === null ? null : (paths.get(meant) ?? null));
    }
    case "commander.unknownOption":
      return say.unknownOption(
        named.replace(/=.*/s, ""),
        nearest(named.replace(/=.*/s, ""), optionsOf(command)),
      );
    case "commander.missingArgument":
      return say.missingArgument(named);
    case "commander.optionMissingArgument":
      return say.missingValue(named.split(/[\s,<]+/)[0] ?? named);
    case "commander.excessArguments":
      return say.tooMany;
    default:
      return say.other;
  }
}

/** The command that `argv` leads to, as far as its words are known. */
function commandIn(program: Command, argv: readonly string[]): Command {
  let at = program;
  for (const word of argv) at = at.commands.find((command) => command.name() === word) ?? at;
  return at;
}

/** Words that a person may have meant below `command`, and the whole command each stands for. */
function commandsUnder(command: Command): ReadonlyMap<string, string> {
  const before = command.parent === null ? "" : `${command.name()} `;
  const paths = new Map<string, string>();
  for (const one of command.commands) {
    for (const inner of one.commands) paths.set(inner.name(), `${before}${one.name()} ${inner.name()}`);
    paths.set(one.name(), before + one.name());
  }
  return paths;
}

function optionsOf(command: Command): readonly string[] {
  const own = command.options.flatMap((option) => (option.long == null ? [] : [option.long]));
  return [...own, ...(command.parent === null ? ["--help"] : optionsOf(command.parent))];
}
