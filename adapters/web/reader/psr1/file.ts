import { ascii, concat, equal, number } from "./bytes.ts";
import { openSealed, sha256 } from "./crypto.ts";

const CHUNK = 65_536;
const TAG = 16;
const HEADER = 24;
const AAD = concat(ascii("PSRF"), new Uint8Array([1, 0, 0, 0]));
/** The largest file as carried, bytes. */
export const LARGEST_FILE = 100_000_000;

/** What a record says of a file: everything that opens it. */
export interface FileSecret {
  readonly id: Uint8Array;
  readonly key: Uint8Array;
  readonly hash: Uint8Array;
  /** Of the content, bytes. */
  readonly size: number;
}

function padme(length: number): number {
  const e = Math.floor(Math.log2(length));
  const step = 2 ** (e - Math.floor(Math.log2(e)) - 1);
  return Math.ceil(length / step) * step;
}

/** The length as carried of a content of `size` bytes. */
export function carriedLength(size: number): number {
  const padded = padme(Math.max(size, CHUNK));
  return HEADER + padded + Math.ceil(padded / CHUNK) * TAG;
}

/** The id in a file's header; null for what is no file. */
export const fileIdOf = (carried: Uint8Array): Uint8Array | null =>
  carried.length > HEADER && equal(carried.subarray(0, 8), AAD) ? carried.slice(8, HEADER) : null;

/**
 * Opens a file as carried: length and hash first, then every chunk in order, then the padding. null when anything
 * about it is wrong. `breathe` is awaited between chunks so that a page stays alive.
 */
export async function openFile(
  carried: Uint8Array,
  file: FileSecret,
  breathe: () => Promise<void>,
): Promise<Uint8Array | null> {
  if (carried.length > LARGEST_FILE || carried.length !== carriedLength(file.size)) return null;
  if (!equal(sha256(carried), file.hash)) return null;
  const id = fileIdOf(carried);
  if (id === null || !equal(id, file.id)) return null;
  const out = new Uint8Array(file.size);
  let at = 0;
  for (let from = HEADER, i = 0; from < carried.length; from += CHUNK + TAG, i++) {
    const last = from + CHUNK + TAG >= carried.length;
    const nonce = concat(id, new Uint8Array(3), number(i, 4), number(last ? 1 : 0, 1));
    const chunk = openSealed(file.key, nonce, carried.slice(from, from + CHUNK + TAG), AAD);
    if (chunk === null) return null;
    const content = chunk.subarray(0, Math.max(0, Math.min(chunk.length, file.size - at)));
    if (chunk.subarray(content.length).some((byte) => byte !== 0)) return null;
    out.set(content, at);
    at += content.length;
    await breathe();
  }
  return at === file.size ? out : null;
}
