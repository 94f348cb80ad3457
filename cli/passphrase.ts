import type { Ask } from "./ask.ts";
import type { RunWords } from "./run-words.ts";

/** Asks for the vault's passphrase; a fresh one twice. null when nobody is there or it was cancelled. */
export const askPassphrase =
  (ask: Ask | null, say: RunWords): ((fresh: boolean) => Promise<string | null>) =>
  async (fresh) => {
    if (ask === null) return null;
    for (;;) {
      const given = await ask.secret(say.passphrase);
      if (given === null || given === "" || !fresh) return given;
      const again = await ask.secret(say.passphraseAgain);
      if (again === null || again === given) return again;
      ask.show(`${say.passphraseDiffers}\n`);
    }
  };
