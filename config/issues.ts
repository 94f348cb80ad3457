import { z } from "zod";
import type { Path, What } from "./findings.ts";
import { type Hint, hintOf } from "./hints.ts";
import { nearest } from "./nearest.ts";
import { Schema } from "./schema.ts";

/** zod's issues as findings: our own words, our own hints, and never the value of a key that may be secret. */

const Shape = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  oneOf: z.array(z.unknown()).optional(),
});
const Kind = z.looseObject({ properties: z.looseObject({ type: z.looseObject({ const: z.string() }) }) });

const Group = z.record(z.string(), z.unknown());

/** Of several kinds of group the one that the value says it is. */
function ofKind(shape: unknown, value: unknown): unknown {
  const kinds = Shape.safeParse(shape).data?.oneOf;
  const type = Group.safeParse(value).data?.type;
  return kinds?.find((kind) => Kind.safeParse(kind).data?.properties.type.const === type) ?? shape;
}

/** The keys that the schema knows under `path`. */
function knownKeys(path: Path, root: unknown): readonly string[] {
  let at: unknown = z.toJSONSchema(Schema, { io: "input" });
  for (const [depth, part] of path.entries()) {
    const shape = Shape.safeParse(at);
    if (!shape.success) return [];
    const next =
      typeof part === "number"
        ? shape.data.items
        : (shape.data.properties?.[part] ?? shape.data.additionalProperties);
    at = ofKind(next, valueAt(root, path.slice(0, depth + 1)));
  }
  return Object.keys(Shape.safeParse(at).data?.properties ?? {});
}

function valueAt(root: unknown, path: Path): unknown {
  let at = root;
  for (const part of path) {
    if (typeof part === "number") at = Array.isArray(at) ? at[part] : undefined;
    else at = Group.safeParse(at).data?.[part];
  }
  return at;
}

const secretKeys = new Set(["token", "proxy", "webhook"]);

function found(value: unknown, path: Path): string | null {
  if (path.some((part) => secretKeys.has(String(part)))) return null;
  const simple = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return simple ? String(value).slice(0, 60) : null;
}

/** Whether a name of a source, a room, an account, a bot or a mapping stands at `path`. */
function isName(path: Path): boolean {
  return (
    (path[0] === "rooms" && (path[2] === "account" || path.at(-1) === "bot")) ||
    (path[0] === "mappings" &&
      (path[2] === "name" || path[2] === "source" || (path[2] === "rooms" && path.length === 4)))
  );
}

/** Of several forms that a value may have, the one that was tried has the most to say. */
function closest(issue: z.core.$ZodIssue): Hint | null {
  const own = hintOf(issue.message);
  if (issue.code !== "invalid_union") return own;
  const inner = issue.errors.flat().map((nested) => hintOf(nested.message));
  return inner.find((hint) => hint !== null && hint !== own) ?? own;
}

interface Told {
  readonly path: Path;
  readonly what: What;
}

function tell(issue: z.core.$ZodIssue, root: unknown): readonly Told[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path, root);
    return issue.keys.map((key) => ({
      path: [...path, key],
      what: { code: "unknown_key", nearest: nearest(key, known), known },
    }));
  }
  const value = valueAt(root, path);
  const one = (what: What): readonly Told[] => [{ path, what }];
  if (issue.code === "invalid_key") return one({ code: "bad_name", found: String(path.at(-1)) });
  if (value === undefined) return one({ code: "missing" });
  const kinds = issue.code === "invalid_union" && "options" in issue ? issue.options : undefined;
  if (kinds !== undefined && kinds.length > 0)
    return one({ code: "not_one_of", allowed: kinds.map(String), found: found(value, path) });
  const hint = closest(issue);
  if (hint !== null) return one({ code: "bad_value", hint, found: found(value, path) });
  if (isName(path)) return one({ code: "bad_name", found: found(value, path) ?? "" });
  if (issue.code === "invalid_value")
    return one({ code: "not_one_of", allowed: issue.values.map(String), found: found(value, path) });
  return one({ code: "bad_value", hint: path.length === 0 ? "group" : "text", found: found(value, path) });
}

/** One entry for each thing wrong, in the order of the file's schema. */
export function fromIssues(issues: readonly z.core.$ZodIssue[], root: unknown): readonly Told[] {
  return issues.flatMap((issue) => tell(issue, root));
}
