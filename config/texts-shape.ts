import type { Lang } from "./config.ts";
import type { What } from "./findings.ts";
import type { Hint } from "./hints.ts";

type Plain = Exclude<What, { code: "bad_value" | "yaml_broken" }>;

/** What each language must say: what is wrong, and what to do. The compiler sees that none is left out. */
export interface Texts {
  readonly hints: Readonly<Record<Hint, string>>;
  readonly yaml: Readonly<Record<YamlTrouble, string>>;
  readonly what: { readonly [C in Plain["code"]]: (what: Plain & { readonly code: C }) => string };
}

/** The kinds of broken YAML that have words of their own. */
export const yamlTroubles = [
  "DUPLICATE_KEY",
  "TAB_AS_INDENT",
  "BAD_INDENT",
  "BAD_ALIAS",
  "MULTIPLE_DOCS",
  "KEY_OF_KEYS",
  "RESOURCE_EXHAUSTION",
] as const;
export type YamlTrouble = (typeof yamlTroubles)[number] | "other";

/** The value found, as the start of a sentence; nothing when it may not be shown. */
export function quoted(found: string | null, lang: Lang): string {
  if (found === null) return "";
  return lang === "ru" ? `«${found}» не подходит. ` : `"${found}" does not fit. `;
}
