import path from "node:path";
import { type Asked, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { backup as operation } from "../operations/backup.ts";
import { reachBridge } from "../reach-bridge.ts";

export interface BackupCommand extends Asked {
  readonly file: string;
}

/** `postern backup FILE`: online, sealed to the recovery codes, read back after writing, never over another file. */
export async function backup(io: Io, options: BackupCommand): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.keys.backup;
  const tell = (text: string): void => io.err(`${text}\n`);
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(say.noDatabase);
    return 2;
  }
  const { reached } = found;
  try {
    const made = await reached.ask(operation, { file: path.resolve(options.file) });
    if (!made.ok) {
      tell(say.faults[made.code](options.file));
      return made.code === "exists" ? 1 : 2;
    }
    tell(say.done(options.file, sizeText(made.size)));
    tell(say.opens(made.opens, made.accounts));
    if (made.closed.length > 0) tell(say.closed(made.closed));
    tell(say.keep);
    return 0;
  } finally {
    await reached.close();
  }
}

const sizeText = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
