import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";

const CIPHER = "chacha20-poly1305";
const NONCE = 12;
const TAG = { authTagLength: 16 };

/** What seals the file of a crypto store. */
export interface Sealing {
  /** What stands for a key of a store: the same each time, and nothing can be read from it. */
  mark(store: string, key: string): Buffer;
  /** All `parts` as one. `place` is authenticated with them: sealed bytes open nowhere else. */
  seal(place: string, ...parts: readonly Uint8Array[]): Buffer;
  /** null: another passphrase, or not what was sealed. */
  open(place: string, sealed: Uint8Array): Buffer | null;
}

/** Keys of a passphrase made by a machine (32 random bytes or more): it is not stretched. */
export function sealing(passphrase: string): Sealing {
  // Made once: a thousand records are sealed at a time, and a key's making would cost more than its use.
  const key = (use: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync("sha256", passphrase, "", `postern matrix ${use}`, 32)));
  const sealKey = key("store seal");
  const markKey = key("store mark");
  return {
    mark: (store, text) => createHmac("sha256", markKey).update(`${store}\0${text}`).digest(),
    seal(place, ...parts) {
      const nonce = randomBytes(NONCE);
      const plaintextLength = parts.reduce((all, part) => all + part.length, 0);
      const cipher = createCipheriv(CIPHER, sealKey, nonce, TAG);
      cipher.setAAD(Buffer.from(place), { plaintextLength });
      const sealed = parts.map((part) => cipher.update(part));
      return Buffer.concat([nonce, ...sealed, cipher.final(), cipher.getAuthTag()]);
    },
    open(place, sealed) {
      const end = sealed.length - TAG.authTagLength;
      if (end < NONCE) return null;
      const opener = createDecipheriv(CIPHER, sealKey, sealed.subarray(0, NONCE), TAG);
      opener.setAAD(Buffer.from(place), { plaintextLength: end - NONCE });
      opener.setAuthTag(sealed.subarray(end));
      try {
        return Buffer.concat([opener.update(sealed.subarray(NONCE, end)), opener.final()]);
      } catch {
        return null;
      }
    },
  };
}
