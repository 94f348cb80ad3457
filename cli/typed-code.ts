import type { Io } from "./io.ts";
import { seedOf, wrongWithCode } from "./recovery-words.ts";
import type { Words } from "./texts/shape.ts";

/**
 * The root's seed (32 bytes) of a recovery code that a person types, on a screen of its own, or a script hands over.
 * null: there is none, and why was said. `room`: whose code is wanted.
 */
export async function typedCode(
  io: Io,
  words: Words,
  { room, stdin }: { readonly room: string | null; readonly stdin: boolean },
): Promise<Uint8Array | null> {
  const { code } = words.keys;
  const { ask } = io;
  if (stdin) {
    const typed = await io.input();
    const wrong = wrongWithCode(typed, words.room);
    if (wrong === null) return seedOf(typed);
    io.err(`${wrong}\n`);
    return null;
  }
  if (ask === null) {
    io.err(`${code.needsTerminal}\n`);
    return null;
  }
  const typed = await ask.aside(() =>
    ask.line(code.type(room), (answer) => wrongWithCode(answer, words.room)),
  );
  const seed = typed === null ? null : seedOf(typed);
  if (seed === null) io.err(`${code.cancelled}\n`);
  return seed;
}
