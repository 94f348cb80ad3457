import type { z } from "zod";
import type { AccountName } from "../../bridge/model/ids.ts";
import type { AccountConfig } from "../../config/config.ts";
import { agreedCode, freshCode } from "../agreed-code.ts";
import type { Ask } from "../ask.ts";
import { type Asked, type Configured, configured } from "../configured.ts";
import type { ExitCode, Io } from "../io.ts";
import { accountCalled, faultText, outText } from "../matrix/asked.ts";
import { matrixLogin as login, matrixAccount, matrixSign, type Signed } from "../operations/matrix.ts";
import type { Reached } from "../reach.ts";
import { reachBridge } from "../reach-bridge.ts";
import { seedOf, wrongWithCode } from "../recovery-words.ts";
import { matrixRooms } from "../room-kinds.ts";
import type { CodeWords } from "../texts/shape-code.ts";

export interface MatrixLoginOptions extends Asked {
  /** null: the only account there is. */
  readonly account: string | null;
  /** Whether the account gets another recovery code, and with it another identity. */
  readonly newCode?: boolean;
}

type Proof = z.output<(typeof login)["input"]>["proof"];

/**
 * `postern matrix login`: password or access token are typed, hidden, and kept nowhere. The account's recovery code is
 * agreed upon when the server has let it in, unless its identity is kept already.
 */
export async function matrixLogin(io: Io, options: MatrixLoginOptions): Promise<ExitCode> {
  const loaded = await configured(io, options, { secrets: false });
  if (loaded === null) return 1;
  const { config, lang, words } = loaded;
  const account = accountCalled(io, loaded, options.account);
  if (account === null) return 1;
  if (io.ask === null) {
    io.err(`${words.matrix.login.needsTerminal}\n`);
    return 1;
  }
  const found = await reachBridge(config, { io, lang, make: true });
  if (!found.ok || found.reached === null) {
    const problem = found.ok ? { code: "no_answer" as const, where: "" } : found.problem;
    io.err(`${words.open[problem.code](problem.where)}\n`);
    return 2;
  }
  const { reached } = found;
  try {
    return await loggedIn(io, io.ask, loaded, account, reached, options.newCode === true);
  } finally {
    await reached.close();
  }
}

async function loggedIn(
  io: Io,
  ask: Ask,
  loaded: Configured,
  account: AccountConfig,
  reached: Reached,
  newCode: boolean,
): Promise<ExitCode> {
  const { config, words } = loaded;
  const say = words.matrix.login;
  const tell = (text: string): void => io.err(`${text}\n`);
  const { name } = account;
  const known = await reached.ask(matrixAccount, { account: name });
  tell(say.intro(name));
  if (known !== null) {
    const { user, problem } = known;
    const lost = problem !== null && outText(problem, name, words.matrix) !== null;
    tell(lost ? say.lost(user, faultText(problem, words.matrix)) : say.again(user));
    if ((await ask.confirm(say.goOn, words.matrix.yes, words.matrix.no)) !== true) {
      tell(say.cancelled);
      return 1;
    }
  }
  if (newCode) tell(say.newCode);
  const proof = await proofOf(ask, loaded);
  if (proof === null) {
    tell(say.cancelled);
    return 1;
  }
  const done = await reached.ask(login, { account: name, proof, newCode });
  if (done.kind === "fault") {
    tell(say.failed(faultText(done.code, words.matrix)));
    return 2;
  }
  if (done.old === "left") tell(say.oldLeft(account.deviceName));
  const signed = await confirmed(ask, loaded, name, reached, done.signed, { proof, newCode }, tell);
  if (signed) tell(say.done(done.user));
  const rooms = matrixRooms(config).flatMap((room) => (room.account === name ? [room.name] : []));
  if (known === null && rooms.length > 0) tell(say.next(rooms));
  return signed ? 0 : 2;
}

async function proofOf(ask: Ask, { words }: Configured): Promise<Proof | null> {
  const say = words.matrix.login;
  const how = await ask.choose(say.how, [
    { value: "password", label: say.byPassword },
    { value: "token", label: say.byToken },
  ]);
  if (how === null) return null;
  if (how === "token") {
    const token = (await ask.secret(say.token))?.trim() ?? "";
    return token === "" ? null : { kind: "token", token };
  }
  const user = await ask.line(say.user, (answer) => (answer.trim() === "" ? say.empty : null));
  if (user === null) return null;
  const password = await ask.secret(say.password);
  return password === null || password === "" ? null : { kind: "password", user: user.trim(), password };
}

/**
 * Has the device confirmed where the login alone did not: with a recovery code, which is agreed upon now that there is
 * something to keep it for, with the password, or in place of another identity. False: it is not, which is said.
 */
async function confirmed(
  ask: Ask,
  { words }: Configured,
  account: AccountName,
  reached: Reached,
  first: Signed,
  { proof, newCode }: { readonly proof: Proof; readonly newCode: boolean },
  tell: (text: string) => void,
): Promise<boolean> {
  const say = words.matrix.login;
  const sayCode = { ...words.room, ...say.code };
  let signed = first;
  let code: Uint8Array | null = null;
  let password = proof.kind === "password" ? proof.password : null;
  let replace = newCode;
  let asked = false;
  const again = async (): Promise<void> => {
    const sent = code === null ? null : code.slice();
    signed = await reached.ask(matrixSign, { account, code: sent, password, replace });
  };
  while (signed !== "signed") {
    if (signed === "no_identity") {
      code = newCode
        ? await freshCode(ask, sayCode, tell)
        : await agreedCode(ask, sayCode, say.codeIntro(account), tell);
      if (code === null) break;
    } else if (signed === "other_identity") {
      const way = await ask.choose(say.otherIdentity, [
        { value: "code", label: say.otherCode },
        { value: "replace", label: say.replaceIt },
        { value: "leave", label: say.leaveIt },
      ]);
      if (way === null || way === "leave") break;
      if (way === "code") code = await typedSeed(ask, sayCode);
      if (code === null) break;
      replace = way === "replace";
    } else if (signed === "password_needed" && !asked && password === null) {
      tell(say.passwordNeeded);
      password = await ask.secret(say.passwordAgain);
      asked = true;
      if (password === null) break;
    } else break;
    await again();
  }
  code?.fill(0);
  if (signed === "signed") return true;
  const why = typeof signed === "string" ? signed : signed.code;
  if (why === "no_identity" || why === "other_identity") tell(say.unsignedYet);
  else
    tell(
      say.unsigned(
        why === "password_needed" ? words.matrix.faults.wrong_password : faultText(why, words.matrix),
      ),
    );
  return false;
}

async function typedSeed(ask: Ask, say: CodeWords): Promise<Uint8Array | null> {
  const typed = await ask.aside(() => ask.line(say.typeCode, (answer) => wrongWithCode(answer, say)));
  return typed === null ? null : seedOf(typed);
}
