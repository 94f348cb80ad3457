import type sodium from "libsodium-wrappers";
import { rechunk } from "../media/spool.ts";
import type { DiskReader } from "../model/disk.ts";
import { ascii, concat, equal } from "../seal/bytes.ts";

type Sodium = typeof sodium;

/**
 * A backup's bytes: "PSTNBK01" ‖ number of recipients 1 ‖ for each crypto_box_seal(key) 80 ‖ secretstream header 24 ‖
 * pieces. The key is fresh; each recipient alone opens it. The first piece authenticates all that stands before it.
 */
const MAGIC = ascii("PSTNBK01");
const BOX = 80;
const KEY = 32;
const PIECE = 65_536;

/** What an envelope held was cut, changed or continued. */
export class Damaged extends Error {}

const preamble = (lib: Sodium, before: Uint8Array): Uint8Array => lib.crypto_generichash(32, before, null);

/**
 * Seals a stream to the X25519 public keys of its recipients (1 to 255), in constant memory. Answers the key, with which
 * what was written can be read back.
 */
export async function sealStream(
  lib: Sodium,
  recipients: readonly Uint8Array[],
  plain: AsyncIterable<Uint8Array>,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<Uint8Array> {
  const key = lib.crypto_secretstream_xchacha20poly1305_keygen();
  const { state, header } = lib.crypto_secretstream_xchacha20poly1305_init_push(key);
  const boxes = recipients.map((to) => lib.crypto_box_seal(key, to));
  const before = concat(MAGIC, new Uint8Array([recipients.length]), ...boxes, header);
  await write(before);
  let ad: Uint8Array | null = preamble(lib, before);
  for await (const { bytes, last } of rechunk(plain, PIECE)) {
    const tag = last
      ? lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL
      : lib.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    await write(lib.crypto_secretstream_xchacha20poly1305_push(state, bytes, ad, tag));
    ad = null;
  }
  return key;
}

export type Envelope =
  | { readonly ok: true; readonly plain: AsyncIterable<Uint8Array> }
  | { readonly ok: false; readonly code: "not_a_backup" | "wrong_code" };

/**
 * Opens what {@link sealStream} wrote. `unlock` tries one recipient's box and answers the key, or null. The stream
 * throws {@link Damaged} where it was changed; what it gave before is genuine.
 */
export async function openStream(
  lib: Sodium,
  reader: DiskReader,
  unlock: (box: Uint8Array) => Uint8Array | null,
): Promise<Envelope> {
  const start = new Uint8Array(await reader.read(MAGIC.length + 1));
  const count = start[MAGIC.length] ?? 0;
  if (!equal(start.subarray(0, MAGIC.length), MAGIC) || count === 0)
    return { ok: false, code: "not_a_backup" };
  const boxes = new Uint8Array(await reader.read(count * BOX));
  const header = new Uint8Array(await reader.read(lib.crypto_secretstream_xchacha20poly1305_HEADERBYTES));
  if (boxes.length !== count * BOX || header.length !== lib.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
    return { ok: false, code: "not_a_backup" };
  let key: Uint8Array | null = null;
  for (let i = 0; i < count && key === null; i++) key = unlock(boxes.slice(i * BOX, (i + 1) * BOX));
  if (key?.length !== KEY) return { ok: false, code: "wrong_code" };
  return { ok: true, plain: pieces(lib, reader, key, header, preamble(lib, concat(start, boxes, header))) };
}

async function* pieces(
  lib: Sodium,
  reader: DiskReader,
  key: Uint8Array,
  header: Uint8Array,
  first: Uint8Array,
): AsyncIterable<Uint8Array> {
  const state = lib.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
  let ad: Uint8Array | null = first;
  for (;;) {
    const sealed = await reader.read(PIECE + lib.crypto_secretstream_xchacha20poly1305_ABYTES);
    const opened = sealed.length === 0 ? false : pull(lib, state, new Uint8Array(sealed), ad);
    if (opened === false) throw new Damaged();
    yield opened.message;
    if (opened.tag === lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL) break;
    ad = null;
  }
  if ((await reader.read(1)).length > 0) throw new Damaged();
}

function pull(
  lib: Sodium,
  state: ReturnType<Sodium["crypto_secretstream_xchacha20poly1305_init_pull"]>,
  sealed: Uint8Array,
  ad: Uint8Array | null,
): { readonly message: Uint8Array; readonly tag: number } | false {
  if (sealed.length < lib.crypto_secretstream_xchacha20poly1305_ABYTES) return false;
  try {
    return lib.crypto_secretstream_xchacha20poly1305_pull(state, sealed, ad);
  } catch {
    return false;
  }
}
