import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type sodium from "libsodium-wrappers";
import type { Failpoints } from "../failpoint.ts";
import type { MediaId } from "../model/ids.ts";

/** Plaintext bytes in a sealed chunk. */
const CHUNK = 65_536;

/**
 * Attachments on their way, as sealed chunks on disk (libsodium secretstream, a key for each file).
 * A file appears under its name only when it is whole and synced.
 */
export interface Spool {
  /** Writes a stream; resolves to its size in bytes. Throws what the stream throws, and leaves nothing then. */
  write(id: MediaId, key: Uint8Array, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** Reads it back in pieces. Throws when the file is missing, torn or was changed. */
  read(id: MediaId, key: Uint8Array): AsyncIterable<Uint8Array>;
  remove(id: MediaId): Promise<void>;
  /** Removes everything that is not in `keep`: leftovers of a crash. */
  sweep(keep: ReadonlySet<string>): Promise<void>;
}

export function createSpool(lib: typeof sodium, folder: string, failpoints: Failpoints): Spool {
  const file = (id: string) => path.join(folder, id);

  const push = async (
    handle: FileHandle,
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
      await handle.write(lib.crypto_secretstream_xchacha20poly1305_push(state, piece.bytes, null, tag));
      size += piece.bytes.length;
      failpoints("media.middle");
    }
    await handle.sync();
    return size;
  };

  return {
    async write(id, key, content) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const part = `${file(id)}.part`;
      const handle = await open(part, "w", 0o600);
      let size: number;
      try {
        size = await push(handle, key, content);
      } catch (error) {
        await handle.close();
        await rm(part, { force: true });
        throw error;
      }
      await handle.close();
      await rename(part, file(id));
      await syncFolder(folder);
      failpoints("media.spooled");
      return size;
    },
    async *read(id, key) {
      const handle = await open(file(id), "r");
      try {
        const HEADER = lib.crypto_secretstream_xchacha20poly1305_HEADERBYTES;
        const SEALED = CHUNK + lib.crypto_secretstream_xchacha20poly1305_ABYTES;
        const header = await exactly(handle, HEADER);
        const state = lib.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
        for (;;) {
          const sealed = await exactly(handle, SEALED);
          const pulled = lib.crypto_secretstream_xchacha20poly1305_pull(state, sealed, null);
          if (pulled === false) throw new Error("a spooled file that does not open");
          yield pulled.message;
          if (pulled.tag === lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL) return;
        }
      } finally {
        await handle.close();
      }
    },
    remove: (id) => rm(file(id), { force: true }),
    async sweep(keep) {
      const names = await readdir(folder).catch((): string[] => []);
      for (const name of names) if (!keep.has(name)) await rm(path.join(folder, name), { force: true });
    },
  };
}

/** The next `n` bytes of a file, fewer at its end. */
async function exactly(handle: FileHandle, n: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(n);
  let got = 0;
  while (got < n) {
    const { bytesRead } = await handle.read(buffer, got, n - got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return buffer.subarray(0, got);
}

/** Makes a rename in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
  await handle.close();
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
