import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { isEmptyFolder, type OpenBackup, openBackup } from "../../bridge/backup/restore.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { type RunLock, takeRunLock } from "../../bridge/store/run-lock.ts";
import { decodeKey, generatedKeyFile, keyOf, keyText, writeNew } from "../../bridge/vault/key.ts";
import { langOf, writtenLang } from "../../config/lang.ts";
import { type Asked, type Configured, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { matrixRooms, sealedRooms } from "../room-kinds.ts";
import { runWords } from "../run-words.ts";
import { wordsOf } from "../texts/index.ts";
import type { Words } from "../texts/shape.ts";
import { typedCode } from "../typed-code.ts";

export interface RestoreOptions extends Asked {
  readonly file: string;
  readonly codeStdin: boolean;
}

/**
 * `postern restore FILE`: brings settings (where there are none), the vault's key, database and sealed files back into
 * an empty data folder. The next start begins new chains. Where it fails, nothing of it is left.
 */
export async function restore(io: Io, options: RestoreOptions): Promise<ExitCode> {
  const known = await readFile(options.config ?? "postern.yaml", "utf8").catch(() => "");
  const words = wordsOf(options.lang ?? writtenLang(known) ?? langOf(io.env));
  const say = words.keys.restore;
  const tell = (text: string): void => io.err(`${text}\n`);
  const seed = await typedCode(io, words, { room: null, stdin: options.codeStdin });
  if (seed === null) return 1;
  const opened = await openBackup(await ready(), systemDisk, options.file, seed);
  seed.fill(0);
  if (!opened.ok) {
    const said = {
      missing: say.missing(options.file),
      not_a_backup: say.notABackup(options.file),
      wrong_code: say.wrongCode,
      damaged: say.damaged(options.file),
      newer: say.newer,
    };
    tell(said[opened.code]);
    return opened.code === "missing" || opened.code === "wrong_code" ? 1 : 2;
  }
  try {
    return await restoreFrom(io, options, words, opened.backup);
  } finally {
    await opened.backup.close();
  }
}

async function restoreFrom(
  io: Io,
  options: RestoreOptions,
  words: Words,
  backup: OpenBackup,
): Promise<ExitCode> {
  const say = words.keys.restore;
  const settings = options.config ?? "postern.yaml";
  let written = false;
  if ((await stat(settings).catch(() => null)) === null) {
    if (backup.settings === null) {
      io.err(`${say.noSettings(settings)}\n`);
      return 1;
    }
    try {
      await writeFile(settings, backup.settings, { mode: 0o600, flag: "wx" });
      written = true;
    } catch {
      io.err(`${say.settingsFailed(settings)}\n`);
      return 2;
    }
  }
  const code = await intoFolder(io, options, backup, written);
  // As it was: a second try, perhaps with another backup, finds no settings of this one.
  if (code !== 0 && written) await rm(settings, { force: true });
  return code;
}

async function intoFolder(
  io: Io,
  options: RestoreOptions,
  backup: OpenBackup,
  written: boolean,
): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, words } = loaded;
  const say = words.keys.restore;
  const tell = (text: string): void => io.err(`${text}\n`);
  if (!(await isEmptyFolder(systemDisk, config.data))) {
    tell(say.notEmpty(config.data));
    return 1;
  }
  const key = await keyPlace(io, loaded, backup);
  if (typeof key === "string") {
    tell(key);
    return 1;
  }
  const lock = lockOf(config.data);
  if (lock === null || lock === "unusable") {
    tell(lock === null ? say.locked(config.data) : say.unwritable(config.data));
    return lock === null ? 1 : 2;
  }
  let whole = false;
  try {
    const unpacked = await backup.unpack(config.data);
    if (unpacked !== "done") {
      const said = {
        damaged: say.damaged(options.file),
        no_space: say.noSpace(config.data),
        unwritable: say.unwritable(config.data),
      };
      tell(said[unpacked]);
      return 2;
    }
    if (key.file !== null && !(await placed(key.file, backup.vaultKey))) {
      tell(say.keyFailed(key.file));
      return 2;
    }
    await backup.finish(config.data);
    whole = true;
  } finally {
    if (!whole) await backup.discard(config.data);
    lock.release();
  }
  if (written) tell(say.settingsWritten(loaded.file));
  const made = `${new Date(backup.manifest.made).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  tell(say.done(config.data, made, backup.manifest.rooms));
  if (key.file !== null) tell(say.keyWritten(key.file));
  const accounts = new Set(matrixRooms(config).map((room) => room.account));
  tell(say.next[accounts.size === 0 ? "sealed" : sealedRooms(config).length === 0 ? "matrix" : "mixed"]);
  if (accounts.size > 0) tell(say.accounts([...accounts]));
  return 0;
}

function lockOf(folder: string): RunLock | null | "unusable" {
  try {
    return takeRunLock(folder, 2_000);
  } catch {
    return "unusable";
  }
}

/**
 * Where the vault's key must be written so that the settings find it; `file` null: it is there, or follows from the
 * passphrase. A text: why it cannot be.
 */
async function keyPlace(
  io: Io,
  { config, lang, words }: Configured,
  backup: OpenBackup,
): Promise<{ readonly file: string | null } | string> {
  const say = words.keys.restore;
  const { keyFile, passphrase } = config.vault;
  const inEnvironment = io.env.POSTERN_VAULT_KEY;
  if (keyFile === null && inEnvironment !== undefined) {
    const same = Buffer.from(backup.vaultKey).equals(decodeKey(inEnvironment) ?? new Uint8Array());
    return same ? { file: null } : say.keyInEnvironment;
  }
  if (keyFile === null && passphrase) {
    if (backup.salt === null) return say.noSalt;
    // Nobody to ask: the next start asks, and says if it is another one.
    if (io.ask === null) return { file: null };
    const typed = await io.ask.secret(runWords(lang).passphrase);
    if (typed === null) return words.keys.code.cancelled;
    const made = await keyOf(typed, backup.salt);
    return Buffer.from(backup.vaultKey).equals(made) ? { file: null } : say.wrongPassphrase;
  }
  const file = keyFile ?? generatedKeyFile(config.data);
  const there = await readFile(file, "utf8").catch(() => null);
  if (there === null) return { file };
  const same = Buffer.from(backup.vaultKey).equals(decodeKey(there) ?? new Uint8Array());
  return same ? { file: null } : say.keyDiffers(file);
}

async function placed(file: string, key: Uint8Array): Promise<boolean> {
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeNew(file, keyText(key));
    return true;
  } catch {
    return false;
  }
}
