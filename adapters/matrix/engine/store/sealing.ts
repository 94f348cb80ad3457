import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

const NONCE = 12;
const TAG = 16;

/** What seals the file of a crypto store, and the key that the engine seals its own values with before that. */
export interface Sealing {
  /** What stands for a key of a store: the same each time, and nothing can be read from it. */
  mark(store: string, key: string): Buffer;
  /** `place` is authenticated with it: sealed bytes open nowhere else. */
  seal(place: string, clear: Uint8Array): Buffer;
  /** null: another passphrase, or not what was sealed. */
  open(place: string, sealed: Uint8Array): Buffer | null;
  readonly engineKey: Uint8Array;
}

/** Keys of a passphrase made by a machine (32 random bytes or more): it is not stretched. */
export function sealing(passphrase: string): Sealing {
  const key = (use: string): Buffer =>
    Buffer.from(hkdfSync("sha256", passphrase, "", `postern matrix ${use}`, 32));
  const sealKey = key("store seal");
  const markKey = key("store mark");
  return {
    engineKey: new Uint8Array(key("store engine")),
    mark: (store, text) => createHmac("sha256", markKey).update(`${store}\0${text}`).digest(),
    seal(place, clear) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("chacha20-poly1305", sealKey, nonce, { authTagLength: TAG });
      cipher.setAAD(Buffer.from(place), { plaintextLength: clear.length });
      return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
    },
    open(place, sealed) {
      if (sealed.length < NONCE + TAG) return null;
      const clear = sealed.subarray(NONCE, sealed.length - TAG);
      const opener = createDecipheriv("chacha20-poly1305", sealKey, sealed.subarray(0, NONCE), {
        authTagLength: TAG,
      });
      opener.setAAD(Buffer.from(place), { plaintextLength: clear.length });
      opener.setAuthTag(sealed.subarray(sealed.length - TAG));
      try {
        return Buffer.concat([opener.update(clear), opener.final()]);
      } catch {
        return null;
      }
    },
  };
}
