import type sodium from "libsodium-wrappers";
import { ascii, Cut, concat, equal, hasMagic, number } from "./bytes.ts";
import { commitment, hash, postKey } from "./keys.ts";

type Sodium = typeof sodium;

/** The sizes to which a payload is padded, bytes. */
export const BUCKETS = [512, 1024, 2048, 4096, 8192, 16_384, 32_768] as const;
/** The longest JSON that fits, bytes of UTF-8: one byte ends it. */
export const LARGEST_JSON = 32_767;
const HEADER = 72;
const SIGNATURE = 64;
/** commit 32 ‖ nonce 24 ‖ tag 16. */
const OVERHEAD = 72;
const DOMAIN = ascii("PSR1/sig");

export interface RecordHeader {
  readonly serial: number;
  readonly restart: number;
  readonly roomId: Uint8Array;
  readonly epoch: number;
  readonly seq: number;
  readonly prev: Uint8Array;
}

export interface SealInput extends RecordHeader {
  /** K of the record's own day. */
  readonly key: Uint8Array;
  readonly onlineSecret: Uint8Array;
  readonly json: string;
}

/** H_32("PSR1/rec" ‖ record): what the next record's `prev` holds. */
export const recordHash = (lib: Sodium, record: Uint8Array): Uint8Array =>
  hash(lib, 32, null, ascii("PSR1/rec"), record);

/** Seals and signs one record. A payload that is too long is a bug: callers fit it first. */
export function sealRecord(
  lib: Sodium,
  r: SealInput,
  nonce: Uint8Array = lib.randombytes_buf(24),
): Uint8Array {
  const json = ascii(r.json);
  const size = BUCKETS.find((bucket) => json.length < bucket);
  if (size === undefined) throw new RangeError("a payload longer than the largest record");
  const padded = new Uint8Array(size);
  padded.set(json);
  padded[json.length] = 0x80;
  const header = concat(
    ascii("PSR1"),
    number(1, 1),
    number(r.serial, 2),
    number(r.restart, 1),
    r.roomId,
    number(r.epoch, 4),
    number(r.seq, 8),
    r.prev,
    number(OVERHEAD + size, 4),
  );
  const sealed = lib.crypto_aead_xchacha20poly1305_ietf_encrypt(
    padded,
    header,
    null,
    nonce,
    postKey(lib, r.key),
  );
  const body = concat(commitment(lib, r.key, r.roomId, r.epoch), nonce, sealed);
  const signature = lib.crypto_sign_detached(concat(DOMAIN, header, body), r.onlineSecret);
  return concat(header, body, signature);
}

/** Why a record is not taken (docs/psr1.md, "Order of checks"). */
export type RecordFault = "layout" | "signature" | "commit" | "sealed" | "padding" | "text";

/** The header and length, nothing verified; null when the bytes are no record. */
export function parseRecord(bytes: Uint8Array): RecordHeader | null {
  if (bytes.length < HEADER + OVERHEAD + SIGNATURE || !hasMagic(bytes, "PSR1") || bytes[4] !== 1) return null;
  const cut = new Cut(bytes);
  cut.take(5);
  const header = {
    serial: cut.number(2),
    restart: cut.number(1),
    roomId: cut.take(16),
    epoch: cut.number(4),
    seq: cut.number(8),
    prev: cut.take(32),
  };
  const bodyLength = cut.number(4);
  const known = BUCKETS.some((bucket) => bodyLength === OVERHEAD + bucket);
  const numbered = header.serial >= 1 && header.seq < 2 ** 48;
  return known && numbered && bytes.length === HEADER + bodyLength + SIGNATURE ? header : null;
}

/** Verifies and opens a record with the K of its own day. The JSON is not yet looked into. */
export function openRecord(
  lib: Sodium,
  bytes: Uint8Array,
  onlinePk: Uint8Array,
  key: Uint8Array,
):
  | { readonly ok: true; readonly header: RecordHeader; readonly json: string }
  | { readonly ok: false; readonly fault: RecordFault } {
  const header = parseRecord(bytes);
  if (header === null) return { ok: false, fault: "layout" };
  const signed = bytes.subarray(0, bytes.length - SIGNATURE);
  if (!lib.crypto_sign_verify_detached(bytes.slice(-SIGNATURE), concat(DOMAIN, signed), onlinePk))
    return { ok: false, fault: "signature" };
  const body = signed.slice(HEADER);
  if (!equal(body.subarray(0, 32), commitment(lib, key, header.roomId, header.epoch)))
    return { ok: false, fault: "commit" };
  let padded: Uint8Array;
  try {
    padded = lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      body.slice(56),
      signed.slice(0, HEADER),
      body.slice(32, 56),
      postKey(lib, key),
    );
  } catch {
    return { ok: false, fault: "sealed" };
  }
  const end = padded.findLastIndex((byte) => byte !== 0);
  // The smallest bucket that fits was taken, or the record is not of this protocol.
  if (end < 0 || padded[end] !== 0x80 || BUCKETS.find((bucket) => end < bucket) !== padded.length)
    return { ok: false, fault: "padding" };
  try {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(padded.subarray(0, end));
    return { ok: true, header, json };
  } catch {
    return { ok: false, fault: "text" };
  }
}
