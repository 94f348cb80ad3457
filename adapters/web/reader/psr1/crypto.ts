import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, concat, number } from "./bytes.ts";

/** H_n: BLAKE2b with an output of `n` bytes, keyed where a key is given. */
export const hash = (n: number, key: Uint8Array | null, ...parts: readonly Uint8Array[]): Uint8Array =>
  blake2b(concat(...parts), key === null ? { dkLen: n } : { dkLen: n, key });

/** libsodium's crypto_kdf_derive_from_key(32, 1, context, key). */
const derive = (context: string, key: Uint8Array): Uint8Array => {
  const salt = new Uint8Array(16);
  salt[0] = 1;
  return blake2b(new Uint8Array(), {
    dkLen: 32,
    key,
    salt,
    personalization: concat(ascii(context), new Uint8Array(8)),
  });
};

/** K of the next day. */
export const nextDay = (key: Uint8Array): Uint8Array => derive("PSR1next", key);
/** The key that seals a day's records. */
export const postKey = (key: Uint8Array): Uint8Array => derive("PSR1post", key);

export const commitment = (key: Uint8Array, room: Uint8Array, epoch: number): Uint8Array =>
  hash(32, key, ascii("PSR1/commit"), room, number(epoch, 4));

export const roomIdOf = (rootPk: Uint8Array, salt: Uint8Array): Uint8Array =>
  hash(16, null, ascii("PSR1/room"), rootPk, salt);

export { sha256 };

/** null where it does not open. */
export function openSealed(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Uint8Array | null {
  try {
    return xchacha20poly1305(key, nonce, aad).decrypt(sealed);
  } catch {
    return null;
  }
}
