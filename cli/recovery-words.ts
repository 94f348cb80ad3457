import { wordlist } from "@scure/bip39/wordlists/english.js";
import { recoverySeed } from "../bridge/seal/recovery.ts";
import { nearest } from "../config/nearest.ts";
import type { CodeWords } from "./texts/shape-code.ts";

/** The words of what a person typed, however they were written down: with numbers, commas or line breaks. */
export const typedWords = (typed: string): readonly string[] =>
  typed
    .normalize("NFKC")
    .toLowerCase()
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^\d+[.)]*/, ""))
    .filter((word) => word !== "");

/** What is wrong with a typed recovery code, in words; null: nothing. */
export function wrongWithCode(
  typed: string,
  say: Pick<CodeWords, "codeLength" | "codeWord" | "codeChecksum">,
): string | null {
  const words = typedWords(typed);
  if (words.length !== 24) return say.codeLength(words.length);
  const place = words.findIndex((word) => !wordlist.includes(word));
  const word = words[place];
  if (word !== undefined) return say.codeWord(place + 1, word.slice(0, 20), nearest(word, wordlist));
  return seedOf(typed) === null ? say.codeChecksum : null;
}

/** The seed of a typed recovery code; null when something is wrong with it. */
export const seedOf = (typed: string): Uint8Array | null => recoverySeed(typedWords(typed).join(" "));

/** The words as a table with numbers, to be read down the columns. */
export function wordTable(words: readonly string[]): string {
  const columns = 3;
  const rows = Math.ceil(words.length / columns);
  const width = Math.max(...words.map((word) => word.length));
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const at = column * rows + row;
      return `${String(at + 1).padStart(2)}. ${(words[at] ?? "").padEnd(width)}`;
    })
      .join("    ")
      .trimEnd(),
  ).join("\n");
}
