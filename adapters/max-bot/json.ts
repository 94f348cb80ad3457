/**
 * JSON in which whole numbers beyond 2^53 come as text, digit for digit: MAX's ids and sequence numbers would
 * otherwise be rounded. Throws SyntaxError for what is no JSON.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? context?.source
      : value,
  );
}
