/** 16 beginnings and 16 endings: one byte is one syllable, two syllables are one word. */
const begin = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st"];
const end = ["a", "e", "i", "o", "u", "an", "en", "in", "on", "un", "ar", "er", "ir", "or", "ur", "al"];

/** Eight words that stand for a hash (hex): its first 16 bytes. Easy to read to a neighbour, in any language. */
export function wordsOf(hash: string): readonly string[] {
  return Array.from({ length: 8 }, (_, i) =>
    [0, 1]
      .map((j) => Number.parseInt(hash.slice((2 * i + j) * 2, (2 * i + j) * 2 + 2), 16))
      .map((byte) => `${begin[byte >> 4]}${end[byte & 15]}`)
      .join(""),
  );
}
