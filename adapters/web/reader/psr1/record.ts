import { ascii, Cut, concat, equal, hasMagic, hex } from "./bytes.ts";
import { type Cert, covers } from "./cert.ts";
import { commitment, hash, openSealed, postKey } from "./crypto.ts";
import { verify } from "./ed25519.ts";

const BUCKETS = [512, 1024, 2048, 4096, 8192, 16_384, 32_768];
const HEADER = 72;
const SIGNATURE = 64;
const OVERHEAD = 72;

const DAY = 86_400;

export interface RecordBytes {
  readonly serial: number;
  readonly restart: number;
  readonly roomId: Uint8Array;
  readonly epoch: number;
  readonly seq: number;
  /** Hex of the hash of the record before. */
  readonly prev: string;
  /** Hex of this record's own hash. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** The length that a record's header claims; null when no record begins here. */
function claimedLength(bytes: Uint8Array): number | null {
  if (bytes.length < HEADER || !hasMagic(bytes, "PSR1") || bytes[4] !== 1) return null;
  const cut = new Cut(bytes.subarray(HEADER - 4, HEADER));
  const body = cut.number(4);
  return BUCKETS.includes(body - OVERHEAD) ? HEADER + body + SIGNATURE : null;
}

/** The layout alone; null for what is no record. */
export function parseRecord(bytes: Uint8Array): RecordBytes | null {
  if (claimedLength(bytes) !== bytes.length) return null;
  const cut = new Cut(bytes);
  cut.take(5);
  const record = {
    serial: cut.number(2),
    restart: cut.number(1),
    roomId: cut.take(16),
    epoch: cut.number(4),
    seq: cut.number(8),
    prev: hex(cut.take(32)),
    hash: hex(hash(32, null, ascii("PSR1/rec"), bytes)),
    bytes,
  };
  return record.serial >= 1 && record.seq < 2 ** 48 ? record : null;
}

/** What is wrong with a record under its certificate; null: signed by its key, on a day inside its validity. */
export function recordFault(record: RecordBytes, cert: Cert): "signature" | "validity" | null {
  const { bytes, epoch } = record;
  const signed = concat(ascii("PSR1/sig"), bytes.subarray(0, -SIGNATURE));
  if (!verify(bytes.slice(-SIGNATURE), signed, cert.onlinePk)) return "signature";
  return covers(cert, epoch * DAY, (epoch + 1) * DAY - 1) ? null : "validity";
}

export type Opened =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: "commit" | "sealed" | "padding" | "text" };

/** Opens a verified record with the K of its own day. */
export function openRecord(record: RecordBytes, key: Uint8Array): Opened {
  const { bytes, roomId, epoch } = record;
  const body = bytes.subarray(HEADER, -SIGNATURE);
  if (!equal(body.subarray(0, 32), commitment(key, roomId, epoch))) return { ok: false, why: "commit" };
  const padded = openSealed(postKey(key), body.slice(32, 56), body.slice(56), bytes.slice(0, HEADER));
  if (padded === null) return { ok: false, why: "sealed" };
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== 0x80 || BUCKETS.find((bucket) => end < bucket) !== padded.length)
    return { ok: false, why: "padding" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(padded.subarray(0, end));
    return { ok: true, text };
  } catch {
    return { ok: false, why: "text" };
  }
}

/** Cuts a segment or the rest of a bundle into records; what is torn at the end is left out. */
export function split(bytes: Uint8Array): { readonly records: readonly Uint8Array[]; readonly rest: number } {
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = claimedLength(bytes.subarray(at));
    if (length === null || at + length > bytes.length) break;
    records.push(bytes.slice(at, at + length));
    at += length;
  }
  return { records, rest: bytes.length - at };
}
