import type { CheckFinding, Source } from "../../bridge/model/source.ts";
import type { Words } from "../texts/shape.ts";
import { fine, type Line, wrong } from "./line.ts";

export interface RightsOptions {
  readonly words: Words;
  readonly signal: AbortSignal;
  /** The longest that one source may take, ms; it has shorter deadlines of its own for each question. */
  readonly deadline: number;
  /** Findings of which nothing is said; absent: all are told. */
  readonly passOver?: (finding: CheckFinding) => boolean;
}

/** Whether each source can be read, in their order. All are asked at once; one that hangs holds up no other. */
export async function checkRights(sources: readonly Source[], o: RightsOptions): Promise<readonly Line[]> {
  const lines = await Promise.all(sources.map((source) => checkSource(source, o)));
  return lines.flat();
}

async function checkSource(
  source: Source,
  { words, signal, deadline, passOver }: RightsOptions,
): Promise<readonly Line[]> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
  const late = new Promise<readonly CheckFinding[]>((resolve) => {
    const end = (): void => resolve([{ ok: false, code: "timeout" }]);
    if (over.aborted) end();
    else over.addEventListener("abort", end, { once: true });
  });
  const findings = await Promise.race([source.check(over), late]).catch(() => null);
  if (findings === null) return [wrong(words.check.source(source.name, null, words.check.sourceFailed))];
  return findings.flatMap((finding) => {
    const { ok, code, channel } = finding;
    if (passOver?.(finding) === true) return [];
    const text = words.check.source(source.name, channel ?? null, inWords(code, words));
    return [ok ? fine(text) : wrong(text)];
  });
}

function inWords(code: string, words: Words): string {
  const known = Object.entries(words.findings).find(([name]) => name === code);
  return known?.[1] ?? words.check.unknownFinding(code);
}
