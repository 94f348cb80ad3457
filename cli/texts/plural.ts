/** The form for a count: Russian has three (`one` 1, 21; `few` 2–4; `many` 5–20), English two (`many` for `other`). */
export function plural(
  lang: "ru" | "en",
  count: number,
  forms: { readonly one: string; readonly few?: string; readonly many: string },
): string {
  const rule = new Intl.PluralRules(lang).select(count);
  const form = rule === "one" ? forms.one : rule === "few" ? (forms.few ?? forms.many) : forms.many;
  return `${count} ${form}`;
}

/** The two largest units of a duration. */
export function spanOf(
  ms: number,
  unit: (name: "day" | "hour" | "minute" | "second", n: number) => string,
): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: [Parameters<typeof unit>[0], number][] = [
    ["day", Math.floor(seconds / 86400)],
    ["hour", Math.floor((seconds % 86400) / 3600)],
    ["minute", Math.floor((seconds % 3600) / 60)],
    ["second", seconds % 60],
  ];
  const first = parts.findIndex(([, n]) => n > 0);
  if (first === -1) return unit("second", 0);
  return parts
    .slice(first, first + (first === 2 ? 1 : 2))
    .filter(([, n]) => n > 0)
    .map(([name, n]) => unit(name, n))
    .join(" ");
}
