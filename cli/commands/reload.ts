import { loadConfig } from "../../config/load.ts";
import { describe } from "../../config/texts.ts";
import type { Asked } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { reload as operation } from "../operations/reload.ts";
import { reachRunning } from "../reach-bridge.ts";
import { isMatrix } from "../room-kinds.ts";
import { wordsOf } from "../texts/index.ts";

/**
 * `postern reload`: the bridge that runs reads its configuration again. With a wrong one it goes on as before, and
 * what is wrong is said here.
 */
export async function reload(io: Io, options: Asked): Promise<ExitCode> {
  const file = options.config ?? "postern.yaml";
  const loaded = await loadConfig({
    file,
    env: io.env,
    secrets: false,
    ...(options.lang === null ? {} : { lang: options.lang }),
  });
  const { lang } = loaded;
  const words = wordsOf(lang);
  const tell = (text: string): void => io.err(`${text}\n`);
  const refused = (errors: readonly string[]): ExitCode => {
    for (const error of errors) tell(error);
    tell(words.reload.refused(errors.length, file));
    return 1;
  };
  // What is wrong for this command is wrong for the bridge: it is not even asked.
  if (!loaded.ok) return refused(loaded.errors.map((error) => describe(error, lang)));
  const { config } = loaded;
  const reached = await reachRunning(config.data, io.env);
  const answer = (await reached?.ask(operation, { lang })) ?? null;
  if (answer === null) {
    tell(words.reload.none(config.data));
    return 2;
  }
  if (answer.kind === "not_now") {
    tell(answer.why);
    return 2;
  }
  for (const warning of answer.warnings) tell(`${words.usage.warning}: ${warning}`);
  if (answer.kind === "refused") return refused(answer.errors);
  tell(words.reload.done);
  for (const room of answer.keyless)
    tell(isMatrix(config, room) ? words.matrix.noRoom(room) : words.reload.keyless(room));
  if (answer.restart.length > 0) tell(words.reload.restart(answer.restart));
  return 0;
}
