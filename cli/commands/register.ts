import type { Command } from "commander";
import type { Lang } from "../../config/config.ts";
import type { ExitCode, Io } from "../io.ts";
import type { Words } from "../texts/shape.ts";
import { WrongValue } from "../usage.ts";
import { type AskedOf, registerCare } from "./register-care.ts";
import { registerMatrix } from "./register-matrix.ts";
import { registerTelegram } from "./register-telegram.ts";

type Options = Readonly<Record<string, unknown>>;

/**
 * Registers the commands. Each loads its own code when it is called, so that `--help` is quick. `done` gets the
 * exit code.
 */
export function registerCommands(
  program: Command,
  io: Io,
  words: Words,
  done: (code: ExitCode) => void,
): void {
  const say = words.help;
  const keys = words.keys.help;
  const asked: AskedOf = (command) => {
    const given: Options = command.optsWithGlobals();
    return { given, config: text(given.config), lang: langOf(given.lang, words) };
  };

  program
    .command("demo")
    .description(say.demo)
    .option("--port <port>", say.port)
    .option("--telegram", say.demoTelegram)
    .action(async (_options: unknown, command: Command) => {
      const { given, lang } = asked(command);
      const port = portOf(given.port, words);
      const { demo } = await import("./demo.ts");
      done(await demo(io, { port, lang, telegram: given.telegram === true }));
    });

  program
    .command("run")
    .description(say.run)
    .action(async (_options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { run } = await import("./run.ts");
      done(await run(io, { config, lang }));
    });

  program
    .command("check")
    .description(say.check)
    .action(async (_options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { check } = await import("./check.ts");
      done(await check(io, { config, lang }));
    });

  program
    .command("status")
    .description(say.status)
    .option("--json", say.json)
    .action(async (_options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { status } = await import("./status.ts");
      done(await status(io, { config, lang, json: given.json === true }));
    });

  program
    .command("reload")
    .description(say.reload)
    .action(async (_options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { reload } = await import("./reload.ts");
      done(await reload(io, { config, lang }));
    });

  registerCare(program, io, words, asked, done);
  registerMatrix(program, io, words, asked, done);
  registerTelegram(program, io, words, asked, done);

  program
    .command("backup")
    .description(keys.backup)
    .argument("<file>", keys.backupFile)
    .action(async (file: unknown, _options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { backup } = await import("./backup.ts");
      done(await backup(io, { config, lang, file: String(file) }));
    });

  program
    .command("restore")
    .description(keys.restore)
    .argument("<file>", keys.restoreFile)
    .option("--code-stdin", keys.codeStdin)
    .action(async (file: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { restore } = await import("./restore.ts");
      done(await restore(io, { config, lang, file: String(file), codeStdin: given.codeStdin === true }));
    });

  program
    .command("verify-reader")
    .description(keys.verify)
    .argument("<url>", keys.verifyUrl)
    .action(async (url: unknown, _options: unknown, command: Command) => {
      const { lang } = asked(command);
      const { verifyReader } = await import("./verify-reader.ts");
      done(await verifyReader(io, { lang, url: String(url) }));
    });

  program
    .command("vault")
    .description(keys.vault)
    .helpCommand(false)
    .command("rotate")
    .description(keys.rotate)
    .action(async (_options: unknown, command: Command) => {
      const { config, lang } = asked(command);
      const { vaultRotate } = await import("./vault-rotate.ts");
      done(await vaultRotate(io, { config, lang }));
    });

  const room = program.command("room").description(say.room).helpCommand(false);

  room
    .command("init")
    .description(say.init)
    .argument("<room>", say.roomName)
    .option("--print-recovery-code", say.printCode)
    .option("--adopt <address>", words.matrix.help.adopt)
    .option("--anew", words.matrix.help.anew)
    .action(async (name: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { roomInit } = await import("./room-init.ts");
      const printCode = given.printRecoveryCode === true;
      const options = { printCode, adopt: text(given.adopt), anew: given.anew === true };
      done(await roomInit(io, { config, lang, room: String(name), ...options }));
    });

  room
    .command("rekey")
    .description(keys.rekey)
    .argument("<room>", say.roomName)
    .option("--yes", keys.yes)
    .action(async (name: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { roomRekey } = await import("./room-rekey.ts");
      done(await roomRekey(io, { config, lang, room: String(name), yes: given.yes === true }));
    });

  room
    .command("certify")
    .description(keys.certify)
    .argument("[room]", keys.certifyRoom)
    .option("--all", keys.all)
    .option("--code-stdin", keys.codeStdin)
    .option("--yes", keys.yes)
    .action(async (name: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { roomCertify } = await import("./room-certify.ts");
      const [all, codeStdin, yes] = [given.all === true, given.codeStdin === true, given.yes === true];
      done(await roomCertify(io, { config, lang, room: text(name), all, codeStdin, yes }));
    });

  room
    .command("link")
    .description(say.link)
    .argument("<room>", say.roomName)
    .option("--from-today", say.fromToday)
    .option("--png <file>", say.png)
    .action(async (name: unknown, _options: unknown, command: Command) => {
      const { given, config, lang } = asked(command);
      const { roomLink } = await import("./room-link.ts");
      const fromToday = given.fromToday === true;
      done(await roomLink(io, { config, lang, room: String(name), fromToday, png: text(given.png) }));
    });
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function langOf(value: unknown, words: Words): Lang | null {
  if (value === undefined || value === "ru" || value === "en") return value ?? null;
  throw new WrongValue(words.usage.badLang);
}

function portOf(value: unknown, words: Words): number | null {
  if (value === undefined) return null;
  const port = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : 65_536;
  if (port > 65_535) throw new WrongValue(words.usage.badPort);
  return port;
}
