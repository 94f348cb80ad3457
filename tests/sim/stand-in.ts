import type sodium from "libsodium-wrappers";
import type { Chance } from "./chance.ts";

type Bytes = Uint8Array | string | null;

const TAG = 16;
/** Of longer messages only samples go into a tag: what is torn or mixed up is still found. */
const WHOLE = 4_096;

const bytesOf = (part: Bytes): Uint8Array =>
  part === null ? new Uint8Array(0) : typeof part === "string" ? Buffer.from(part) : part;

/** 32 bytes that depend on all of the parts: quick, and no more than that. */
function digest(...parts: readonly Bytes[]): Uint8Array {
  let [a, b, c, d] = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  for (const part of parts) {
    const bytes = bytesOf(part);
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < bytes.length; i += 4) {
      // Four bytes at once; past the end stand zeros, and the length that follows tells them from bytes.
      const word =
        i + 4 <= bytes.length
          ? words.getInt32(i, true)
          : (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16);
      a = Math.imul(a ^ word, 0x9e3779b1);
      b = Math.imul(b + word + (a >>> 15), 0x85ebca77);
      c = Math.imul(c ^ (b >>> 13) ^ word, 0xc2b2ae3d);
      d = Math.imul(d + (c >>> 16) + word, 0x27d4eb2f);
    }
    a ^= bytes.length + 1;
  }
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  for (let i = 0; i < 8; i++) {
    a = Math.imul(a ^ (d >>> 16), 0x85ebca6b) + i;
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35);
    c = Math.imul(c ^ (b >>> 16), 0x9e3779b1);
    d = Math.imul(d ^ (c >>> 15), 0x27d4eb2f);
    words.setUint32(4 * i, a ^ b ^ c ^ d);
  }
  return out;
}

function sample(message: Uint8Array): Uint8Array {
  if (message.length <= WHOLE) return message;
  const step = Math.floor(message.length / 256);
  const out = Buffer.alloc(264);
  for (let i = 0; i < 256; i++) out[i] = message[i * step] ?? 0;
  out.writeUInt32BE(message.length, 256);
  return out;
}

const tagged = (message: Uint8Array, ...key: readonly Bytes[]): Uint8Array => {
  const out = new Uint8Array(message.length + TAG);
  out.set(message);
  out.set(digest(sample(message), ...key).subarray(0, TAG), message.length);
  return out;
};

/** The message under a tag; null when it is not its own. */
const untagged = (sealed: Uint8Array, ...key: readonly Bytes[]): Uint8Array | null => {
  if (sealed.length < TAG) return null;
  const message = sealed.slice(0, -TAG);
  const tag = digest(sample(message), ...key).subarray(0, TAG);
  return Buffer.compare(tag, sealed.subarray(-TAG)) === 0 ? message : null;
};

interface Stream {
  readonly key: Uint8Array;
  readonly header: Uint8Array;
  n: number;
}
const isStream = (value: unknown): value is Stream =>
  typeof value === "object" && value !== null && "header" in value && "n" in value;
const streamOf = (value: unknown): Stream => {
  if (!isStream(value)) throw new TypeError("not a stream's state");
  return value;
};

/**
 * The cryptographic library with quick stand-ins for its ciphers, hashes and signatures, and with the simulation's own
 * chance. What was changed, moved to another place or opened with another key is refused as by the real ones; it only
 * hides nothing. Ten times as many runs in the same time, and they replay to the byte.
 */
export function standIn(lib: typeof sodium, chance: Chance): typeof sodium {
  const pair = (seed: Uint8Array) => {
    const publicKey = digest("public", seed);
    return { publicKey, privateKey: new Uint8Array(Buffer.concat([seed, publicKey])), keyType: "ed25519" };
  };
  const sign = (message: Uint8Array, publicKey: Uint8Array) =>
    new Uint8Array(Buffer.concat([digest(publicKey, message), digest(message, publicKey)]));
  const own: Readonly<Record<string, unknown>> = {
    randombytes_buf: (n: number) => chance.bytes(n),
    crypto_generichash: (n: number, message: Bytes, key: Bytes) => digest(key, message).slice(0, n),
    crypto_kdf_derive_from_key: (n: number, id: number, context: string, key: Uint8Array) =>
      digest(key, context, `${id}`).slice(0, n),
    crypto_sign_keypair: () => pair(chance.bytes(32)),
    crypto_sign_seed_keypair: pair,
    crypto_sign_detached: (message: Uint8Array, secret: Uint8Array) => sign(message, secret.subarray(32)),
    crypto_sign_verify_detached: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) =>
      Buffer.compare(signature, sign(message, publicKey)) === 0,
    crypto_aead_xchacha20poly1305_ietf_encrypt: (
      message: Uint8Array,
      ad: Bytes,
      _none: null,
      nonce: Uint8Array,
      key: Uint8Array,
    ) => tagged(message, ad, nonce, key),
    crypto_aead_xchacha20poly1305_ietf_decrypt: (
      _none: null,
      sealed: Uint8Array,
      ad: Bytes,
      nonce: Uint8Array,
      key: Uint8Array,
    ) => {
      const message = untagged(sealed, ad, nonce, key);
      if (message === null) throw new Error("does not open");
      return message;
    },
    crypto_secretstream_xchacha20poly1305_init_push(key: Uint8Array) {
      const header = chance.bytes(24);
      const state: Stream = { key, header, n: 0 };
      return { state, header };
    },
    crypto_secretstream_xchacha20poly1305_push(
      given: unknown,
      message: Uint8Array,
      _ad: unknown,
      tag: number,
    ) {
      const state = streamOf(given);
      return tagged(Buffer.concat([message, Buffer.of(tag)]), state.key, state.header, `${state.n++}`);
    },
    crypto_secretstream_xchacha20poly1305_init_pull: (header: Uint8Array, key: Uint8Array): Stream => ({
      key,
      header,
      n: 0,
    }),
    crypto_secretstream_xchacha20poly1305_pull(given: unknown, sealed: Uint8Array) {
      const state = streamOf(given);
      const opened = untagged(sealed, state.key, state.header, `${state.n++}`);
      return opened === null ? false : { message: opened.slice(0, -1), tag: opened.at(-1) ?? 0 };
    },
  };
  return new Proxy(lib, { get: (target, name) => Reflect.get(Reflect.has(own, name) ? own : target, name) });
}
