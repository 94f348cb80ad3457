/**
 * What sets a value apart from the one that it follows: one run of bytes between a beginning and an end that both have.
 * The engine writes its whole session with every event, some hundred kilobytes where a thousand devices were given it;
 * a few hundred bytes of it are new, and each byte waits for the disk.
 */

/** Shorter values are written whole, bytes. */
const WORTH = 2_048;
/** How many bytes are compared at once. */
const BLOCK = 4_096;

/** Whether a value is long enough to be followed by patches. */
export const isLong = (value: Uint8Array): boolean => value.length >= WORTH;

/** How many bytes both begin with, at most `limit`. */
function sameBeginning(a: Uint8Array, b: Uint8Array, limit: number): number {
  const block = (of: Uint8Array): Uint8Array => of.subarray(same, same + BLOCK);
  let same = 0;
  while (same + BLOCK <= limit && Buffer.compare(block(a), block(b)) === 0) same += BLOCK;
  while (same < limit && a[same] === b[same]) same++;
  return same;
}

/** How many bytes both end with, at most `limit`. */
function sameEnd(a: Uint8Array, b: Uint8Array, limit: number): number {
  const block = (of: Uint8Array): Uint8Array => of.subarray(of.length - same - BLOCK, of.length - same);
  let same = 0;
  while (same + BLOCK <= limit && Buffer.compare(block(a), block(b)) === 0) same += BLOCK;
  while (same < limit && a[a.length - 1 - same] === b[b.length - 1 - same]) same++;
  return same;
}

/** What makes `next` of `base`; null: it is about as long as `next` itself. */
export function patchOf(base: Uint8Array, next: Uint8Array): Uint8Array | null {
  if (!isLong(next)) return null;
  const shorter = Math.min(base.length, next.length);
  const beginning = sameBeginning(base, next, shorter);
  const end = sameEnd(base, next, shorter - beginning);
  const between = next.subarray(beginning, next.length - end);
  if (between.length > next.length / 8) return null;
  // How many bytes of the beginning stay, how many of the end, and what comes between.
  const patch = Buffer.alloc(8 + between.length);
  patch.writeUInt32BE(beginning, 0);
  patch.writeUInt32BE(end, 4);
  patch.set(between, 8);
  return patch;
}

/** The value that {@link patchOf} was given as next. */
export function patched(base: Uint8Array, patch: Buffer): Uint8Array {
  const beginning = base.subarray(0, patch.readUInt32BE(0));
  const end = base.subarray(base.length - patch.readUInt32BE(4));
  return Buffer.concat([beginning, patch.subarray(8), end]);
}
