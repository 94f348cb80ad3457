import type { World } from "./world.ts";

const SIGNATURE = 64;

/** Whole records of a segment, one after another. */
export function recordsOf(segment: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(segment);
  const out: Uint8Array[] = [];
  for (let at = 0; at + 72 <= bytes.length; ) {
    const length = 72 + bytes.readUInt32BE(at + 68) + SIGNATURE;
    if (at + length > bytes.length) break;
    out.push(new Uint8Array(bytes.subarray(at, at + length)));
    at += length;
  }
  return out;
}

/**
 * Devices that read the feed at every moment and forget nothing: no two records may ever stand in one place, and no
 * head may point at what is not there or fall behind an earlier one.
 */
export class Readers {
  readonly #world: World;
  readonly #seen = new Map<string, string>();
  readonly #heads = new Map<string, number>();
  constructor(world: World) {
    this.#world = world;
  }

  /** A file of the feed stands under its name now. */
  look(file: string, content: Uint8Array): void {
    const [, room, kind, chain] = /^\/feed\/(\w+)\/(s|head)(?:\/([\d.]+))?/.exec(file) ?? [];
    if (room === undefined) return;
    if (kind === "head") this.#head(room, Buffer.from(content));
    else for (const record of recordsOf(content)) this.#record(`${room}/${chain}`, Buffer.from(record));
  }

  #record(chain: string, record: Buffer): void {
    const place = `${chain}/${record.readUIntBE(30, 6)}`;
    const signature = record.subarray(-SIGNATURE).toString("latin1");
    const before = this.#seen.get(place);
    if (before !== undefined && before !== signature)
      this.#world.wrong(`two records of one place in a log (${place.split("/").slice(1).join("/")})`);
    this.#seen.set(place, signature);
  }

  #head(room: string, head: Buffer): void {
    const chain = `${head.readUInt16BE(4)}.${head[6]}`;
    const seq = head.readUIntBE(25, 6);
    if (!this.#seen.has(`${room}/${chain}/${seq}`))
      this.#world.wrong("a head that points at a record which is not there");
    const order = (head.readUInt16BE(4) * 256 + (head[6] ?? 0)) * 2 ** 32 + seq;
    if (order < (this.#heads.get(room) ?? 0)) this.#world.wrong("a head that falls behind an earlier one");
    this.#heads.set(room, order);
  }
}
