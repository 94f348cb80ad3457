import type { CheckFinding, Source } from "../bridge/model/source.ts";
import { checkRights } from "./check/rights.ts";
import type { RunWords } from "./run-words.ts";
import type { Words } from "./texts/shape.ts";

export interface SelfCheckOptions {
  readonly say: RunWords;
  readonly words: Words;
  /** Tells the rep in plain words. */
  readonly tell: (text: string) => void;
  /** Nothing more is asked or told. */
  readonly signal: AbortSignal;
}

/** The longest that all questions to one source may take, ms. */
const DEADLINE = 30_000;

/** Told by the source itself when it stops. */
const toldElsewhere = ({ code, channel }: CheckFinding): boolean =>
  channel === undefined && (code === "token_refused" || code === "access_denied");

/**
 * Asks each source once whether it can be read, and tells what is wrong: of a bot without rights MAX shows no posts,
 * and nothing else would say so. Beside all else that runs; it holds up nothing.
 */
export async function selfCheck(sources: readonly Source[], o: SelfCheckOptions): Promise<void> {
  const { words, signal } = o;
  const lines = await checkRights(sources, { words, signal, deadline: DEADLINE, passOver: toldElsewhere });
  if (signal.aborted) return;
  for (const { mark, text } of lines) if (mark === "wrong") o.tell(o.say.sourceWrong(text));
}
