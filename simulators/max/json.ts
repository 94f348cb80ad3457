import { z } from "zod";

/** JSON whose integers may exceed 2^53: those are bigints. `undefined` members are left out when written. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

/** Decodes any JSON value as {@link parseJson} gives it. */
export const Json: z.ZodType<Json> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.bigint(),
    z.string(),
    z.array(Json),
    z.record(z.string(), Json),
  ]),
);
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), Json);

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Writes JSON; a bigint becomes an exact integer, which JSON.stringify cannot do. */
export function writeJson(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${writeJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

/** Reads JSON; an integer that a double cannot hold becomes a bigint. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? "";
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}
