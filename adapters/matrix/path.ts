/** A path of the homeserver's API: what is put in is percent-encoded, so that no id can reach out of its place. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((made, part, i) => made + encodeURIComponent(values[i - 1] ?? "") + part);
}
