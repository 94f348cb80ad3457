import type sodium from "libsodium-wrappers";
import { ascii, concat, number } from "./bytes.ts";

type Sodium = typeof sodium;

/** H_n of PSR1: BLAKE2b with an output of `n` bytes, keyed where a key is given. */
export const hash = (
  lib: Sodium,
  n: number,
  key: Uint8Array | null,
  ...parts: readonly Uint8Array[]
): Uint8Array => lib.crypto_generichash(n, concat(...parts), key);

const DAY_SECONDS = 86_400;

/** The UTC day since 1970-01-01 of a moment in unix seconds. */
export const epochOf = (seconds: number): number => Math.floor(seconds / DAY_SECONDS);

/** K_(e+1) from K_e. There is no way back. */
export const nextDay = (lib: Sodium, key: Uint8Array): Uint8Array =>
  lib.crypto_kdf_derive_from_key(32, 1, "PSR1next", key);

/** K of day `epoch` from K of day `from`. An earlier day is a bug. */
export function dayKey(lib: Sodium, key: Uint8Array, from: number, epoch: number): Uint8Array {
  if (epoch < from) throw new RangeError("the key of a day that was erased");
  let k = key;
  for (let e = from; e < epoch; e++) k = nextDay(lib, k);
  return k;
}

/** The key that seals a day's records. */
export const postKey = (lib: Sodium, key: Uint8Array): Uint8Array =>
  lib.crypto_kdf_derive_from_key(32, 1, "PSR1post", key);

/** Binds a record to one key of the day, so that no reader can be given a key of his own. */
export const commitment = (lib: Sodium, key: Uint8Array, room: Uint8Array, epoch: number): Uint8Array =>
  hash(lib, 32, key, ascii("PSR1/commit"), room, number(epoch, 4));

/** A room's public id, 16 bytes. */
export const roomId = (lib: Sodium, rootPk: Uint8Array, salt: Uint8Array): Uint8Array =>
  hash(lib, 16, null, ascii("PSR1/room"), rootPk, salt);

/** The root pair from its seed of 32 bytes (the recovery code). It signs certificates only. */
export const rootPair = (lib: Sodium, seed: Uint8Array) => lib.crypto_sign_seed_keypair(seed);

/** A fresh pair that signs records and heads. */
export const onlinePair = (lib: Sodium) => lib.crypto_sign_keypair();

/** The X25519 pair that opens backups. The server keeps the public half only. */
export function backupPair(lib: Sodium, rootSeed: Uint8Array) {
  const privateKey = lib.crypto_kdf_derive_from_key(32, 1, "PSR1bkup", rootSeed);
  return { publicKey: lib.crypto_scalarmult_base(privateKey), privateKey };
}
