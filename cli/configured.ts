import { RoomName } from "../bridge/model/ids.ts";
import type { Config, Lang } from "../config/config.ts";
import type { Finding } from "../config/findings.ts";
import { loadConfig } from "../config/load.ts";
import { nearest } from "../config/nearest.ts";
import { describe } from "../config/texts.ts";
import type { Io } from "./io.ts";
import { isMatrix, isSealed } from "./room-kinds.ts";
import { wordsOf } from "./texts/index.ts";
import type { Words } from "./texts/shape.ts";

/** What every command that works on a configuration is told. */
export interface Asked {
  /** Path of the configuration; null: postern.yaml here. */
  readonly config: string | null;
  /** As asked for on the command line; null: as the configuration or the environment says. */
  readonly lang: Lang | null;
}

export interface Configured {
  readonly config: Config;
  /** The configuration's file as it was named. */
  readonly file: string;
  readonly lang: Lang;
  readonly words: Words;
  readonly warnings: readonly Finding[];
}

/**
 * Loads the configuration and says what is wrong with it; null: it cannot be used. `secrets`: whether the tokens of
 * sources are needed.
 */
export async function configured(
  io: Io,
  asked: Asked,
  { secrets }: { readonly secrets: boolean },
): Promise<Configured | null> {
  const file = asked.config ?? "postern.yaml";
  const loaded = await loadConfig({
    file,
    env: io.env,
    secrets,
    ...(asked.lang === null ? {} : { lang: asked.lang }),
  });
  const { lang, warnings } = loaded;
  const words = wordsOf(lang);
  if (loaded.ok) return { config: loaded.config, file, lang, words, warnings };
  tellWarnings(io, words, warnings);
  for (const error of loaded.errors) io.err(`${describe(error, lang)}\n`);
  io.err(`${words.usage.configErrors(loaded.errors.length, file)}\n`);
  return null;
}

export function tellWarnings(io: Io, words: Words, warnings: readonly Finding[]): void {
  for (const warning of warnings) io.err(`${words.usage.warning}: ${describe(warning, words.lang)}\n`);
}

/** The room of that name in the configuration; null when there is none, which is said. */
export function roomCalled(io: Io, { config, words }: Configured, name: string): RoomName | null {
  const room = RoomName.safeParse(name).data;
  if (room !== undefined && config.rooms.has(room)) return room;
  const known = [...config.rooms.keys()];
  io.err(`${words.usage.unknownRoom(name, nearest(name, known), known)}\n`);
  return null;
}

/** The same, of sealed rooms alone: for what only they have. */
export function sealedRoomCalled(io: Io, loaded: Configured, name: string): RoomName | null {
  const room = roomCalled(io, loaded, name);
  if (room === null || isSealed(loaded.config, room)) return room;
  const { matrix, telegram } = loaded.words;
  io.err(`${isMatrix(loaded.config, room) ? matrix.isMatrix(room) : telegram.isTelegram(room)}\n`);
  return null;
}
