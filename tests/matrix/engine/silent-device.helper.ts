import { createPrivateKey, generateKeyPairSync, type KeyObject, sign as signBytes } from "node:crypto";
import type { UserId } from "../../../adapters/matrix/ids.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
const publicOf = (key: KeyObject): string =>
  base64(key.export({ format: "der", type: "spki" }).subarray(-32));

export interface SilentDevice {
  readonly id: string;
  /** What it uploads, signed as it must be. */
  readonly keys: object;
  /** A key that a session can be made with, again and again, and its name. */
  readonly oneTime: object;
  readonly oneTimeName: string;
}

/** A member's one device with nobody behind it: keys can be sent to it, which nobody reads. */
export function silentDevice(user: UserId): SilentDevice {
  const id = "DEVICE";
  const signing = generateKeyPairSync("ed25519");
  const secret = createPrivateKey(signing.privateKey.export({ format: "pem", type: "pkcs8" }));
  // Keys come in the order of canonical JSON, in which they are signed.
  const signed = <T extends object>(body: T) => {
    const signature = base64(signBytes(null, Buffer.from(JSON.stringify(body)), secret));
    return { ...body, signatures: { [user]: { [`ed25519:${id}`]: signature } } };
  };
  const curve = (): string => publicOf(generateKeyPairSync("x25519").publicKey);
  return {
    id,
    keys: signed({
      algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
      device_id: id,
      keys: { [`curve25519:${id}`]: curve(), [`ed25519:${id}`]: publicOf(signing.publicKey) },
      user_id: user,
    }),
    oneTime: signed({ key: curve() }),
    oneTimeName: "signed_curve25519:AAAAAA",
  };
}
