import type sodium from "libsodium-wrappers";

/** What a sealed value or a keyed hash is for. Each has a subkey of its own; numbers are stored for ever. */
const purposes = {
  check: 1,
  cursor: 2,
  payload: 3,
  media: 4,
  foreign: 5,
  archive: 6,
  dayKey: 7,
  seal: 8,
  receipt: 9,
  content: 10,
  channel: 11,
  identity: 12,
  spool: 13,
  announcement: 14,
  kept: 15,
} as const;
export type Purpose = keyof typeof purposes;

/** Length of a sealed value beyond its plaintext, bytes. */
const NONCE = 24;

/**
 * Seals what is stored and makes keyed hashes of ids.
 *
 * `seal` is XChaCha20-Poly1305-IETF under a subkey for its purpose; `place` (table and row) is authenticated too,
 * so that a sealed value moved to another row does not open. `open` returns null for anything it did not seal.
 */
export interface Vault {
  seal(purpose: Purpose, place: string, plaintext: Uint8Array): Uint8Array;
  open(purpose: Purpose, place: string, sealed: Uint8Array): Uint8Array | null;
  /** A keyed 16-byte hash: equal for equal texts, useless without the key. */
  hash(purpose: Purpose, text: string): Uint8Array;
  /** A fresh key of 32 bytes. */
  freshKey(): Uint8Array;
  /** A vault under another key (a day's, a file's). */
  under(key: Uint8Array): Vault;
}

/**
 * The vault over a 32-byte key. `lib` is libsodium after its `ready`. `hashKey`: the key of its hashes, which must stay
 * the same for the life of a database, where it is not (any more) that of what is sealed.
 */
export function createVault(lib: typeof sodium, key: Uint8Array, hashKey: Uint8Array = key): Vault {
  const subkeysOf = (from: Uint8Array): ((purpose: Purpose) => Uint8Array) => {
    const subkeys = new Map<Purpose, Uint8Array>();
    return (purpose) => {
      const known = subkeys.get(purpose);
      if (known !== undefined) return known;
      const made = lib.crypto_kdf_derive_from_key(32, purposes[purpose], "PSTNvalt", from);
      subkeys.set(purpose, made);
      return made;
    };
  };
  const subkey = subkeysOf(key);
  const hashSubkey = subkeysOf(hashKey);
  return {
    seal(purpose, place, plaintext) {
      const nonce = lib.randombytes_buf(NONCE);
      const body = lib.crypto_aead_xchacha20poly1305_ietf_encrypt(
        plaintext,
        place,
        null,
        nonce,
        subkey(purpose),
      );
      const sealed = new Uint8Array(NONCE + body.length);
      sealed.set(nonce);
      sealed.set(body, NONCE);
      return sealed;
    },
    open(purpose, place, sealed) {
      if (sealed.length < NONCE + lib.crypto_aead_xchacha20poly1305_ietf_ABYTES) return null;
      try {
        return lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
          null,
          sealed.subarray(NONCE),
          place,
          sealed.subarray(0, NONCE),
          subkey(purpose),
        );
      } catch {
        return null;
      }
    },
    hash: (purpose, text) => lib.crypto_generichash(16, text, hashSubkey(purpose)),
    freshKey: () => lib.randombytes_buf(32),
    under: (other) => createVault(lib, other),
  };
}

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Seals a JSON value. */
export const sealJson = (vault: Vault, purpose: Purpose, place: string, value: unknown): Uint8Array =>
  vault.seal(purpose, place, utf8.encode(JSON.stringify(value)));

/** Opens what {@link sealJson} made: the parsed value (to be decoded by the caller), or undefined when it does not open. */
export function openJson(vault: Vault, purpose: Purpose, place: string, sealed: Uint8Array): unknown {
  const bytes = vault.open(purpose, place, sealed);
  return bytes === null ? undefined : JSON.parse(strict.decode(bytes));
}
