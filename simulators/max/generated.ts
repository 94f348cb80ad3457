/** Bytes made from a seed instead of being kept, so that a test can ask for 100 MB without the memory. */
export interface Generated {
  /** Bytes altogether. */
  readonly size: number;
  readonly seed: number;
  /** Stands in place of the first bytes, so that the file passes for a type when it is sniffed. */
  readonly head: Uint8Array;
}

const blockSize = 65_536;

function block(seed: number, index: number): Uint8Array {
  const words = new Uint32Array(blockSize / 4);
  let x = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0 || 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

/** The bytes [start, end) in chunks of at most 64 KiB: the same seed, size and head always give the same bytes. */
export function* generateBytes(generated: Generated, start: number, end: number): Generator<Uint8Array> {
  const last = Math.min(end, generated.size);
  for (let at = start; at < last; ) {
    const index = Math.floor(at / blockSize);
    const bytes = block(generated.seed, index);
    const base = index * blockSize;
    if (base < generated.head.length) bytes.set(generated.head.subarray(base, base + blockSize));
    const to = Math.min(last, base + blockSize);
    yield bytes.subarray(at - base, to - base);
    at = to;
  }
}
