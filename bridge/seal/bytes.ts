/** Fixed layouts of PSR1: big-endian numbers one after another. */

const utf8 = new TextEncoder();

export const ascii = (text: string): Uint8Array => utf8.encode(text);

/** `value` in `size` bytes, big-endian. A value that does not fit is a bug. */
export function number(value: number, size: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * size))
    throw new RangeError(`a number that does not fit into ${size} bytes`);
  const out = new Uint8Array(size);
  let rest = value;
  for (let i = size - 1; i >= 0; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return out;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Reads a layout from the front. Reading past the end is a bug: lengths are checked first. */
export class Cut {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  take(size: number): Uint8Array {
    const part = this.#bytes.slice(this.#at, this.#at + size);
    if (part.length !== size) throw new RangeError("read past the end of a layout");
    this.#at += size;
    return part;
  }
  number(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }
}

/** Whether `bytes` begin with the four letters. */
export const hasMagic = (bytes: Uint8Array, magic: string): boolean =>
  equal(bytes.subarray(0, 4), ascii(magic));
