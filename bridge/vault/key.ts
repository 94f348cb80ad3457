import { randomBytes, scrypt } from "node:crypto";
import { chmod, mkdir, open, readFile, realpath, stat } from "node:fs/promises";
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
  /** Asks for the passphrase at the terminal; null when the configuration does not ask for one. */
  readonly passphrase: (() => Promise<string | null>) | null;
  /** Only the demo may keep the key beside its data, which it throws away. */
  readonly allowInside?: boolean;
}

export type KeyProblem =
  | { readonly code: "key_file_missing"; readonly file: string }
  | { readonly code: "key_file_open_to_others"; readonly file: string }
  | { readonly code: "key_malformed"; readonly where: string }
  | { readonly code: "key_inside_data"; readonly file: string }
  | { readonly code: "passphrase_missing" }
  | { readonly code: "key_lost"; readonly file: string };

export type KeyResult =
  | {
      readonly ok: true;
      readonly key: Uint8Array;
      readonly origin: "file" | "environment" | "passphrase" | "generated";
    }
  | { readonly ok: false; readonly problem: KeyProblem };

function decodeKey(text: string): Uint8Array | null {
  const t = text.trim();
  if (/^[0-9a-f]{64}$/i.test(t)) return Buffer.from(t, "hex");
  if (/^[A-Za-z0-9_-]{43}=?$/.test(t)) return Buffer.from(t, "base64url");
  return null;
}

/** Whether `file` lies in `folder`, symbolic links of either resolved as far as they exist. */
async function inside(file: string, folder: string): Promise<boolean> {
  const real = async (p: string): Promise<string> => {
    try {
      return await realpath(p);
    } catch {
      const parent = path.dirname(p);
      return parent === p ? p : path.join(await real(parent), path.basename(p));
    }
  };
  const relative = path.relative(await real(path.resolve(folder)), await real(path.resolve(file)));
  return relative === "" || !(relative.startsWith("..") || path.isAbsolute(relative));
}

async function fromFile(file: string): Promise<KeyResult> {
  const info = await stat(file).catch(() => null);
  if (info === null) return { ok: false, problem: { code: "key_file_missing", file } };
  if (process.platform !== "win32" && (info.mode & 0o077) !== 0)
    return { ok: false, problem: { code: "key_file_open_to_others", file } };
  const key = decodeKey(await readFile(file, "utf8"));
  return key === null
    ? { ok: false, problem: { code: "key_malformed", where: file } }
    : { ok: true, key, origin: "file" };
}

/** Where a generated key is kept: outside the data folder, named after it, so that two bridges do not share one. */
export function generatedKeyFile(dataFolder: string): string {
  const base = process.env.XDG_CONFIG_HOME ?? path.join(homedir(), ".config");
  const name = path
    .resolve(dataFolder)
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-/, "");
  return path.join(base, "postern", `vault-${name}.key`);
}

const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 };

/** A key from a passphrase by scrypt; the salt is kept with the data (it is no secret). */
async function fromPassphrase(passphrase: string, dataFolder: string): Promise<Uint8Array> {
  const file = path.join(dataFolder, "state", "passphrase-salt");
  let salt = await readFile(file).catch(() => null);
  if (salt === null) {
    salt = randomBytes(16);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, "wx", 0o600);
    await handle.writeFile(salt);
    await handle.sync();
    await handle.close();
  }
  const bytes = salt;
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFC"), bytes, 32, SCRYPT, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/**
 * Finds the vault's key: key file, environment, passphrase, else a key generated once with mode 0600 outside the
 * data folder. `hasDatabase` tells that sealed data exists already: then a missing generated key is `key_lost`
 * and none is made, since a new one could not open it.
 */
export async function findKey(sources: KeySources, hasDatabase: boolean): Promise<KeyResult> {
  if (sources.keyFile !== null) {
    if (sources.allowInside !== true && (await inside(sources.keyFile, sources.dataFolder)))
      return { ok: false, problem: { code: "key_inside_data", file: sources.keyFile } };
    return fromFile(sources.keyFile);
  }
  if (sources.environment !== null) {
    const key = decodeKey(sources.environment);
    return key === null
      ? { ok: false, problem: { code: "key_malformed", where: "POSTERN_VAULT_KEY" } }
      : { ok: true, key, origin: "environment" };
  }
  if (sources.passphrase !== null) {
    const passphrase = await sources.passphrase();
    if (passphrase === null || passphrase === "")
      return { ok: false, problem: { code: "passphrase_missing" } };
    return { ok: true, key: await fromPassphrase(passphrase, sources.dataFolder), origin: "passphrase" };
  }
  const file = generatedKeyFile(sources.dataFolder);
  if (sources.allowInside !== true && (await inside(file, sources.dataFolder)))
    return { ok: false, problem: { code: "key_inside_data", file } };
  if ((await stat(file).catch(() => null)) !== null) return fromFile(file);
  if (hasDatabase) return { ok: false, problem: { code: "key_lost", file } };
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "wx", 0o600);
  await handle.writeFile(`${randomBytes(32).toString("hex")}\n`);
  await handle.sync();
  await handle.close();
  await chmod(file, 0o600);
  const made = await fromFile(file);
  return made.ok ? { ...made, origin: "generated" } : made;
}
