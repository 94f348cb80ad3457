import { hkdfSync } from "node:crypto";
import { z } from "zod";

/** The private halves of an account's cross-signing keys: unpadded base64 of 32 bytes each, as the engine takes them. */
export const IdentityKeys = z.object({
  master: z.string(),
  selfSigning: z.string(),
  userSigning: z.string(),
});
export type IdentityKeys = Readonly<z.infer<typeof IdentityKeys>>;

/**
 * The keys that a recovery code (its 32 bytes) stands for: always the same, so that who holds the code brings the
 * identity back with nothing else. What is derived for other ends from one code tells nothing of these.
 */
export function identityKeys(seed: Uint8Array): IdentityKeys {
  const key = (use: string): string =>
    Buffer.from(hkdfSync("sha256", seed, new Uint8Array(), `postern matrix ${use}`, 32))
      .toString("base64")
      .replace(/=+$/, "");
  return {
    master: key("master"),
    selfSigning: key("self_signing"),
    userSigning: key("user_signing"),
  };
}
