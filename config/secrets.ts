import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { isProxy, readUrl } from "./addresses.ts";
import type { Path, What } from "./findings.ts";
import type { Loose } from "./loose.ts";
import { Secret } from "./secret.ts";
import type { Told } from "./told.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SourceSecrets {
  readonly token: Secret | null;
  readonly proxy: Secret | null;
}

export interface AccountSecrets {
  readonly proxy: Secret | null;
}

export interface BotSecrets extends SourceSecrets {}

export interface NoticeSecrets {
  readonly webhook: Secret | null;
  readonly secret: Secret | null;
}

export interface SecretsRead {
  readonly bySource: ReadonlyMap<string, SourceSecrets>;
  readonly byAccount: ReadonlyMap<string, AccountSecrets>;
  readonly byBot: ReadonlyMap<string, BotSecrets>;
  readonly notices: NoticeSecrets;
  readonly told: readonly Told[];
}

/** `faculty-2` and `TOKEN` → `POSTERN_FACULTY_2_TOKEN`. */
export function variable(name: string, what: "TOKEN" | "PROXY"): string {
  return `POSTERN_${name.toUpperCase().replaceAll("-", "_")}_${what}`;
}

/**
 * Docker and systemd hand secrets over in folders (here with a closing slash) that only the service sees; their
 * modes are not ours to set.
 */
export const privateFolders = (env: Environment): readonly string[] => [
  "/run/secrets/",
  ...(env.CREDENTIALS_DIRECTORY ? [`${path.resolve(env.CREDENTIALS_DIRECTORY)}/`] : []),
];

/** A finding when others than the owner can read `file`. Windows has no such modes. */
export async function openToOthers(file: string, env: Environment): Promise<What | null> {
  const handedOver = privateFolders(env).some((folder) => file.startsWith(folder));
  if (process.platform === "win32" || handedOver) return null;
  const mode = (await stat(file).catch(() => null))?.mode ?? 0;
  return (mode & 0o077) === 0
    ? null
    : { code: "open_to_others", path: file, mode: (mode & 0o777).toString(8).padStart(4, "0") };
}

type Read = { readonly text: string } | { readonly what: What } | null;

async function fromFile(file: string, env: Environment): Promise<Read> {
  const open = await openToOthers(file, env);
  if (open !== null) return { what: open };
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return { what: { code: "secret_unreadable", from: file } };
  return text.trim() === "" ? { what: { code: "secret_empty", from: file } } : { text: text.trim() };
}

interface Wanted {
  /** The variable that may hold it; with `_FILE` the one that may name its file. */
  readonly variable: string;
  /** The group in which it may be written, and under which key; with `_file` the key that may name its file. */
  readonly group: Path;
  readonly key: string;
  readonly inYaml: string | undefined;
  readonly fileInYaml: string | undefined;
  readonly base: string;
  readonly env: Environment;
}

/** The environment comes first, then the file that YAML or environment name, then YAML itself. */
async function one(w: Wanted): Promise<{ read: Read; at: Path }> {
  const { env, group, key, inYaml, fileInYaml } = w;
  const direct = env[w.variable]?.trim();
  if (direct !== undefined && direct !== "") return { read: { text: direct }, at: group };
  const named = env[`${w.variable}_FILE`]?.trim();
  if (named !== undefined && named !== "")
    return { read: await fromFile(path.resolve(named), env), at: group };
  if (inYaml !== undefined && fileInYaml !== undefined)
    return { read: { what: { code: "secret_twice", keys: [key, `${key}_file`] } }, at: [...group, key] };
  if (fileInYaml !== undefined)
    return { read: await fromFile(path.resolve(w.base, fileInYaml), env), at: [...group, `${key}_file`] };
  return { read: inYaml === undefined ? null : { text: inYaml.trim() }, at: [...group, key] };
}

const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

/** A certificate file that holds none is told in every case: nothing would be trusted by it. */
async function certificates(at: Path, file: string | undefined, base: string, told: Told[]): Promise<void> {
  if (file === undefined) return;
  const ca = path.resolve(base, file);
  const pem = await readFile(ca, "utf8").catch(() => null);
  if (pem?.includes("-----BEGIN CERTIFICATE-----") === true) return;
  const code = pem === null ? "ca_unreadable" : "ca_not_pem";
  told.push({ severity: "error", path: [...at, "ca_file"], what: { code, path: ca } });
}

/**
 * Reads the secrets of all sources, accounts and bots. `required: false` (commands that do not read sources) turns what is
 * wrong with them into warnings.
 */
export async function readSecrets(
  file: Loose,
  base: string,
  env: Environment,
  required: boolean,
): Promise<SecretsRead> {
  const bySource = new Map<string, SourceSecrets>();
  const byAccount = new Map<string, AccountSecrets>();
  const byBot = new Map<string, BotSecrets>();
  const told: Told[] = [];
  const severity = required ? "error" : "warning";
  /** `named`: as the environment calls what it belongs to. */
  const value = async (
    kind: "token" | "proxy",
    named: string,
    at: Path,
    written: { readonly [key: string]: string | undefined },
  ): Promise<Secret | null> => {
    const fits = kind === "token" ? isToken : isProxy;
    const found = await one({
      variable: variable(named, kind === "token" ? "TOKEN" : "PROXY"),
      group: at,
      key: kind,
      inYaml: written[kind],
      fileInYaml: written[`${kind}_file`],
      base,
      env,
    });
    const { read } = found;
    const tell = (what: What): null => {
      told.push({ severity, path: found.at, what });
      return null;
    };
    if (read !== null && "what" in read) return tell(read.what);
    if (read !== null)
      return fits(read.text) ? new Secret(read.text) : tell({ code: "secret_malformed", from: kind });
    const token = variable(named, "TOKEN");
    return kind === "token"
      ? tell({ code: "secret_missing", variables: [token, `${token}_FILE`], key: "token_file" })
      : null;
  };
  for (const [name, source] of Object.entries(file.sources)) {
    const at = ["sources", name];
    const token = await value("token", name, at, source);
    bySource.set(name, { token, proxy: await value("proxy", name, at, source) });
    await certificates(at, source.ca_file, base, told);
  }
  for (const [name, account] of Object.entries(file.matrix)) {
    const at = ["matrix", name];
    byAccount.set(name, { proxy: await value("proxy", `matrix-${name}`, at, account) });
    await certificates(at, account.ca_file, base, told);
  }
  for (const [name, bot] of Object.entries(file.telegram)) {
    const at = ["telegram", name];
    const named = `telegram-${name}`;
    const token = await value("token", named, at, bot);
    byBot.set(name, { token, proxy: await value("proxy", named, at, bot) });
    await certificates(at, bot.ca_file, base, told);
  }
  return { bySource, byAccount, byBot, notices: await noticeSecrets(file, base, env, severity, told), told };
}

/** Where notices go, and what goes along. */
async function noticeSecrets(
  file: Loose,
  base: string,
  env: Environment,
  severity: Told["severity"],
  told: Told[],
): Promise<NoticeSecrets> {
  const { webhook, webhook_file, webhook_secret_file } = file.notices;
  const value = async (
    key: "webhook" | "webhook_secret",
    inYaml: string | undefined,
    fileInYaml: string | undefined,
    fits: (text: string) => boolean,
  ): Promise<Secret | null> => {
    const named = `POSTERN_NOTICES_${key.toUpperCase()}`;
    const { read, at } = await one({
      variable: named,
      group: ["notices"],
      key,
      inYaml,
      fileInYaml,
      base,
      env,
    });
    if (read === null) return null;
    if (!("what" in read) && fits(read.text)) return new Secret(read.text);
    told.push({
      severity,
      path: at,
      what: "what" in read ? read.what : { code: "secret_malformed", from: key },
    });
    return null;
  };
  return {
    webhook: await value("webhook", webhook, webhook_file, (text) => readUrl(text) !== null),
    secret: await value("webhook_secret", undefined, webhook_secret_file, isToken),
  };
}
