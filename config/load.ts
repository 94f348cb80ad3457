import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "./build.ts";
import type { Config, Lang } from "./config.ts";
import { crossChecks } from "./cross-checks.ts";
import { readYaml, type YamlFile } from "./document.ts";
import type { Finding, What } from "./findings.ts";
import { fromIssues } from "./issues.ts";
import { langOf, writtenLang } from "./lang.ts";
import { loosely } from "./loose.ts";
import { Schema, type Written } from "./schema.ts";
import { type Environment, openToOthers, readSecrets } from "./secrets.ts";
import type { Told } from "./told.ts";

export interface LoadOptions {
  readonly file: string;
  /** process.env, handed in. Secrets and, without `lang:` in the file, LANG are taken from it. */
  readonly env: Environment;
  /** Chosen on the command line: wins over the file and the environment. */
  readonly lang?: Lang;
  /** false for commands that read no source: what is wrong with secrets is a warning, and a token may be empty. */
  readonly secrets?: boolean;
  /** Only the demo, which throws its data away, may keep the key beside them. */
  readonly keyInDataAllowed?: boolean;
}

/** `lang` is the language in which to speak, known even when nothing else is. Everything wrong is told at once. */
export type LoadResult =
  | { readonly ok: true; readonly lang: Lang; readonly config: Config; readonly warnings: readonly Finding[] }
  | {
      readonly ok: false;
      readonly lang: Lang;
      readonly errors: readonly Finding[];
      readonly warnings: readonly Finding[];
    };

async function readText(file: string): Promise<{ readonly text: string } | { readonly what: What }> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
    return text.trim() === "" ? { what: { code: "file_empty" } } : { text };
  } catch (error) {
    if (error instanceof TypeError) return { what: { code: "not_utf8" } };
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { what: { code: missing ? "file_missing" : "file_unreadable" } };
  }
}

const sameKey = (a: Finding, b: Finding): boolean => a.place.key === b.place.key;

/** A token that is missing since its setting is misspelt. */
const follows = (known: Finding, finding: Finding): boolean =>
  finding.what.code === "secret_missing" &&
  known.what.code === "unknown_key" &&
  known.place.key?.startsWith(finding.place.key?.replace(/[^.]*$/, "") ?? " ") === true;

/** A cross-check has nothing to add where the schema already refuses the value. Sorted by line, files first. */
function gather(schema: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const said = (finding: Finding): boolean =>
    schema.some((known) => sameKey(known, finding) || follows(known, finding));
  const all = [...schema, ...others.filter((finding) => !said(finding))];
  return all.toSorted((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0));
}

/** A value that is wrong in two ways is told once where the words are the same. */
const once = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values(),
];

async function inlineSecrets(
  value: ReturnType<typeof loosely>,
  options: LoadOptions,
): Promise<readonly Told[]> {
  const held = [
    ...Object.entries(value.sources).map(([name, one]) => ["sources", name, one] as const),
    ...Object.entries(value.telegram).map(([name, one]) => ["telegram", name, one] as const),
    ...Object.entries(value.matrix).map(
      ([name, one]) => ["matrix", name, { ...one, token: undefined }] as const,
    ),
  ].find(([, , one]) => one.token !== undefined || one.proxy?.includes("@") === true);
  if (held === undefined) return [];
  const [section, name, one] = held;
  const open = await openToOthers(options.file, options.env);
  const key = one.token !== undefined ? "token" : "proxy";
  return open === null ? [] : [{ severity: "error", path: [section, name, key], what: open }];
}

type Checked = { readonly findings: readonly Finding[]; readonly config: Config | null };

async function check(yaml: YamlFile, file: string, options: LoadOptions): Promise<Checked> {
  const base = path.dirname(file);
  const parsed = Schema.safeParse(yaml.value);
  const loose = loosely(yaml.value);
  const secrets = await readSecrets(loose, base, options.env, options.secrets !== false);
  const place = (told: Told): Finding => ({
    severity: told.severity,
    place: yaml.place(told.path),
    what: told.what,
  });
  const schema = once(
    fromIssues(parsed.error?.issues ?? [], yaml.value).map((told) => place({ ...told, severity: "error" })),
  );
  const others = [
    ...crossChecks(loose, base, options.keyInDataAllowed === true),
    ...secrets.told,
    ...(await inlineSecrets(loose, options)),
  ];
  const findings = gather(schema, others.map(place));
  const fine = parsed.success && !findings.some((finding) => finding.severity === "error");
  const built = (written: Written): Config =>
    build({
      file,
      written,
      secrets: secrets.bySource,
      accounts: secrets.byAccount,
      bots: secrets.byBot,
      notices: secrets.notices,
    });
  return { findings, config: fine ? built(parsed.data) : null };
}

/** Reads the configuration, the secrets it names and the environment. Never throws for what stands in them. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const file = path.resolve(options.file);
  const outside = options.lang ?? langOf(options.env);
  const failed = (lang: Lang, findings: readonly Finding[]): LoadResult => ({
    ok: false,
    lang,
    errors: findings.filter((finding) => finding.severity === "error"),
    warnings: findings.filter((finding) => finding.severity === "warning"),
  });
  const read = await readText(file);
  if ("what" in read)
    return failed(outside, [
      { severity: "error", place: { file: options.file, line: null, key: null }, what: read.what },
    ]);
  const parsed = readYaml(read.text, options.file);
  const lang = options.lang ?? writtenLang(read.text) ?? langOf(options.env);
  if (!parsed.ok) return failed(lang, parsed.findings);
  const { findings, config } = await check(parsed.yaml, file, options);
  return config === null ? failed(lang, findings) : { ok: true, lang, config, warnings: findings };
}
