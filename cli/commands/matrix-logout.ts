import { type Asked, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { accountCalled, faultText } from "../matrix/asked.ts";
import { matrixLogOut } from "../operations/matrix-log-out.ts";
import { reachBridge } from "../reach-bridge.ts";

export interface MatrixLogoutOptions extends Asked {
  /** null: the only account there is. */
  readonly account: string | null;
  /** Whether the identity goes too, which the recovery code alone brings back. */
  readonly forgetIdentity: boolean;
  readonly yes: boolean;
}

/** `postern matrix logout`: ends an account's session on its server and erases it here, after one question. */
export async function matrixLogout(io: Io, options: MatrixLogoutOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const { forgetIdentity } = options;
  const say = words.matrix.logout;
  const tell = (text: string): void => io.err(`${text}\n`);
  const account = accountCalled(io, loaded, options.account);
  if (account === null) return 1;
  const { name } = account;
  if (!options.yes) {
    if (io.ask === null) {
      tell(say.needsYes);
      return 1;
    }
    tell(say.means(name));
    if (forgetIdentity) tell(say.meansForgotten);
    if ((await io.ask.confirm(say.sure, words.matrix.yes, words.matrix.no)) !== true) {
      tell(words.matrix.login.cancelled);
      return 1;
    }
  }
  const found = await reachBridge(config, { io, lang, make: false });
  if (!found.ok) {
    tell(words.open[found.problem.code](found.problem.where));
    return 2;
  }
  if (found.reached === null) {
    tell(say.none(name));
    return 1;
  }
  const { reached } = found;
  try {
    const done = await reached.ask(matrixLogOut, { account: name, forgetIdentity });
    if (done.kind === "fault") {
      tell(say.failed(name, faultText(done.code, words.matrix)));
      return 2;
    }
    tell(done.kind === "none" ? say.none(name) : say.done(name, done.user));
    if (forgetIdentity) tell(say.forgotten);
    return done.kind === "none" && !forgetIdentity ? 1 : 0;
  } finally {
    await reached.close();
  }
}
