import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { Unopened } from "../../bridge/store/reseal.ts";
import { type RunLock, takeRunLock } from "../../bridge/store/run-lock.ts";
import { decodeKey, keyOf, keyText, nextFile } from "../../bridge/vault/key.ts";
import { isErasing, type RotationStep, settleKey, takeKey, writeNext } from "../../bridge/vault/rotate.ts";
import { type Asked, type Configured, configured } from "../configured.ts";
import { type Core, databaseFile, openCore } from "../core.ts";
import type { ExitCode, Io } from "../io.ts";
import { askPassphrase } from "../passphrase.ts";
import { runWords } from "../run-words.ts";

/**
 * `postern vault rotate`: a new key for the vault. The new key's file is written first, everything is sealed anew in one
 * transaction, the old key is erased last. Cut off anywhere, it goes on when it is called again. `step`: for tests.
 */
export async function vaultRotate(
  io: Io,
  options: Asked,
  step: (name: RotationStep) => void = () => {},
): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.keys.rotate;
  const tell = (text: string): void => io.err(`${text}\n`);
  if (!existsSync(databaseFile(config))) {
    tell(say.noDatabase);
    return 1;
  }
  const lock = lockOf(config.data);
  if (lock === null || lock === "unusable") {
    tell(lock === null ? say.locked(config.data) : words.open.unreadable(config.data));
    return lock === null ? 1 : 2;
  }
  try {
    const opened = await openCore(config, {
      env: io.env,
      askPassphrase: askPassphrase(io.ask, runWords(lang)),
    });
    if (!opened.ok) {
      tell(words.open[opened.problem.code](opened.problem.where));
      return 2;
    }
    try {
      return await rotated(io, loaded, opened.core, step);
    } finally {
      opened.core.close();
    }
  } finally {
    lock.release();
  }
}

function lockOf(folder: string): RunLock | null | "unusable" {
  try {
    return takeRunLock(folder, 2_000);
  } catch {
    return "unusable";
  }
}

async function rotated(
  io: Io,
  { lang, words }: Configured,
  core: Core,
  step: (name: RotationStep) => void,
): Promise<ExitCode> {
  const say = words.keys.rotate;
  const tell = (text: string): void => io.err(`${text}\n`);
  const { file, inForce, withPassphrase } = core.keyPlace;
  if (file === null) {
    tell(say.environment);
    return 1;
  }
  if (!inForce || (await isErasing(file))) {
    await settleKey(file, step);
    tell(say.finished);
    return 0;
  }
  let to: Uint8Array;
  try {
    // What a change that was cut off laid there was sealed with nothing yet.
    const laid = await laidAside(file, withPassphrase);
    if (withPassphrase) {
      if (io.ask !== null) io.ask.show(`${say.passphrase}\n`);
      const typed = await askPassphrase(io.ask, runWords(lang))(true);
      if (typed === null || typed === "") {
        tell(words.keys.code.cancelled);
        return 1;
      }
      const salt = laid ?? randomBytes(16);
      if (laid === null) await writeNext(file, salt);
      to = await keyOf(typed, salt);
    } else {
      to = (laid === null ? null : decodeKey(laid.toString("utf8"))) ?? randomBytes(32);
      if (laid === null) await writeNext(file, keyText(to));
    }
  } catch {
    tell(say.unwritable(file));
    return 2;
  }
  step("written");
  const sealed = resealed(core, to, step);
  if (sealed !== "done") {
    tell(sealed === "no_space" ? say.noSpace : say.broken);
    return 2;
  }
  step("resealed");
  await settleKey(file, step);
  tell(withPassphrase ? say.donePassphrase : say.done(file));
  tell(say.backups);
  return 0;
}

/** The new key (or salt) that a change laid beside the old one before it was cut off; what is not whole is taken away. */
async function laidAside(file: string, salt: boolean): Promise<Buffer | null> {
  const laid = await readFile(nextFile(file)).catch(() => null);
  if (laid === null || (salt ? laid.length === 16 : decodeKey(laid.toString("utf8")) !== null)) return laid;
  await rm(nextFile(file));
  return null;
}

function resealed(
  core: Core,
  to: Uint8Array,
  step: (name: RotationStep) => void,
): "done" | "no_space" | "broken" {
  try {
    takeKey(core.lib, core.db, { from: core.key, to }, step);
    return "done";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "SQLITE_FULL" || code === "ENOSPC") return "no_space";
    if (error instanceof Unopened) return "broken";
    throw error;
  }
}
