import { UserId } from "../../adapters/matrix/ids.ts";
import type { AccountName } from "../../bridge/model/ids.ts";
import type { AccountConfig } from "../../config/config.ts";
import { nearest } from "../../config/nearest.ts";
import type { Configured } from "../configured.ts";
import type { Io } from "../io.ts";
import { loginMends, type MatrixWords, matrixFaults } from "../texts/shape-matrix.ts";

/** The account of that name, or the only one there is; null when it is not clear which, which is said. */
export function accountCalled(
  io: Io,
  { config, words }: Configured,
  name: string | null,
): AccountConfig | null {
  const say = words.matrix;
  const known = [...config.matrix.keys()];
  const [only, ...others] = known;
  if (only === undefined) {
    io.err(`${say.noAccounts}\n`);
    return null;
  }
  if (name === null && others.length > 0) {
    io.err(`${say.whichAccount(known)}\n`);
    return null;
  }
  const wanted: AccountName | undefined = name === null ? only : known.find((one) => one === name);
  const found = wanted === undefined ? undefined : config.matrix.get(wanted);
  if (found !== undefined) return found;
  io.err(`${say.unknownAccount(name ?? "", nearest(name ?? "", known), known)}\n`);
  return null;
}

/** Somebody's Matrix name as it was written; null when it is none, which is said. */
export function userCalled(io: Io, { words }: Configured, written: string): UserId | null {
  const user = UserId.safeParse(written.trim());
  if (user.success) return user.data;
  io.err(`${words.matrix.badUser(written.slice(0, 60))}\n`);
  return null;
}

/** Why nothing is sent to a room, or what is not as it should be in it, in words. */
export const heldText = (code: string, say: MatrixWords): string =>
  Object.entries({ ...say.flaws, ...say.held }).find(([known]) => known === code)?.[1] ?? code;

/** Why an account cannot be used, where somebody has to log it in; null: that is not it. */
export function outText(code: string, account: AccountName, say: MatrixWords): string | null {
  if (code === "no_session") return say.noLogin(account);
  return loginMends.some((fault) => fault === code) ? say.lost(account, faultText(code, say)) : null;
}

/** Why something came to nothing, in words. */
export function faultText(code: string, say: MatrixWords): string {
  const known = matrixFaults.find((fault) => fault === code);
  if (known !== undefined) return say.faults[known];
  return code === "out" ? say.held.out : say.otherFault(code);
}
