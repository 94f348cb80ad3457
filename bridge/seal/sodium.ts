import { randomFillSync } from "node:crypto";
import sodium from "libsodium-wrappers";

/**
 * The cryptographic library, once its wasm is there. Its random bytes are the system's own, taken at once: the
 * library would ask for each four of them by itself, and a nonce cost ten times as much as sealing with it.
 */
export async function ready(): Promise<typeof sodium> {
  await sodium.ready;
  return Object.assign({}, sodium, {
    randombytes_buf: (length: number) => randomFillSync(new Uint8Array(length)),
  });
}
