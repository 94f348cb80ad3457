import { z } from "zod";
import { boundedText } from "../model/bounded.ts";
import type { Disk } from "../model/disk.ts";
import { concat, number } from "../seal/bytes.ts";
import { Damaged } from "./envelope.ts";

/** One file in a backup. */
export interface Entry {
  readonly name: string;
  readonly size: number;
}

const entry = z.object({ name: boundedText(0, 300), size: z.number().int().nonnegative() });
/** The longest head of an entry, bytes. */
const LONGEST_HEAD = 1024;
const PIECE = 65_536;

const head = (e: Entry): Uint8Array => {
  const json = new TextEncoder().encode(JSON.stringify(e));
  return concat(number(json.length, 4), json);
};

/** A small entry as a stream. */
export async function* small(name: string, content: Uint8Array): AsyncIterable<Uint8Array> {
  yield head({ name, size: content.length });
  yield content;
}

/** A file as an entry; nothing where there is none. Throws what the disk throws, and where it shrinks meanwhile. */
export async function* fileEntry(disk: Disk, name: string, file: string): AsyncIterable<Uint8Array> {
  const size = await disk.size(file);
  const reader = size === null ? null : await disk.open(file).catch(() => null);
  if (size === null || reader === null) return;
  try {
    yield head({ name, size });
    for (let left = size; left > 0; ) {
      const bytes = await reader.read(Math.min(left, PIECE));
      if (bytes.length === 0) throw new Error("a file that became shorter while it was copied");
      left -= bytes.length;
      yield new Uint8Array(bytes);
    }
  } finally {
    await reader.close();
  }
}

/** Reads the entries of a stream one after another; each must be read to its end before the next. */
export class ArchiveReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(plain: AsyncIterable<Uint8Array>) {
    this.#pieces = plain[Symbol.asyncIterator]();
  }

  /** The next entry; null at the end, where all that came before is known to be genuine and whole. */
  async next(): Promise<Entry | null> {
    const length = await this.#take(4, true);
    if (length === null) return null;
    const size = new DataView(length.buffer, length.byteOffset, 4).getUint32(0);
    if (size > LONGEST_HEAD) throw new Damaged();
    const json = await this.#take(size, false);
    try {
      return entry.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json ?? undefined)));
    } catch {
      throw new Damaged();
    }
  }

  /** The content of an entry in pieces. */
  async *content({ size }: Entry): AsyncIterable<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (this.#held.length === 0 && !(await this.#more())) throw new Damaged();
      const part = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** The content of a small entry. */
  async whole(e: Entry, largest: number): Promise<Uint8Array> {
    if (e.size > largest) throw new Damaged();
    const parts: Uint8Array[] = [];
    for await (const part of this.content(e)) parts.push(part.slice());
    return concat(...parts);
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done === true) return false;
    this.#held = concat(this.#held, next.value);
    return true;
  }

  async #take(size: number, mayEnd: boolean): Promise<Uint8Array | null> {
    while (this.#held.length < size)
      if (!(await this.#more())) {
        if (mayEnd && this.#held.length === 0) return null;
        throw new Damaged();
      }
    const part = this.#held.slice(0, size);
    this.#held = this.#held.subarray(size);
    return part;
  }
}
