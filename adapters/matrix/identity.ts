import { hkdfSync } from "node:crypto";

/**
 * What an account's identity is made of, from a recovery code (its 32 bytes): always the same, so that who holds the
 * code brings the identity back with nothing else. This is kept, and the code is not: one code may stand for sealed
 * rooms too, whose root nothing on the machine may give away.
 */
export const identitySeed = (code: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", code, new Uint8Array(), "postern matrix identity", 32));
