import type { Lang } from "./config.ts";
import type { Finding, What } from "./findings.ts";
import { en } from "./texts-en.ts";
import { ru } from "./texts-ru.ts";
import { quoted, type Texts, yamlTroubles } from "./texts-shape.ts";

const languages = { ru, en } satisfies Record<Lang, Texts>;

function say<C extends keyof Texts["what"]>(texts: Texts, what: What & { readonly code: C }): string {
  return texts.what[what.code](what);
}

function words(what: What, lang: Lang): string {
  const texts = languages[lang];
  if (what.code === "bad_value") return quoted(what.found, lang) + texts.hints[what.hint];
  if (what.code === "yaml_broken")
    return texts.yaml[yamlTroubles.find((known) => known === what.kind) ?? "other"];
  return say(texts, what);
}

/** One line for one finding: `postern.yaml:12: rooms.faculty.history: …`. */
export function describe(finding: Finding, lang: Lang): string {
  const { file, line, key } = finding.place;
  const place = line === null ? file : `${file}:${line}`;
  return `${place}: ${key === null ? "" : `${key}: `}${words(finding.what, lang)}`;
}
