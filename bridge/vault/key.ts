import { createHash, randomBytes, scrypt } from "node:crypto";
import { mkdir, open, readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** Where the vault's key may come from, in the order in which they are tried. */
export interface KeySources {
  /** The data folder: a key inside it is refused, since a copy of the folder would open itself. */
  readonly dataFolder: string;
  /** `vault.key_file` of the configuration: 32 bytes as 64 hex digits or 43 base64url characters. */
  readonly keyFile: string | null;
  /** The environment variable POSTERN_VAULT_KEY, same forms. */
  readonly environment: string | null;
  /**
   * Asks for the passphrase at the terminal, twice when it is `fresh` (nothing is sealed with it yet); null when
   * the configuration does not ask for one.
   */
  readonly passphrase: ((fresh: boolean) => Promise<string | null>) | null;
  /** Only the demo may keep the key beside its data, which it throws away. */
  readonly allowInside?: boolean;
  /** Folders (with a closing slash) in which a service manager hands over secrets; their modes are not ours to set. */
  readonly privateFolders?: readonly string[];
}

export type KeyProblem =
  | { readonly code: "key_file_missing"; readonly file: string }
  | { readonly code: "key_file_unreadable"; readonly file: string }
  | { readonly code: "key_file_open_to_others"; readonly file: string }
  | { readonly code: "key_malformed"; readonly where: string }
  | { readonly code: "key_inside_data"; readonly file: string }
  | { readonly code: "passphrase_missing" }
  | { readonly code: "key_not_made"; readonly file: string }
  | { readonly code: "key_lost"; readonly file: string };

export type KeyResult =
  | {
      readonly ok: true;
      readonly key: Uint8Array;
      readonly origin: "file" | "environment" | "passphrase" | "generated";
      /** The file that holds the key, or with a passphrase its salt; null: no file of ours. */
      readonly file: string | null;
      /** The key that a change of the vault's key was about to put in force when it ended; null: none was under way. */
      readonly next: Uint8Array | null;
    }
  | { readonly ok: false; readonly problem: KeyProblem };

/** The key that a text holds: 64 hex digits or 43 base64url characters; null for anything else. */
export function decodeKey(text: string): Uint8Array | null {
  const t = text.trim();
  if (/^[0-9a-f]{64}$/i.test(t)) return Buffer.from(t, "hex");
  if (/^[A-Za-z0-9_-]{43}=?$/.test(t)) return Buffer.from(t, "base64url");
  return null;
}

const within = (file: string, folder: string): boolean => {
  const relative = path.relative(folder, file);
  return relative === "" || !(relative.split(path.sep)[0] === ".." || path.isAbsolute(relative));
};

/** A path with its symbolic links resolved, as far as it exists. */
async function real(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const parent = path.dirname(file);
    return parent === file ? file : path.join(await real(parent), path.basename(file));
  }
}

/** Whether `file` lies in `folder`: by its name, or where symbolic links of either lead. */
async function inside(file: string, folder: string): Promise<boolean> {
  const [from, to] = [path.resolve(file), path.resolve(folder)];
  return within(from, to) || within(await real(from), await real(to));
}

async function fromFile(file: string, privateFolders: readonly string[]): Promise<KeyResult> {
  const info = await stat(file).catch(() => null);
  if (info === null) return { ok: false, problem: { code: "key_file_missing", file } };
  const handedOver = privateFolders.some((folder) => path.resolve(file).startsWith(folder));
  if (process.platform !== "win32" && !handedOver && (info.mode & 0o077) !== 0)
    return { ok: false, problem: { code: "key_file_open_to_others", file } };
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return { ok: false, problem: { code: "key_file_unreadable", file } };
  const key = decodeKey(text);
  if (key === null) return { ok: false, problem: { code: "key_malformed", where: file } };
  const next = decodeKey(await readFile(nextFile(file), "utf8").catch(() => ""));
  return { ok: true, key, origin: "file", file, next };
}

/** Where a change of the vault's key keeps the new one (or its salt) until it is in force. */
export const nextFile = (file: string): string => `${file}.new`;

/** The text of a key file. */
export const keyText = (key: Uint8Array): string => `${Buffer.from(key).toString("hex")}\n`;

/** The user's folder. A user that the system does not know has none: then a place that no user may write to. */
function home(): string {
  try {
    return homedir();
  } catch {
    return path.parse(process.cwd()).root;
  }
}

/**
 * Where Postern keeps what must not lie in the data folder and is not named in the configuration: a folder of the
 * user's, in a file named after the data folder, so that two bridges do not share one.
 */
function outside(dataFolder: string, kind: string, ending: string): string {
  const base = process.env.XDG_CONFIG_HOME || path.join(home(), ".config");
  const folder = path.resolve(dataFolder);
  const name = folder.replaceAll(/[^A-Za-z0-9]+/g, "-").replace(/^-/, "");
  // Folders that differ in other signs only have the same name otherwise.
  const mark = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  return path.join(base, "postern", `${kind}-${name}-${mark}${ending}`);
}

/** Where a generated key is kept. */
export const generatedKeyFile = (dataFolder: string): string => outside(dataFolder, "vault", ".key");

/** Where the witness is kept unless the configuration names another place. */
export const witnessFile = (dataFolder: string): string => outside(dataFolder, "witness", "");

const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 };

export const saltFile = (dataFolder: string): string => path.join(dataFolder, "state", "passphrase-salt");

/** Writes a file that must not exist yet, to be read by its owner only. */
export async function writeNew(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A key from a passphrase by scrypt; the salt is kept with the data (it is no secret). */
async function fromPassphrase(
  ask: (fresh: boolean) => Promise<string | null>,
  dataFolder: string,
  hasDatabase: boolean,
): Promise<KeyResult> {
  const file = saltFile(dataFolder);
  const kept = await readFile(file).catch(() => null);
  // Another salt would make another key of the same passphrase, and nothing would open.
  if (kept === null && hasDatabase) return { ok: false, problem: { code: "key_lost", file } };
  const passphrase = await ask(!hasDatabase);
  if (passphrase === null || passphrase === "") return { ok: false, problem: { code: "passphrase_missing" } };
  const salt = kept ?? randomBytes(16);
  try {
    if (kept === null) await writeNew(file, salt);
  } catch {
    return { ok: false, problem: { code: "key_not_made", file } };
  }
  const key = await keyOf(passphrase, salt);
  const nextSalt = await readFile(nextFile(file)).catch(() => null);
  const next = nextSalt === null ? null : await keyOf(passphrase, nextSalt);
  return { ok: true, key, origin: "passphrase", file, next };
}

/** The key that a passphrase makes with a salt of 16 bytes. */
export const keyOf = (passphrase: string, salt: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFC"), salt, 32, SCRYPT, (error, made) =>
      error === null ? resolve(made) : reject(error),
    );
  });

/**
 * Finds the vault's key: key file, environment, passphrase, else a key generated once with mode 0600 outside the
 * data folder. `hasDatabase` tells that sealed data exists already: then a missing generated key is `key_lost`
 * and none is made, since a new one could not open it.
 */
export async function findKey(sources: KeySources, hasDatabase: boolean): Promise<KeyResult> {
  const { dataFolder, privateFolders = [] } = sources;
  const refused = async (file: string): Promise<boolean> =>
    sources.allowInside !== true && (await inside(file, dataFolder));
  if (sources.keyFile !== null) {
    if (await refused(sources.keyFile))
      return { ok: false, problem: { code: "key_inside_data", file: sources.keyFile } };
    return fromFile(sources.keyFile, privateFolders);
  }
  if (sources.environment !== null) {
    const key = decodeKey(sources.environment);
    return key === null
      ? { ok: false, problem: { code: "key_malformed", where: "POSTERN_VAULT_KEY" } }
      : { ok: true, key, origin: "environment", file: null, next: null };
  }
  if (sources.passphrase !== null) return fromPassphrase(sources.passphrase, dataFolder, hasDatabase);
  const file = generatedKeyFile(dataFolder);
  if (await refused(file)) return { ok: false, problem: { code: "key_inside_data", file } };
  if ((await stat(file).catch(() => null)) !== null) return fromFile(file, []);
  if (hasDatabase) return { ok: false, problem: { code: "key_lost", file } };
  try {
    await writeNew(file, keyText(randomBytes(32)));
  } catch (error) {
    // Another command that started at the same time may have made it.
    const made = error instanceof Error && "code" in error && error.code === "EEXIST";
    return made ? fromFile(file, []) : { ok: false, problem: { code: "key_not_made", file } };
  }
  const made = await fromFile(file, []);
  return made.ok ? { ...made, origin: "generated" } : made;
}
