import { deserialize, serialize } from "node:v8";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** What the first byte says of the others. */
const PLAIN = 0;
const COMPRESSED = 1;
/** They are those that the value, a text in base64, stands for. */
const BASE64 = 2;

/** Shorter ones are not worth it, bytes. */
const WORTH = 1_024;
const QUICK = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The bytes that a text in base64 without padding stands for; null: it is none, or is written as nobody would. */
function meant(text: string): Buffer | null {
  // What the decoder would pass over, or take for something else, makes it shorter or is one of these.
  if (/[^A-Za-z0-9+/]/.test(text) || text.length % 4 === 1) return null;
  const bytes = Buffer.from(text, "base64");
  const tail = bytes.subarray(bytes.length - (bytes.length % 3)).toString("base64");
  return text.endsWith(tail.replace(/=+$/, "")) ? bytes : null;
}

const marked = (kind: number, bytes: Uint8Array): Buffer => Buffer.concat([Uint8Array.of(kind), bytes]);

/**
 * A value of IndexedDB as few bytes. The engine writes a session that a thousand devices were given, some hundred
 * kilobytes of JSON in base64, with every event, and each byte waits for the disk.
 */
export function pack(value: unknown): Uint8Array {
  const known = typeof value === "string" && value.length >= WORTH ? meant(value) : null;
  if (known !== null) return marked(BASE64, zstdCompressSync(known, QUICK));
  const bytes = serialize(value);
  return bytes.length < WORTH ? marked(PLAIN, bytes) : marked(COMPRESSED, zstdCompressSync(bytes, QUICK));
}

/** The value that {@link pack} was given. Throws where it made no such bytes. */
export function unpack(packed: Uint8Array): unknown {
  const bytes = packed.subarray(1);
  if (packed[0] === PLAIN) return deserialize(bytes);
  if (packed[0] === COMPRESSED) return deserialize(zstdDecompressSync(bytes));
  if (packed[0] !== BASE64) throw new Error("a value that nobody packed");
  return zstdDecompressSync(bytes).toString("base64").replace(/=+$/, "");
}
