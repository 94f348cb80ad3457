import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign as signBytes } from "node:crypto";
import type { UserId } from "../ids.ts";

/** How a bare seed is written as an Ed25519 key. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const RAW_KEY = 32;

export const usages = ["master", "self_signing", "user_signing"] as const;
export type Usage = (typeof usages)[number];

/** Base64 as Matrix writes it. */
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

interface Key {
  readonly seed: Uint8Array;
  readonly secret: KeyObject;
  readonly public: string;
}

function keyOf(recovery: Uint8Array, usage: Usage): Key {
  const seed = new Uint8Array(hkdfSync("sha256", recovery, "", `postern matrix identity ${usage}`, 32));
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  return { seed, secret, public: base64(spki.subarray(spki.length - RAW_KEY)) };
}

/** A public key of an identity as the server takes it. */
export interface SigningKey {
  readonly user_id: string;
  readonly usage: readonly Usage[];
  readonly keys: Readonly<Record<string, string>>;
  readonly signatures?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A cross-signing identity, made from a recovery code's seed alone. */
export interface IdentityKeys {
  /** The seeds of its three keys, as the engine imports them. */
  readonly secrets: Readonly<Record<Usage, string>>;
  readonly masterPublic: string;
  /** What is uploaded: the other two are signed by the master key. */
  readonly upload: Readonly<Record<`${Usage}_key`, SigningKey>>;
}

/**
 * The identity of `user` that a recovery code stands for. The engine can only make random keys, which a code of 24
 * words could not bring back: so the keys come from the code, and the engine imports them.
 */
export function identityKeys(recovery: Uint8Array, user: UserId): IdentityKeys {
  const [master, selfSigning, userSigning] = [
    keyOf(recovery, "master"),
    keyOf(recovery, "self_signing"),
    keyOf(recovery, "user_signing"),
  ];
  const bare = (key: Key, usage: Usage): SigningKey => ({
    // In the order of canonical JSON, in which it is signed.
    keys: { [`ed25519:${key.public}`]: key.public },
    usage: [usage],
    user_id: user,
  });
  const signed = (key: Key, usage: Usage): SigningKey => {
    const body = bare(key, usage);
    const signature = base64(signBytes(null, Buffer.from(JSON.stringify(body)), master.secret));
    return { ...body, signatures: { [user]: { [`ed25519:${master.public}`]: signature } } };
  };
  return {
    secrets: {
      master: base64(master.seed),
      self_signing: base64(selfSigning.seed),
      user_signing: base64(userSigning.seed),
    },
    masterPublic: master.public,
    upload: {
      master_key: bare(master, "master"),
      self_signing_key: signed(selfSigning, "self_signing"),
      user_signing_key: signed(userSigning, "user_signing"),
    },
  };
}
