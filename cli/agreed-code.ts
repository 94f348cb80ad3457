import { randomBytes, randomInt } from "node:crypto";
import { recoveryCode } from "../bridge/seal/recovery.ts";
import type { Ask } from "./ask.ts";
import { seedOf, typedWords, wordTable, wrongWithCode } from "./recovery-words.ts";
import type { CodeWords } from "./texts/shape-code.ts";

const TRIES = 3;
const PLACES = 3;

/**
 * The seed of a recovery code that the person holds, a new one (shown once and asked back) or one that they have
 * already; null when it came to nothing, which is said. `intro`: what it is for.
 */
export async function agreedCode(
  ask: Ask,
  say: CodeWords,
  intro: string,
  tell: (text: string) => void,
): Promise<Uint8Array | null> {
  const result = await ask.aside(async () => {
    ask.show(`${intro}\n\n`);
    const which = await ask.choose(say.which, [
      { value: "fresh", label: say.fresh },
      { value: "reuse", label: say.reuse },
    ]);
    if (which === null) return { end: say.cancelled };
    return which === "reuse" ? typed(ask, say) : shown(ask, say);
  });
  if ("seed" in result) return result.seed;
  tell(result.end);
  return null;
}

/** The seed of a new recovery code; null when it came to nothing, which is said. */
export async function freshCode(
  ask: Ask,
  say: CodeWords,
  tell: (text: string) => void,
): Promise<Uint8Array | null> {
  const result = await ask.aside(() => shown(ask, say));
  if ("seed" in result) return result.seed;
  tell(result.end);
  return null;
}

type Agreement = { readonly seed: Uint8Array } | { readonly end: string };

/** The root of another room, by its code: who types it holds it. */
async function typed(ask: Ask, say: CodeWords): Promise<Agreement> {
  const code = await ask.line(say.typeCode, (answer) => wrongWithCode(answer, say));
  const seed = code === null ? null : seedOf(code);
  return seed === null ? { end: say.cancelled } : { seed };
}

/** A new code: shown, taken away, and asked back. */
async function shown(ask: Ask, say: CodeWords): Promise<Agreement> {
  const seed = randomBytes(32);
  const code = recoveryCode(seed).split(" ");
  // So that all of it stands on the smallest screen.
  ask.clear();
  ask.show(`${say.showing}\n\n${wordTable(code)}\n\n`);
  const written = await ask.confirm(say.written, say.yes, say.no);
  ask.clear();
  if (written !== true) return { end: written === null ? say.cancelled : say.notWritten };
  for (let left = TRIES; left > 0; left--) {
    const places = somePlaces(code.length);
    const answer = await ask.line(say.askBack(places), () => null);
    ask.clear();
    if (answer === null) return { end: say.cancelled };
    if (matches(typedWords(answer), code, places)) return { seed };
    if (left > 1) ask.show(`${say.wrongBack(left - 1)}\n\n`);
  }
  return { end: say.failed };
}

/** Places in the code, from 1, rising. */
function somePlaces(length: number): readonly number[] {
  const places = new Set<number>();
  while (places.size < PLACES) places.add(randomInt(length) + 1);
  return [...places].toSorted((a, b) => a - b);
}

/** Whether the words are those at the places, or the whole code. */
function matches(answer: readonly string[], code: readonly string[], places: readonly number[]): boolean {
  const wanted = answer.length === code.length ? code : places.map((place) => code[place - 1]);
  return answer.length === wanted.length && answer.every((word, i) => word === wanted[i]);
}
