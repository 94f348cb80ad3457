import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { type Finding, keyText, type Path, type Place, type What } from "./findings.ts";
import { yamlTroubles } from "./texts-shape.ts";

/** A parsed file: its plain value, and where each key stands in it. */
export interface YamlFile {
  /** Plain data. Integers beyond 2^53 are text, so that none is rounded; keys without a value are left out. */
  readonly value: unknown;
  /** Where `path` stands; for what is not there, the nearest group around it. */
  place(path: Path): Place;
}

export type YamlResult =
  | { readonly ok: true; readonly yaml: YamlFile }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Lossless integers as plain values, and no empty keys: `vault:` with nothing under it is as if not written. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

/** The line of the deepest key of `path` that the document holds. */
function lineOf(root: unknown, path: Path, lines: LineCounter): number | null {
  let node = root;
  let offset: number | null = null;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node) && typeof part === "number") {
      const item = node.items[part];
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset === null ? null : lines.linePos(offset).line;
}

function read(document: Document): { readonly value: unknown } | null {
  try {
    return { value: plain(document.toJS()) };
  } catch {
    // An alias that leads nowhere, or so many that the file would swell.
    return null;
  }
}

/** The line of the first alias that leads nowhere; null when all lead somewhere and there are only too many. */
function aliasLine(document: Document, lines: LineCounter): number | null {
  let line: number | null = null;
  // Not by the library's `resolve`, which goes through the whole document for each alias.
  const anchors = new Set<string>();
  visit(document, {
    Node(_key, node) {
      if ("anchor" in node && node.anchor !== undefined) anchors.add(node.anchor);
    },
    Alias(_key, alias) {
      if (anchors.has(alias.source) || alias.range == null) return undefined;
      line = lines.linePos(alias.range[0]).line;
      return visit.BREAK;
    },
  });
  return line;
}

/** The line of the first key that is a group or a list itself: no setting is, and writing such out takes for ever. */
function keyOfKeys(document: Document, lines: LineCounter): number | null {
  let line: number | null = null;
  visit(document, {
    Pair(_key, { key }) {
      if (!isNode(key) || isScalar(key)) return undefined;
      line = lines.linePos(key.range?.[0] ?? 0).line;
      return visit.BREAK;
    },
  });
  return line;
}

/**
 * The same mistake is told once for a line, however often it is made there; what has no words of its own is left out
 * where another mistake of the line has some.
 */
function onceALine(errors: readonly { readonly kind: string; readonly line: number }[]): typeof errors {
  const known = (kind: string) => yamlTroubles.some((trouble) => trouble === kind);
  const named = errors.filter(({ kind }) => known(kind));
  const others = errors.filter((e) => !known(e.kind) && !named.some(({ line }) => line === e.line));
  const told = new Map([...named, ...others].map((e) => [`${e.line} ${known(e.kind) ? e.kind : ""}`, e]));
  return [...told.values()].toSorted((a, b) => a.line - b.line);
}

/** null: nested so deep that the parser gives up. */
function parsed(text: string, lines: LineCounter): Document | null {
  try {
    return parseDocument(text, { lineCounter: lines, intAsBigInt: true, prettyErrors: false });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Reads YAML 1.2. All syntax errors at once. `file` is only named in findings. */
export function readYaml(text: string, file: string): YamlResult {
  const lines = new LineCounter();
  const broken = (kind: string, line: number | null): Finding => ({
    severity: "error",
    place: { file, line, key: null },
    what: { code: "yaml_broken", kind } satisfies What,
  });
  const document = parsed(text, lines);
  if (document === null) return { ok: false, findings: [broken("RESOURCE_EXHAUSTION", null)] };
  if (document.errors.length > 0)
    return {
      ok: false,
      findings: onceALine(
        document.errors.map(({ code, pos }) => ({ kind: code, line: lines.linePos(pos[0]).line })),
      ).map(({ kind, line }) => broken(kind, line)),
    };
  const odd = keyOfKeys(document, lines);
  if (odd !== null) return { ok: false, findings: [broken("KEY_OF_KEYS", odd)] };
  const content = read(document);
  if (content === null) return { ok: false, findings: [broken("BAD_ALIAS", aliasLine(document, lines))] };
  return {
    ok: true,
    yaml: {
      value: content.value,
      place: (path) => ({ file, line: lineOf(document.contents, path, lines), key: keyText(path) }),
    },
  };
}
