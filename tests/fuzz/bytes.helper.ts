import type { Dice } from "./dice.helper.ts";

const interesting = [0, 1, 2, 0x0a, 0x20, 0x22, 0x7f, 0x80, 0xc0, 0xed, 0xef, 0xfe, 0xff] as const;

/** Whole numbers at the borders of what fields hold. */
const borders = [0, 1, 15, 16, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 48] as const;

function spliced(bytes: Uint8Array, from: number, cut: number, put: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]));
}

function once(dice: Dice, bytes: Uint8Array): Uint8Array {
  const at = dice.below(bytes.length + 1);
  const length = dice.below(Math.min(64, bytes.length - at) + 1);
  const out = bytes.slice();
  switch (dice.below(8)) {
    case 0:
      if (at < out.length) out[at] = (out[at] ?? 0) ^ (1 << dice.below(8));
      return out;
    case 1:
      if (at < out.length) out[at] = dice.once(2) ? dice.pick(interesting) : dice.below(256);
      return out;
    case 2:
      return bytes.slice(0, at);
    case 3:
      return spliced(bytes, at, length, new Uint8Array());
    case 4:
      return spliced(bytes, at, 0, bytes.slice(at, at + length));
    case 5: {
      const from = dice.below(bytes.length + 1);
      return spliced(bytes, at, length, bytes.slice(from, from + length));
    }
    case 6: {
      const wide = new DataView(new ArrayBuffer(8));
      wide.setBigUint64(0, BigInt(dice.pick(borders)));
      const size = dice.pick([1, 2, 4, 8]);
      return spliced(bytes, at, size, new Uint8Array(wide.buffer.slice(8 - size)));
    }
    default:
      return spliced(bytes, at, 0, new Uint8Array(dice.below(40)).fill(dice.pick(interesting)));
  }
}

/** Bytes with a few of them flipped, cut, doubled, moved or replaced by interesting ones. */
export function mutateBytes(dice: Dice, bytes: Uint8Array): Uint8Array {
  let out = bytes;
  for (let n = dice.below(4); n >= 0; n--) out = once(dice, out);
  return out;
}

const odd = [
  "\u0000",
  "\ud800",
  "\udc00",
  "\ufeff",
  "\u202e",
  "~",
  "%7E",
  "%",
  "#",
  ".",
  "\n",
  "ё",
  "😀",
  "é",
  " ",
];

/** A text with a few of its characters changed, moved or replaced by odd ones. */
export function mutateText(dice: Dice, text: string): string {
  let out = text;
  for (let n = dice.below(4); n >= 0; n--) {
    const at = dice.below(out.length + 1);
    const length = dice.below(Math.min(24, out.length - at) + 1);
    const from = dice.below(out.length + 1);
    const put = [
      "",
      dice.pick(odd),
      dice.pick(odd).repeat(dice.below(dice.once(40) ? 20_000 : 20)),
      out.slice(from, from + length),
      out.slice(at, at + length).toUpperCase(),
      out.slice(at, at + length).repeat(2),
    ];
    out = out.slice(0, at) + dice.pick(put) + out.slice(at + length);
  }
  return out;
}

/** Texts as input bytes and back, halves of characters and all. */
export const fromText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf16le"));
export const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, bytes.length & ~1)).toString("utf16le");
