import type { Command } from "commander";
import type { ExitCode, Io } from "../io.ts";
import type { Words } from "../texts/shape.ts";
import type { AskedOf } from "./register-care.ts";

/** Registers `matrix`. `asked` gives what is asked of every command. */
export function registerMatrix(
  program: Command,
  io: Io,
  words: Words,
  asked: AskedOf,
  done: (code: ExitCode) => void,
): void {
  const say = words.matrix.help;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const matrix = program.command("matrix").description(say.matrix).helpCommand(false);

  matrix
    .command("login")
    .description(say.login)
    .argument("[account]", say.account)
    .option("--new-code", say.newCode)
    .action(async (account: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { matrixLogin } = await import("./matrix-login.ts");
      const newCode = given.newCode === true;
      done(await matrixLogin(io, { config, lang, account: text(account), newCode }));
    });

  matrix
    .command("logout")
    .description(say.logout)
    .argument("[account]", say.account)
    .option("--forget-identity", say.forgetIdentity)
    .option("--yes", words.keys.help.yes)
    .action(async (account: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { matrixLogout } = await import("./matrix-logout.ts");
      const forgetIdentity = given.forgetIdentity === true;
      const yes = given.yes === true;
      done(await matrixLogout(io, { config, lang, account: text(account), forgetIdentity, yes }));
    });

  matrix
    .command("invite")
    .description(say.invite)
    .argument("<room>", words.help.roomName)
    .argument("<user>", say.user)
    .action(async (room: unknown, user: unknown, _options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { matrixInvite } = await import("./matrix-invite.ts");
      done(await matrixInvite(io, { config, lang, room: String(room), user: String(user) }));
    });

  matrix
    .command("chat")
    .description(say.chat)
    .argument("<user>", say.chatUser)
    .option("--account <account>", say.chatAccount)
    .option("--end", say.end)
    .action(async (user: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { matrixChat } = await import("./matrix-chat.ts");
      const account = text(given.account);
      done(await matrixChat(io, { config, lang, user: String(user), account, end: given.end === true }));
    });
}
