/** Reads what this project's Dockerfile and .dockerignore use of their languages, and refuses the rest. */

export type Step =
  | { readonly kind: "workdir"; readonly to: string }
  | {
      readonly kind: "copy";
      /** Name of the stage it comes from; null: the build's context. */
      readonly from: string | null;
      readonly sources: readonly string[];
      readonly to: string;
      /** As `--chown` names it; null: root. */
      readonly owner: string | null;
    }
  | { readonly kind: "run"; readonly command: string }
  | { readonly kind: "env"; readonly name: string; readonly value: string }
  | { readonly kind: "user"; readonly user: string }
  | { readonly kind: "entrypoint" | "cmd" | "healthcheck" | "volume"; readonly words: readonly string[] }
  | { readonly kind: "label" | "expose"; readonly text: string };

export interface Stage {
  readonly base: string;
  /** What `AS` calls it; null for the last one. */
  readonly name: string | null;
  readonly steps: readonly Step[];
}

/** @throws at an instruction or a form of one that this project does not use */
export function readDockerfile(text: string): readonly Stage[] {
  const stages: (Stage & { steps: Step[] })[] = [];
  const lines = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n/g, " ");
  for (const line of lines.split("\n").map((l) => l.trim())) {
    if (line === "") continue;
    const [, word = "", rest = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (word === "FROM") {
      const [, base, name] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      if (base === undefined) throw new Error(`not understood: ${line}`);
      stages.push({ base, name: name ?? null, steps: [] });
      continue;
    }
    const step = stepOf(word, rest);
    if (step === null) throw new Error(`not understood: ${line}`);
    stages.at(-1)?.steps.push(step);
  }
  return stages;
}

function stepOf(word: string, rest: string): Step | null {
  switch (word) {
    case "WORKDIR":
      return { kind: "workdir", to: rest };
    case "RUN":
      // Options and the form with brackets would need what we do not have: an engine.
      return /^(--|\[)/.test(rest) ? null : { kind: "run", command: rest };
    case "USER":
      return { kind: "user", user: rest };
    case "ENV": {
      const [, name, value] = /^([A-Z_]+)=(\S+)$/.exec(rest) ?? [];
      return name === undefined || value === undefined ? null : { kind: "env", name, value };
    }
    case "COPY":
      return copyOf(rest.split(/ +/));
    case "ENTRYPOINT":
      return listOf("entrypoint", rest);
    case "CMD":
      return listOf("cmd", rest);
    case "VOLUME":
      return listOf("volume", rest);
    case "HEALTHCHECK":
      return listOf("healthcheck", rest.replace(/^(?:--\S+ +)*CMD +/, ""));
    case "LABEL":
      return { kind: "label", text: rest };
    case "EXPOSE":
      return { kind: "expose", text: rest };
    default:
      return null;
  }
}

function copyOf(words: readonly string[]): Step | null {
  const option = (name: string): string | null =>
    words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
  const known = words.filter((word) => word.startsWith("--")).every((word) => /^--(from|chown)=/.test(word));
  const paths = words.filter((word) => !word.startsWith("--"));
  const to = paths.at(-1);
  if (!known || to === undefined || paths.length < 2) return null;
  return { kind: "copy", from: option("from"), sources: paths.slice(0, -1), to, owner: option("chown") };
}

function listOf(kind: "entrypoint" | "cmd" | "healthcheck" | "volume", rest: string): Step | null {
  if (!rest.startsWith("[")) return null;
  const words: unknown = JSON.parse(rest);
  return Array.isArray(words) ? { kind, words: words.map(String) } : null;
}

/** Which files of the context (relative paths, with slashes) a .dockerignore lets through: its last match decides. */
export function contextFilter(ignore: string): (file: string) => boolean {
  const rules = ignore
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ through: line.startsWith("!"), pattern: globOf(line.replace(/^!/, "")) }));
  return (file) => {
    const parts = file.split("/");
    const above = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
    const last = rules.findLast(({ pattern }) => above.some((part) => pattern.test(part)));
    return last?.through ?? true;
  };
}

/** `*` is any part of a name, a leading dot too; `**` and a slash are any folders or none. */
const globOf = (pattern: string): RegExp => {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll(/\*\*\/|\*/g, (star) => (star === "*" ? "[^/]*" : "(?:.*/)?"))}$`);
};
