import { createHash } from "node:crypto";
import type sodium from "libsodium-wrappers";
import { ascii, concat, equal, hasMagic, number } from "./bytes.ts";

type Sodium = typeof sodium;

const CHUNK = 65_536;
const TAG = 16;
const HEADER = 24;
const AAD = concat(ascii("PSRF"), new Uint8Array([1, 0, 0, 0]));
/** The largest content, bytes: with its padding it is at most 100,000,000 as carried. */
export const LARGEST_CONTENT = 98_566_144;

/** Padmé(L): `length` rounded up so that its size tells little (at most 12 % more). */
export function padme(length: number): number {
  const e = Math.floor(Math.log2(length));
  const s = Math.floor(Math.log2(e)) + 1;
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

/** The length of a file of `size` bytes as carried. */
export function carriedLength(size: number): number {
  const padded = padme(Math.max(size, CHUNK));
  return HEADER + padded + Math.ceil(padded / CHUNK) * TAG;
}

const nonceOf = (id: Uint8Array, index: number, last: boolean): Uint8Array =>
  concat(id, new Uint8Array(3), number(index, 4), number(last ? 1 : 0, 1));

export type SealedFile =
  | { readonly ok: true; readonly id: Uint8Array; readonly key: Uint8Array; readonly hash: Uint8Array }
  | { readonly ok: false; readonly error: "too_large" | "wrong_size" };

export interface FileSecrets {
  readonly id: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * Seals `content`, which must be `size` bytes, in constant memory; `write` gets the bytes as carried, in order.
 * Answers what opens the file and the SHA-256 of all that was written.
 */
export async function sealFile(
  lib: Sodium,
  content: AsyncIterable<Uint8Array>,
  size: number,
  write: (piece: Uint8Array) => Promise<void>,
  secrets: FileSecrets = { id: lib.randombytes_buf(16), key: lib.randombytes_buf(32) },
): Promise<SealedFile> {
  if (size > LARGEST_CONTENT) return { ok: false, error: "too_large" };
  const { id, key } = secrets;
  const sha = createHash("sha256");
  const padded = padme(Math.max(size, CHUNK));
  const put = async (piece: Uint8Array) => {
    sha.update(piece);
    await write(piece);
  };
  await put(concat(AAD, id));

  let chunk = new Uint8Array(Math.min(CHUNK, padded));
  let filled = 0;
  let index = 0;
  let begun = 0;
  const flush = async () => {
    begun += chunk.length;
    const nonce = nonceOf(id, index++, begun === padded);
    await put(lib.crypto_aead_xchacha20poly1305_ietf_encrypt(chunk, AAD, null, nonce, key));
    chunk = new Uint8Array(Math.min(CHUNK, padded - begun));
    filled = 0;
  };

  let seen = 0;
  for await (const piece of content) {
    seen += piece.length;
    if (seen > size) return { ok: false, error: "wrong_size" };
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + chunk.length - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === chunk.length) await flush();
    }
  }
  if (seen !== size) return { ok: false, error: "wrong_size" };
  while (begun < padded) await flush();
  return { ok: true, id, key, hash: new Uint8Array(sha.digest()) };
}

/** Opens a file as carried; null when anything about it is wrong. */
export function openFile(
  lib: Sodium,
  carried: Uint8Array,
  about: {
    readonly id: Uint8Array;
    readonly key: Uint8Array;
    readonly hash: Uint8Array;
    readonly size: number;
  },
): Uint8Array | null {
  if (carried.length !== carriedLength(about.size)) return null;
  if (!equal(new Uint8Array(createHash("sha256").update(carried).digest()), about.hash)) return null;
  if (!hasMagic(carried, "PSRF") || !equal(carried.subarray(0, HEADER), concat(AAD, about.id))) return null;
  const pieces: Uint8Array[] = [];
  for (let at = HEADER, index = 0; at < carried.length; at += CHUNK + TAG, index++) {
    const chunk = carried.slice(at, at + CHUNK + TAG);
    const nonce = nonceOf(about.id, index, at + CHUNK + TAG >= carried.length);
    try {
      pieces.push(lib.crypto_aead_xchacha20poly1305_ietf_decrypt(null, chunk, AAD, nonce, about.key));
    } catch {
      return null;
    }
  }
  const padded = concat(...pieces);
  const padding = padded.subarray(about.size);
  if (Buffer.compare(padding, new Uint8Array(padding.length)) !== 0) return null;
  return padded.slice(0, about.size);
}
