import { isDeepStrictEqual } from "node:util";
import { type Document, isCollection, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import type { Path } from "./findings.ts";

/** What may be written: a value, or a group of values. */
export type Settable = string | number | boolean | { readonly [key: string]: string | number | boolean };

/** One change of a settings file. */
export type Change =
  /** Sets a key, of a group that is there or is made; null takes it away. */
  | { readonly kind: "set"; readonly path: Path; readonly value: Settable | null }
  /** Adds a word to a list that is there. */
  | { readonly kind: "add"; readonly path: Path; readonly value: string };

const parse = (text: string): Document => parseDocument(text, { intAsBigInt: true, prettyErrors: false });

/**
 * The text of a settings file with `changes` made, one after another. All else stays as it was, comments and switched
 * off lines included; only where the file's layout does not allow that it is written anew, comments kept. null: the
 * file is broken, or a place that is to be changed is not there.
 */
export function edited(text: string, changes: readonly Change[]): string | null {
  let now = text;
  for (const change of changes) {
    const next = one(now, change);
    if (next === null) return null;
    now = next;
  }
  return now;
}

function one(text: string, change: Change): string | null {
  const document = parse(text);
  if (document.errors.length > 0) return null;
  if (change.kind === "add" && !isSeq(document.getIn(change.path))) return null;
  const wanted = parse(text);
  try {
    if (change.kind === "add") wanted.addIn(change.path, change.value);
    else if (change.value === null) wanted.deleteIn(change.path);
    else {
      const [top] = change.path;
      // A group with nothing in it yet.
      if (change.path.length > 1 && wanted.get(top) == null) wanted.set(top, wanted.createNode({}));
      wanted.setIn(change.path, wanted.createNode(change.value));
    }
  } catch {
    // A value stands where a group should.
    return null;
  }
  const right = (made: string): boolean => {
    const read = parse(made);
    return read.errors.length === 0 && isDeepStrictEqual(contentOf(read), contentOf(wanted));
  };
  const quiet = change.kind === "add" ? added(text, document, change) : set(text, document, change);
  if (quiet !== null && right(quiet)) return quiet;
  const whole = wanted.toString({ lineWidth: 0 });
  return right(whole) ? whole : null;
}

/** Plain data, integers of both kinds alike. */
const contentOf = (document: Document): unknown =>
  JSON.parse(
    JSON.stringify(document.toJS(), (_key, value) =>
      typeof value === "bigint" || Number.isInteger(value) ? `integer ${value}` : value,
    ) ?? "null",
  );

const eolOf = (text: string): string => (text.includes("\r\n") ? "\r\n" : "\n");
const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;
/** Where the line after that of `at` begins; of the last line, its end. */
function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}
const insert = (text: string, at: number, what: string): string => text.slice(0, at) + what + text.slice(at);

/** Lines put in where a line begins. */
function lines(text: string, at: number, what: readonly string[]): string {
  const eol = eolOf(text);
  const before = at > 0 && text[at - 1] !== "\n" ? eol : "";
  return insert(text, at, before + what.map((line) => line + eol).join(""));
}

const scalar = (value: string | number | boolean): string =>
  typeof value === "string" && !/^[a-z][a-z0-9_-]*$/.test(value) ? JSON.stringify(value) : String(value);

function written(key: string, value: Settable, indent: string): readonly string[] {
  if (typeof value !== "object") return [`${indent}${key}: ${scalar(value)}`];
  const inner = Object.entries(value).map(([name, one]) => `${indent}  ${name}: ${scalar(one)}`);
  return [`${indent}${key}:`, ...inner];
}

interface Found {
  readonly key: Node;
  readonly value: unknown;
}

function pairOf(group: unknown, key: Path[number] | undefined): Found | null {
  if (!isMap(group)) return null;
  const pair = group.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair !== undefined && isScalar(pair.key) ? { key: pair.key, value: pair.value } : null;
}

function set(text: string, document: Document, change: Extract<Change, { kind: "set" }>): string | null {
  const { path, value } = change;
  const key = String(path.at(-1));
  const above = path.slice(0, -1);
  const group = above.length === 0 ? document.contents : document.getIn(above, true);
  const known = pairOf(group, key);
  if (known !== null) {
    const at = isScalar(known.value) ? known.value.range : undefined;
    if (at == null) return null;
    if (value !== null)
      return typeof value === "object" ? null : text.slice(0, at[0]) + scalar(value) + text.slice(at[1]);
    const from = lineStart(text, known.key.range?.[0] ?? 0);
    return text.slice(0, from) + text.slice(nextLine(text, at[1]));
  }
  if (value === null) return text;
  // A group without a value, or none at all.
  if (!isMap(group)) return above.length === 1 ? firstOf(text, document, above, key, value) : null;
  const first = group.items[0]?.key;
  if (group.flow === true || !isScalar(first)) return null;
  const start = first.range?.[0] ?? 0;
  const indent = " ".repeat(start - lineStart(text, start));
  // Below the group's own key: what is switched off further down stays with what it belongs to.
  const owner = above.length === 0 ? null : keyOf(document, above);
  return lines(text, owner === null ? text.length : nextLine(text, owner), written(key, value, indent));
}

/** The first key of a group at the top. */
function firstOf(text: string, document: Document, above: Path, key: string, value: Settable): string {
  const owner = keyOf(document, above);
  const inner = written(key, value, "  ");
  return owner === null
    ? lines(text, text.length, [`${String(above[0])}:`, ...inner])
    : lines(text, nextLine(text, owner), inner);
}

/** Where the key that a path ends with stands; null: nowhere. */
function keyOf(document: Document, path: Path): number | null {
  const above = path.slice(0, -1);
  const group = above.length === 0 ? document.contents : document.getIn(above, true);
  return pairOf(group, path.at(-1))?.key.range?.[0] ?? null;
}

function added(text: string, document: Document, change: Extract<Change, { kind: "add" }>): string | null {
  const list = document.getIn(change.path, true);
  if (!isSeq<Node>(list)) return null;
  const word = scalar(change.value);
  const last = list.items.at(-1);
  if (list.flow === true)
    return isScalar(last) && last.range != null ? insert(text, last.range[1], `, ${word}`) : null;
  if (last === undefined || isCollection(last) || last.range == null) return null;
  const at = lineStart(text, last.range[0]);
  const dash = /^ *- */.exec(text.slice(at))?.[0];
  return dash === undefined ? null : lines(text, nextLine(text, last.range[1]), [`${dash}${word}`]);
}
