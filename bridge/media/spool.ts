import path from "node:path";
import type sodium from "libsodium-wrappers";
import type { Failpoints } from "../failpoint.ts";
import type { Disk, DiskWriter } from "../model/disk.ts";
import type { MediaId } from "../model/ids.ts";
import { passed } from "./garbage.ts";

/** Plaintext bytes in a sealed chunk. */
const CHUNK = 65_536;

/** The spooled bytes of an attachment are missing, torn or changed: they must be fetched anew. */
export class SpoolLost extends Error {
  readonly media: MediaId;
  constructor(media: MediaId) {
    super("a spooled file that does not open");
    this.media = media;
  }
}

/**
 * Attachments on their way, as sealed chunks on disk (libsodium secretstream, a key for each file).
 * A file appears under its name only when it is whole and synced.
 */
export interface Spool {
  /** Writes a stream; resolves to its size in bytes. Throws what the stream throws, and leaves nothing then. */
  write(id: MediaId, key: Uint8Array, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** Reads it back in pieces. Throws {@link SpoolLost} when it is not as it was written, else what the disk throws. */
  read(id: MediaId, key: Uint8Array): AsyncIterable<Uint8Array>;
  remove(id: MediaId): Promise<void>;
  /** Bytes on the disk, with what is being written. Known after the first {@link sweep}. */
  used(): number;
  /** Removes everything that is not in `keep`: leftovers of a crash. */
  sweep(keep: ReadonlySet<string>): Promise<void>;
}

export function createSpool(lib: typeof sodium, disk: Disk, folder: string, failpoints: Failpoints): Spool {
  const file = (id: string) => path.join(folder, id);
  const sizes = new Map<string, number>();

  const push = async (
    id: MediaId,
    handle: DiskWriter,
    key: Uint8Array,
    content: AsyncIterable<Uint8Array>,
  ): Promise<number> => {
    const { state, header } = lib.crypto_secretstream_xchacha20poly1305_init_push(key);
    await handle.write(header);
    let size = 0;
    for await (const piece of rechunk(content, CHUNK)) {
      const tag = piece.last
        ? lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL
        : lib.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
      const sealed = lib.crypto_secretstream_xchacha20poly1305_push(state, piece.bytes, null, tag);
      await handle.write(sealed);
      sizes.set(id, (sizes.get(id) ?? header.length) + sealed.length);
      size += piece.bytes.length;
      passed(sealed.length);
      failpoints("media.middle");
    }
    await handle.sync();
    return size;
  };

  return {
    async write(id, key, content) {
      await disk.makeFolder(folder, 0o700);
      const part = `${file(id)}.part`;
      const handle = await disk.create(part, 0o600);
      let size: number;
      try {
        sizes.delete(id);
        size = await push(id, handle, key, content);
      } catch (error) {
        sizes.delete(id);
        await handle.close();
        await disk.remove(part);
        throw error;
      }
      await handle.close();
      await disk.rename(part, file(id));
      await disk.syncFolder(folder);
      failpoints("media.spooled");
      return size;
    },
    async *read(id, key) {
      if ((await disk.size(file(id))) === null) throw new SpoolLost(id);
      const handle = await disk.open(file(id));
      try {
        const HEADER = lib.crypto_secretstream_xchacha20poly1305_HEADERBYTES;
        const SEALED = CHUNK + lib.crypto_secretstream_xchacha20poly1305_ABYTES;
        const header = await handle.read(HEADER);
        if (header.length < HEADER) throw new SpoolLost(id);
        const state = lib.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
        for (;;) {
          const sealed = await handle.read(SEALED);
          const short = sealed.length < lib.crypto_secretstream_xchacha20poly1305_ABYTES;
          const pulled = short ? false : lib.crypto_secretstream_xchacha20poly1305_pull(state, sealed, null);
          if (pulled === false) throw new SpoolLost(id);
          passed(sealed.length);
          yield pulled.message;
          if (pulled.tag === lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL) return;
        }
      } finally {
        await handle.close();
      }
    },
    async remove(id) {
      await disk.remove(file(id));
      sizes.delete(id);
    },
    used: () => [...sizes.values()].reduce((sum, size) => sum + size, 0),
    async sweep(keep) {
      for (const name of await disk.list(folder)) {
        if (keep.has(name)) sizes.set(name, (await disk.size(file(name))) ?? 0);
        else await disk.remove(file(name));
      }
    },
  };
}

/** A stream in pieces of exactly `size` bytes; the last one may be shorter (empty only for an empty stream). */
export async function* rechunk(
  content: AsyncIterable<Uint8Array>,
  size: number,
): AsyncIterable<{ readonly bytes: Uint8Array; readonly last: boolean }> {
  let pending: Uint8Array | null = null;
  const buffer = new Uint8Array(size);
  let filled = 0;
  for await (const piece of content) {
    let at = 0;
    while (at < piece.length) {
      const n = Math.min(size - filled, piece.length - at);
      buffer.set(piece.subarray(at, at + n), filled);
      filled += n;
      at += n;
      if (filled < size) continue;
      if (pending !== null) yield { bytes: pending, last: false };
      pending = buffer.slice();
      filled = 0;
    }
  }
  if (filled === 0) {
    yield { bytes: pending ?? new Uint8Array(0), last: true };
    return;
  }
  if (pending !== null) yield { bytes: pending, last: false };
  yield { bytes: buffer.slice(0, filled), last: true };
}
