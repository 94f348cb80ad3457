import { type Measured, verdictOf } from "./measured.ts";

/** What came of one measurement: its numbers, or why there are none. */
export type Result =
  | { readonly name: string; readonly made: readonly Measured[] }
  | { readonly name: string; readonly fault: string };

const number = ({ value, unit }: Measured): string =>
  unit === "×" ? `${value.toFixed(2)}×` : `${Math.round(value)} ${unit}`;

function aimOf({ aim, unit }: Measured): string {
  const [sign, limit] = "atLeast" in aim ? ["≥", aim.atLeast] : ["≤", aim.atMost];
  return `${sign} ${limit}${unit === "×" ? "×" : ` ${unit}`}`;
}

function verdict({ value, aim, printed }: Measured): string {
  const found = verdictOf(value, aim);
  return printed === true && found !== "ok" ? "missed" : found;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** One line for each number: what, the number, its aim, whether it is met, and what is behind it. */
export function table(results: readonly Result[]): string {
  return columns([
    ["measured", "is", "aim", "verdict", ""],
    ...results.flatMap((result) =>
      "fault" in result
        ? [[result.name, "-", "", "FAILED", result.fault]]
        : result.made.map((m) => [m.name, number(m), aimOf(m), verdict(m), m.detail]),
    ),
  ]);
}

/** What `--check` fails for: a number that misses its aim by more than a factor of two, or one that was not had. */
export const faults = (results: readonly Result[]): readonly string[] =>
  results.flatMap((result) =>
    "fault" in result
      ? [result.name]
      : result.made
          .filter((m) => m.printed !== true && verdictOf(m.value, m.aim) === "twice as bad")
          .map((m) => m.name),
  );
