export interface DiffPart {
  readonly kind: "same" | "gone" | "come";
  readonly text: string;
}

/** Above this many word pairs the middle is shown as replaced whole: an edit must not freeze a phone. */
const MOST_PAIRS = 400_000;

const wordsOf = (text: string): string[] =>
  // A time, a date or a number with its points is one word: of "9:00" and "11:00" nothing stays.
  text.match(/\p{N}+(?:[.:,]\p{N}+)+|[\p{L}\p{N}]+|\s+|[^\p{L}\p{N}\s]/gu) ?? [];

/** What changed from `was` to `now`, by words: the longest common run of words stays, the rest went or came. */
export function diffWords(was: string, now: string): DiffPart[] {
  const a = wordsOf(was);
  const b = wordsOf(now);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const parts: DiffPart[] = [];
  const add = (kind: DiffPart["kind"], text: string) => {
    const last = parts.at(-1);
    if (text === "") return;
    if (last?.kind === kind) parts[parts.length - 1] = { kind, text: last.text + text };
    else parts.push({ kind, text });
  };
  add("same", a.slice(0, start).join(""));
  middle(a.slice(start, a.length - end), b.slice(start, b.length - end), add);
  add("same", a.slice(a.length - end).join(""));
  return joined(parts);
}

/** Changes with nothing but spaces between them read better as one. */
function joined(parts: readonly DiffPart[]): DiffPart[] {
  const out: DiffPart[] = [];
  let gone = "";
  let come = "";
  const flush = () => {
    if (gone !== "") out.push({ kind: "gone", text: gone });
    if (come !== "") out.push({ kind: "come", text: come });
    gone = "";
    come = "";
  };
  parts.forEach((part, i) => {
    const between = gone !== "" && come !== "" && i + 1 < parts.length && /^\s+$/.test(part.text);
    if (part.kind === "gone") gone += part.text;
    else if (part.kind === "come") come += part.text;
    else if (between) {
      gone += part.text;
      come += part.text;
    } else {
      flush();
      out.push(part);
    }
  });
  flush();
  return out;
}

function middle(a: string[], b: string[], add: (kind: DiffPart["kind"], text: string) => void): void {
  if (a.length * b.length > MOST_PAIRS) {
    add("gone", a.join(""));
    add("come", b.join(""));
    return;
  }
  const wide = b.length + 1;
  // common[i * wide + j]: the longest common subsequence of a from i and b from j.
  const common = new Uint16Array((a.length + 1) * wide);
  const at = (i: number, j: number): number => common[i * wide + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * wide + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add("same", a[i] ?? "");
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) add("gone", a[i++] ?? "");
    else add("come", b[j++] ?? "");
  }
}
