import type { MarkKind, ViewMark } from "../view.ts";

export interface Run {
  readonly text: string;
  readonly kinds: readonly MarkKind[];
  /** An address that may be followed, or null. */
  readonly href: string | null;
  /** Where it leads, in words that the text cannot fake: the host, or the mail address. */
  readonly where: string;
}

/** https and mailto only, without a user name before the host; anything else leads nowhere. */
export function safeLink(url: string | undefined): { readonly href: string; readonly where: string } | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  if (parsed.protocol === "https:" && parsed.username === "" && parsed.password === "")
    return { href: parsed.href, where: parsed.host };
  if (parsed.protocol === "mailto:") return { href: `mailto:${parsed.pathname}`, where: parsed.pathname };
  return null;
}

/** Splits a text at every boundary of its marks, so that overlapping marks become runs with all their kinds. */
export function runsOf(text: string, marks: readonly ViewMark[]): Run[] {
  const usable = marks
    .map((mark) => ({ ...mark, s: Math.max(0, mark.s), e: Math.min(text.length, mark.e) }))
    .filter((mark) => mark.s < mark.e);
  const cuts = [...new Set([0, text.length, ...usable.flatMap((mark) => [mark.s, mark.e])])].sort(
    (a, b) => a - b,
  );
  const runs: Run[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const from = cuts[i] ?? 0;
    const to = cuts[i + 1] ?? 0;
    const over = usable.filter((mark) => mark.s <= from && mark.e >= to);
    const link = safeLink(over.find((mark) => mark.m === "link")?.url);
    const kinds = [...new Set(over.map((mark) => mark.m))].filter((kind) => kind !== "link").sort();
    runs.push({ text: text.slice(from, to), kinds, href: link?.href ?? null, where: link?.where ?? "" });
  }
  return runs;
}
