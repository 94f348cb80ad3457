import { type Asked, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { accountCalled, faultText, outText, userCalled } from "../matrix/asked.ts";
import { matrixChat as operation } from "../operations/matrix.ts";
import { reachBridge } from "../reach-bridge.ts";

export interface MatrixChatOptions extends Asked {
  readonly user: string;
  /** null: the only account there is. */
  readonly account: string | null;
  readonly end: boolean;
}

/** `postern matrix chat`: has the bot open a direct, encrypted chat with the rep, or end it. */
export async function matrixChat(io: Io, options: MatrixChatOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const say = words.matrix;
  const tell = (text: string): void => io.err(`${text}\n`);
  const user = userCalled(io, loaded, options.user);
  const account = user === null ? null : accountCalled(io, loaded, options.account);
  if (user === null || account === null) return 1;
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(say.noLogin(account.name));
    return 2;
  }
  const { reached } = found;
  try {
    const done = await reached.ask(operation, { account: account.name, user, end: options.end });
    if (done.kind === "fault") {
      tell(outText(done.code, account.name, say) ?? say.chat.failed(faultText(done.code, say)));
      return 2;
    }
    tell(say.chat[done.kind](user));
    return done.kind === "none" ? 1 : 0;
  } finally {
    await reached.close();
  }
}
