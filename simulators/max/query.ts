import type { Asked } from "./answer.ts";

/** An integer parameter within bounds; `missing` where it is not given, null where it is no such integer. */
export function integer(
  asked: Asked,
  name: string,
  bounds: { missing: number; min: number; max: number },
): number | null {
  const text = asked.query.get(name);
  if (text === null || text === "") return bounds.missing;
  const value = /^-?\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
  return value >= bounds.min && value <= bounds.max ? value : null;
}

/** A comma-separated parameter; null where it is not given. */
export function list(asked: Asked, name: string): readonly string[] | null {
  const text = asked.query.get(name);
  return text === null || text === "" ? null : text.split(",").filter((part) => part !== "");
}
