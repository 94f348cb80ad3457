import type sodium from "libsodium-wrappers";

const TAG = 16;
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/**
 * The cryptographic library with its sealing switched off: what should be ciphertext is the plaintext itself,
 * with room for a tag. For the positive controls of the leak search alone.
 */
export function unsealed(lib: typeof sodium): typeof sodium {
  const off: Readonly<Record<string, unknown>> = {
    crypto_aead_xchacha20poly1305_ietf_encrypt: (message: Uint8Array) => joined(message, new Uint8Array(TAG)),
    crypto_aead_xchacha20poly1305_ietf_decrypt: (_secret: unknown, sealed: Uint8Array) =>
      sealed.slice(0, -TAG),
    crypto_secretstream_xchacha20poly1305_push: (
      _state: unknown,
      message: Uint8Array,
      _ad: unknown,
      tag: number,
    ) => joined(new Uint8Array([tag]), message, new Uint8Array(TAG)),
    crypto_secretstream_xchacha20poly1305_pull: (_state: unknown, sealed: Uint8Array) => ({
      tag: sealed[0] ?? 0,
      message: sealed.slice(1, -TAG),
    }),
  };
  return new Proxy(lib, { get: (target, name) => Reflect.get(Reflect.has(off, name) ? off : target, name) });
}
