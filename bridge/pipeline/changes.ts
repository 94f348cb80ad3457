import type { RichText } from "../model/rich-text.ts";
import { type Fact, facts } from "./facts.ts";

/** What one place of a text had and has now; either may be nothing. */
interface Change {
  readonly from: string | null;
  readonly to: string | null;
}

/** Beyond this many facts the comparison is by place alone: no announcement has so many. */
const MOST = 500;

const same = (a: Fact | undefined, b: Fact | undefined): boolean =>
  a !== undefined && b !== undefined && a.kind === b.kind && a.key === b.key;

/** What stands between the facts that both sides have in the same order (their longest common run). */
function differences(before: readonly Fact[], after: readonly Fact[]): readonly Change[] {
  const a = before.slice(0, MOST);
  const b = after.slice(0, MOST);
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = same(a[i], b[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const changes: Change[] = [];
  let gone: Fact[] = [];
  let come: Fact[] = [];
  const close = (): void => {
    changes.push(...paired(gone, come));
    gone = [];
    come = [];
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [was, is] = [a[i], b[j]];
    if (same(was, is)) {
      close();
      i++;
      j++;
    } else if (was !== undefined && (is === undefined || at(i + 1, j) >= at(i, j + 1))) {
      gone.push(was);
      i++;
    } else if (is !== undefined) {
      come.push(is);
      j++;
    }
  }
  close();
  const placed = byPlace(a, b);
  return placed !== null && placed.length <= changes.length ? placed : changes;
}

/** Where both sides have as many facts of the same kinds: each against the one in its place, as in two swapped dates. */
function byPlace(a: readonly Fact[], b: readonly Fact[]): readonly Change[] | null {
  if (a.length !== b.length || a.some((fact, i) => fact.kind !== b[i]?.kind)) return null;
  return a.flatMap((fact, i): Change[] => {
    const other = b[i];
    return other === undefined || same(fact, other) ? [] : [{ from: fact.shown, to: other.shown }];
  });
}

/** What went and what came in one place, each with the first of its kind. */
function paired(gone: readonly Fact[], come: readonly Fact[]): readonly Change[] {
  const left = [...come];
  const changes = gone.map((fact): Change => {
    const index = left.findIndex((other) => other.kind === fact.kind);
    const [other] = index < 0 ? [] : left.splice(index, 1);
    return { from: fact.shown, to: other?.shown ?? null };
  });
  return [...changes, ...left.map((fact): Change => ({ from: null, to: fact.shown }))];
}

/** Equal for two texts exactly when nothing changed that students must be told of. */
export const factsKey = (rich: RichText): string =>
  JSON.stringify(facts(rich).map(({ kind, key }) => [kind, key]));

/** Whether an edit changed a digit, a weekday, a month, a room or a link: what students must be told of. */
export const significant = (before: RichText, after: RichText): boolean =>
  factsKey(before) !== factsKey(after);

const LONGEST = 200;
const words = {
  ru: {
    changed: "Изменено:",
    added: "добавлено",
    removed: "убрано",
    see: "Объявление изменено: посмотрите, что именно.",
    unknown:
      "В объявлении изменились числа, дни, место или ссылки. Что именно, показать нельзя: прежний текст уже не хранится.",
  },
  en: {
    changed: "Changed:",
    added: "added",
    removed: "removed",
    see: "The announcement was changed: look what exactly.",
    unknown:
      "Numbers, days, a place or links in the announcement were changed. What exactly cannot be shown: the text before is no longer kept.",
  },
} as const;

/** One short line that says what changed, like "Изменено: 12 июня → 14 июня; ауд. 305 → ауд. 412". */
export function changeLine(before: RichText, after: RichText, lang: "ru" | "en"): string {
  const say = words[lang];
  const all = differences(facts(before), facts(after)).map(({ from, to }) => {
    if (from === null) return `${say.added} ${to}`;
    return to === null ? `${say.removed} ${from}` : `${from} → ${to}`;
  });
  const told = all.map((one) => one.replaceAll(/\s+/gu, " "));
  let line: string = say.changed;
  for (const [i, one] of told.entries()) {
    const longer = `${line}${i === 0 ? " " : "; "}${one}`;
    const room = i === told.length - 1 ? LONGEST : LONGEST - 3;
    if (longer.length > room) return i === 0 ? say.see : `${line}; …`;
    line = longer;
  }
  return told.length === 0 ? say.see : line;
}

/** The line of a change whose text before is no longer there. */
export const unknownChangeLine = (lang: "ru" | "en"): string => words[lang].unknown;
