import { readFile } from "node:fs/promises";
import { rightsFor } from "../../adapters/telegram/rights.ts";
import { systemRandom } from "../../bridge/clock.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import type { BotConfig, RoomConfig } from "../../config/config.ts";
import { changeSettings } from "../../config/write.ts";
import type { Ask } from "../ask.ts";
import { type Asked, type Configured, configured, tellWarnings } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { telegramMeet } from "../operations/telegram.ts";
import type { Reached } from "../reach.ts";
import { reachBridge } from "../reach-bridge.ts";
import { botCalled } from "../telegram/asked.ts";
import { hasToken } from "../telegram/client.ts";
import { faultLine, settledPlace } from "../telegram/settle.ts";
import { pinsIn } from "../telegram/wish.ts";
import { changesFor, linesFor } from "../telegram/write-room.ts";

export interface TelegramSetupOptions extends Asked {
  /** null: it is asked for. */
  readonly room: string | null;
  /** null: the only bot there is. */
  readonly bot: string | null;
}

/**
 * `postern telegram setup`: says how to make bot and channel, waits until the bot is in it, looks at its rights and
 * writes the room into the settings. Until the person has said yes to all of it, nothing is written.
 */
export async function telegramSetup(io: Io, options: TelegramSetupOptions): Promise<ExitCode> {
  const before = await readFile(options.config ?? "postern.yaml", "utf8").catch(() => null);
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.telegram;
  const tell = (text: string): void => io.err(`${text}\n`);
  const bot = botCalled(io, loaded, options.bot);
  if (bot === null) return 1;
  if (!hasToken(bot)) {
    tellWarnings(io, words, loaded.warnings);
    tell(say.noToken(bot.name));
    return 1;
  }
  if (io.ask === null) {
    tell(say.setup.needsTerminal);
    return 1;
  }
  const named = options.room === null ? null : RoomName.safeParse(options.room);
  if (named?.success === false) {
    tell(say.setup.badName);
    return 1;
  }
  const found = await reachBridge(config, { io, lang, make: true });
  if (!found.ok || found.reached === null) {
    const problem = found.ok ? { code: "no_answer" as const, where: "" } : found.problem;
    tell(words.open[problem.code](problem.where));
    return 2;
  }
  try {
    return await setUp({
      io,
      ask: io.ask,
      loaded,
      before,
      bot,
      reached: found.reached,
      named: named?.data ?? null,
      tell,
    });
  } finally {
    await found.reached.close();
  }
}

interface Work {
  readonly io: Io;
  readonly ask: Ask;
  readonly loaded: Configured;
  /** The settings file as it was read; null: it could not be. */
  readonly before: string | null;
  readonly bot: BotConfig;
  readonly reached: Reached;
  readonly named: RoomName | null;
  readonly tell: (text: string) => void;
}

async function setUp({ io, ask, loaded, before, bot, reached, named, tell }: Work): Promise<ExitCode> {
  const { config, file, words } = loaded;
  const say = words.telegram;
  const met = await reached.ask(telegramMeet, { bot: bot.name });
  if (met.kind === "fault") {
    tell(faultLine(bot.name, met.code, say));
    return 2;
  }
  tell(say.setup.intro(met.username));
  const cancelled = (): ExitCode => {
    tell(say.setup.cancelled);
    return 1;
  };
  const room = named ?? (await askedName(ask, loaded));
  if (room === null) return cancelled();
  const known = config.rooms.get(room) ?? null;
  if (known?.type === "matrix") {
    tell(say.setup.isMatrix(room));
    return 1;
  }
  if (hasPlace(known)) {
    tell(say.setup.again(room));
    if ((await ask.confirm(say.setup.goOn, say.yes, say.no)) !== true) return cancelled();
  }
  const mapping = await chosenMapping(ask, loaded, room);
  if (mapping === "cancelled") return cancelled();
  const sealed = known?.type === "sealed";
  const pins = !sealed && (pinsIn(config, room) || (config.mappings[mapping ?? -1]?.pin.length ?? 0) > 0);
  // In a channel the right to pin is that to edit others' posts, and with it nothing is looked for.
  const probe = !sealed && (known?.type !== "telegram" || known.probe);
  const { give, without } = rightsFor("channel", { pins, probe });
  const code = newCode();
  const called = (rights: readonly (keyof typeof say.rights)[]) => rights.map((right) => say.rights[right]);
  tell(say.setup.steps(met.username, called(give), called(without), code));
  const place = await settledPlace({
    config,
    bot,
    room,
    wish: { pins, probe: probe && !pins },
    code,
    reached,
    ask,
    say,
    tell,
    signal: io.signal,
  });
  if (place === null) return cancelled();
  const safe = probe && !place.editsOthers;
  if (probe && !safe) tell(say.setup.probeOff);
  tell(say.setup.summary(room, place.title, file));
  if ((await ask.confirm(say.setup.write, say.yes, say.no)) !== true || io.signal.aborted) return cancelled();
  const changes = changesFor({ room, known, bot, place, probe: sealed || safe, mapping });
  const written = await changeSettings(file, changes, before);
  if (written !== "written") {
    tell(say.setup.notWritten(file, written));
    tell(say.setup.byHand(linesFor(changes)));
    return 2;
  }
  tell(say.setup.written(room, file));
  const mapped = mapping !== null || config.mappings.some(({ rooms }) => rooms.includes(room));
  if (!mapped) tell(say.setup.unmapped(room));
  tell(say.setup.next(reached.running));
  return 0;
}

const hasPlace = (room: RoomConfig | null): boolean =>
  room?.type === "telegram" || (room?.type === "sealed" && room.carrier !== null);

async function askedName(ask: Ask, { words }: Configured): Promise<RoomName | null> {
  const say = words.telegram.setup;
  const given = await ask.line(say.which, (answer) =>
    RoomName.safeParse(answer.trim()).success ? null : say.badName,
  );
  return given === null ? null : RoomName.parse(given.trim());
}

/** The mapping that gets the room; null: none, or one leads there already. */
async function chosenMapping(
  ask: Ask,
  { config, words }: Configured,
  room: RoomName,
): Promise<number | null | "cancelled"> {
  const say = words.telegram.setup;
  const { mappings } = config;
  if (mappings.length === 0 || mappings.some(({ rooms }) => rooms.includes(room))) return null;
  const given = await ask.choose(say.mapping, [
    ...mappings.map(({ name, rooms }, index) => ({
      value: String(index),
      label: say.mappingOf(name, rooms.join(", ")),
    })),
    { value: "none", label: say.noMapping },
  ]);
  if (given === null) return "cancelled";
  return given === "none" ? null : Number(given);
}

/** What nobody else writes into a group by chance. */
const newCode = (): string =>
  [...systemRandom.bytes(6)].map((byte) => "abcdefghijkmnpqrstuvwxyz23456789"[byte % 32] ?? "").join("");
