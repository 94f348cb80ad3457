/**
 * JSON in which whole numbers beyond 2^53 come as text, digit for digit: MAX's ids and sequence numbers would
 * otherwise be rounded. Throws SyntaxError for what is no JSON, and nothing else.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(
      text,
      (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
        typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
          ? context?.source
          : value,
    );
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // A reviver goes as deep as the value: one that is nested beyond the stack must not hide what stands beside it.
    return JSON.parse(quoted(text));
  }
}

/** The same JSON with whole numbers beyond 2^53 in quotes. */
function quoted(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  let inText = false;
  for (const { 0: found, index } of text.matchAll(/\\.|"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs)) {
    if (found === '"') inText = !inText;
    else if (!inText && /^-?\d+$/.test(found) && !Number.isSafeInteger(Number(found))) {
      pieces.push(text.slice(from, index), '"', found, '"');
      from = index + found.length;
    }
  }
  return pieces.join("") + text.slice(from);
}
