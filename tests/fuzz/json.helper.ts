import { mutateText } from "./bytes.helper.ts";
import type { Dice } from "./dice.helper.ts";

export type Group = Readonly<Record<string, unknown>>;
export const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Stands for what no JSON value can hold: a number as it is spelled, or so many levels. {@link spelled} puts it in. */
const raw = (text: string): string => `#raw:${text}#`;
const deep = (levels: number, kind: "list" | "group"): string => `#deep:${kind}:${levels}#`;

const numbers = [
  "0",
  "-0",
  "-1",
  "1e999",
  "-1e999",
  "1e-999",
  "0.5",
  "-0.5",
  "9007199254740991",
  "9007199254740993",
  "116329890167999364",
  "-99999999999999999999999999",
  "1e21",
  "4294967296",
  "8640000000000001",
  "2147483648",
] as const;

const texts = [
  "",
  " ",
  "\ud800",
  "a\udc00b",
  "\ud83d",
  "\u0000",
  "\ufeff",
  "\u202egpj.exe",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "116329890167999364",
  "-70801090403050",
  "https://user:secret@media.example/x",
  "javascript:alert(1)",
  "data:text/html,x",
  "2026-02-30",
  "null",
] as const;

/** A value where nobody expects it. */
function weird(dice: Dice): unknown {
  switch (dice.below(10)) {
    case 0:
      return null;
    case 1:
      return dice.once(2);
    case 2:
    case 3:
      return raw(dice.pick(numbers));
    case 4:
      return dice.pick(texts).repeat(dice.once(30) ? 5_000 : 1);
    case 5:
      return [];
    case 6:
      return {};
    case 7:
      return deep(dice.once(20) ? 20_000 : dice.below(200), dice.pick(["list", "group"]));
    case 8:
      return dice.below(2 ** 31) - 2 ** 30;
    default:
      return dice.pick(texts);
  }
}

const sizeOf = (value: unknown): number =>
  1 +
  (Array.isArray(value)
    ? value.reduce((sum: number, item: unknown) => sum + sizeOf(item), 0)
    : isGroup(value)
      ? Object.values(value).reduce((sum: number, item) => sum + sizeOf(item), 0)
      : 0);

/** The `n`th value of a tree, counted from the root; and the tree with that value replaced. */
function at(tree: unknown, n: number, change: (value: unknown) => unknown): unknown {
  let left = n;
  const walk = (value: unknown): unknown => {
    if (left-- === 0) return change(value);
    if (left < 0) return value;
    if (Array.isArray(value)) return value.map(walk);
    if (isGroup(value))
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
    return value;
  };
  return walk(tree);
}

const strangeKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "",
  "toJSON",
  "then",
  "length",
  "Text",
  "\ud800",
];

function changed(dice: Dice, value: unknown, other: () => unknown): unknown {
  if (dice.once(4)) return weird(dice);
  if (dice.once(6)) return other();
  if (typeof value === "string") return dice.once(8) ? [value] : mutateText(dice, value);
  if (typeof value === "number")
    return dice.pick([
      value + 1,
      -value,
      value * 2 ** 20,
      value / 3,
      String(value),
      raw(`${value}e${dice.below(400)}`),
    ]);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const some = items.length === 0 ? weird(dice) : dice.pick([...items, null]);
    switch (dice.below(4)) {
      case 0:
        return items.filter(() => !dice.once(3));
      case 1:
        return [...items, ...Array.from({ length: dice.once(200) ? 10_000 : dice.below(20) }, () => some)];
      case 2:
        return [...items, other()];
      default:
        return items.toReversed();
    }
  }
  if (isGroup(value)) {
    const entries = Object.entries(value);
    switch (dice.below(3)) {
      case 0:
        return Object.fromEntries(entries.filter(() => !dice.once(4)));
      case 1:
        return Object.fromEntries([
          ...entries,
          [dice.pick(strangeKeys), dice.once(2) ? weird(dice) : other()],
        ]);
      default:
        return entries.map(([, inner]) => inner);
    }
  }
  return weird(dice);
}

/** A JSON value with a few of its parts changed, dropped, doubled, moved, or of another type. */
export function mutateJson(dice: Dice, value: unknown): unknown {
  let out = value;
  for (let n = dice.below(4); n >= 0; n--) {
    const size = sizeOf(out);
    const other = (): unknown => {
      let found: unknown = null;
      at(out, dice.below(size), (v) => {
        found = v;
        return v;
      });
      return found;
    };
    out = at(out, dice.below(size), (v) => changed(dice, v, other));
  }
  return out;
}

/** So many levels are put into one text, however often a mutation doubled what stands for them. */
const DEEPEST = 1_000_000;

/** The text of a mutated value, with what {@link mutateJson} only hinted at put in. */
export function spelled(text: string): string {
  let left = DEEPEST;
  return text
    .replaceAll(/"#raw:([^"#]*)#"/g, "$1")
    .replaceAll(/"#deep:(list|group):(\d+)#"/g, (_, kind: string, written: string) => {
      // A mutation may have reached the number itself: an input stays smaller than the thread that makes it.
      const levels = Math.min(left, Number(written));
      left -= levels;
      return kind === "list"
        ? "[".repeat(levels) + "]".repeat(levels)
        : `${'{"a":'.repeat(levels)}0${"}".repeat(levels)}`;
    });
}
