import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { isProxy } from "./addresses.ts";
import type { Told } from "./cross-checks.ts";
import type { Path, What } from "./findings.ts";
import type { Loose, LooseSource } from "./loose.ts";
import { Secret } from "./secret.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SourceSecrets {
  readonly token: Secret | null;
  readonly proxy: Secret | null;
}

export interface SecretsRead {
  readonly bySource: ReadonlyMap<string, SourceSecrets>;
  readonly told: readonly Told[];
}

/** `faculty-2` and `TOKEN` → `POSTERN_FACULTY_2_TOKEN`. */
export function variable(source: string, what: "TOKEN" | "PROXY"): string {
  return `POSTERN_${source.toUpperCase().replaceAll("-", "_")}_${what}`;
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
  readonly name: string;
  readonly kind: "token" | "proxy";
  readonly source: LooseSource;
  readonly base: string;
  readonly env: Environment;
}

/** The environment comes first, then the file that YAML or environment name, then YAML itself. */
async function one({ name, kind, source, base, env }: Wanted): Promise<{ read: Read; at: Path }> {
  const inYaml = source[kind];
  const fileKey = `${kind}_file` as const;
  const at = ["sources", name];
  const fromVariable = variable(name, kind === "token" ? "TOKEN" : "PROXY");
  const direct = env[fromVariable]?.trim();
  if (direct !== undefined && direct !== "") return { read: { text: direct }, at };
  const named = env[`${fromVariable}_FILE`]?.trim();
  if (named !== undefined && named !== "") return { read: await fromFile(path.resolve(named), env), at };
  if (inYaml !== undefined && source[fileKey] !== undefined)
    return { read: { what: { code: "secret_twice", keys: [kind, fileKey] } }, at: [...at, kind] };
  if (source[fileKey] !== undefined)
    return { read: await fromFile(path.resolve(base, source[fileKey]), env), at: [...at, fileKey] };
  return { read: inYaml === undefined ? null : { text: inYaml.trim() }, at: [...at, kind] };
}

const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

/**
 * Reads the secrets of all sources. `required: false` (commands that do not read sources) turns what is wrong with
 * them into warnings.
 */
export async function readSecrets(
  file: Loose,
  base: string,
  env: Environment,
  required: boolean,
): Promise<SecretsRead> {
  const bySource = new Map<string, SourceSecrets>();
  const told: Told[] = [];
  for (const [name, source] of Object.entries(file.sources)) {
    const value = async (
      kind: "token" | "proxy",
      fits: (text: string) => boolean,
    ): Promise<Secret | null> => {
      const { read, at } = await one({ name, kind, source, base, env });
      const tell = (what: What): null => {
        told.push({ severity: required ? "error" : "warning", path: at, what });
        return null;
      };
      if (read !== null && "what" in read) return tell(read.what);
      if (read !== null)
        return fits(read.text) ? new Secret(read.text) : tell({ code: "secret_malformed", from: kind });
      const named = variable(name, "TOKEN");
      return kind === "token"
        ? tell({ code: "secret_missing", variables: [named, `${named}_FILE`], key: "token_file" })
        : null;
    };
    bySource.set(name, { token: await value("token", isToken), proxy: await value("proxy", isProxy) });
    if (source.ca_file === undefined) continue;
    const ca = path.resolve(base, source.ca_file);
    const pem = await readFile(ca, "utf8").catch(() => null);
    if (pem === null || !pem.includes("-----BEGIN CERTIFICATE-----"))
      told.push({
        severity: "error",
        path: ["sources", name, "ca_file"],
        what: { code: pem === null ? "ca_unreadable" : "ca_not_pem", path: ca },
      });
  }
  return { bySource, told };
}
