import { deserialize, serialize } from "node:v8";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** What the first byte says of the others: they are a structured clone, as it is or compressed; */
const CLONE = 0;
const COMPRESSED_CLONE = 1;
/** or those that the value, a text in base64 without padding, stands for, as they are or compressed. */
const BASE64 = 2;
const COMPRESSED_BASE64 = 3;

/** Texts that are shorter are not looked into, characters. */
const LONG_TEXT = 1_024;
/** Shorter values are not compressed, bytes: a thousand of them are written at a time. */
const WORTH = 16_384;
const QUICK = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const unpadded = (bytes: Buffer): string => {
  const text = bytes.toString("base64");
  const over = (3 - (bytes.length % 3)) % 3;
  return over === 0 ? text : text.slice(0, -over);
};

/** The bytes that a text in base64 stands for; null: it is none, or is written as {@link unpadded} would not. */
function meant(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return unpadded(bytes) === text ? bytes : null;
}

const marked = (kind: number, bytes: Uint8Array): Buffer => Buffer.concat([Uint8Array.of(kind), bytes]);

/** A value of IndexedDB as bytes: those that a text in base64 stands for, a structured clone of all else. */
export function bytesOf(value: unknown): Buffer {
  const known = typeof value === "string" && value.length >= LONG_TEXT ? meant(value) : null;
  return known === null ? marked(CLONE, serialize(value)) : marked(BASE64, known);
}

/** The same bytes in less room, as they are kept. */
export function packed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < WORTH) return bytes;
  const kind = bytes[0] === CLONE ? COMPRESSED_CLONE : COMPRESSED_BASE64;
  return marked(kind, zstdCompressSync(bytes.subarray(1), QUICK));
}

/** The bytes that {@link packed} was given. Throws where it made no such bytes. */
export function unpacked(bytes: Uint8Array): Uint8Array {
  const [kind] = bytes;
  if (kind === CLONE || kind === BASE64) return bytes;
  const inner = zstdDecompressSync(bytes.subarray(1));
  if (kind === COMPRESSED_CLONE) return marked(CLONE, inner);
  if (kind === COMPRESSED_BASE64) return marked(BASE64, inner);
  throw new Error("a value that nobody packed");
}

/** The value that {@link bytesOf} was given. */
export function valueIn(bytes: Uint8Array): unknown {
  const inner = bytes.subarray(1);
  return bytes[0] === BASE64 ? unpadded(Buffer.from(inner)) : deserialize(inner);
}
