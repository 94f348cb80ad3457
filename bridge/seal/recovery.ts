import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

/** The recovery code of a root: its seed of 32 bytes as 24 words (BIP39, English, with checksum). */
export const recoveryCode = (seed: Uint8Array): string => entropyToMnemonic(seed, wordlist);

/** The seed of a typed code; null when it is not 24 words of the list with the right checksum. */
export function recoverySeed(code: string): Uint8Array | null {
  const words = code.trim().toLowerCase().split(/\s+/);
  if (words.length !== 24) return null;
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    return null;
  }
}
