import type { Account } from "../../adapters/matrix/account.ts";
import type { AccountName, Millis } from "../../bridge/model/ids.ts";
import type { Config } from "../../config/config.ts";
import { matrixRooms } from "../room-kinds.ts";

/** The accounts as they run (see accounts.ts). */
export interface AccountsAtWork {
  of(name: AccountName): Pick<Account, "state"> | null;
  problem(name: AccountName): string | null;
}

/** How an account that runs stands with its server. */
export interface AccountStanding {
  readonly name: AccountName;
  /** Whether its server is heard. */
  readonly up: boolean;
  /** When it was heard last since the start; null: not yet. */
  readonly heardAt: Millis | null;
  /** What keeps it from hearing, a code; null: nothing, as far as is known. */
  readonly trouble: string | null;
}

/** Every account that serves a room; none while they are opened or closed. */
export function accountStandings(
  config: Config,
  accounts: AccountsAtWork | null,
): readonly AccountStanding[] {
  if (accounts === null) return [];
  const names = new Set(matrixRooms(config).map((room) => room.account));
  return [...names].flatMap((name) => {
    const problem = accounts.problem(name);
    const state = accounts.of(name)?.state() ?? null;
    if (problem === null && state === null) return [];
    const trouble = problem ?? state?.ended ?? state?.trouble ?? null;
    const heardAt = state?.heardAt ?? null;
    return [{ name, up: trouble === null && heardAt !== null, heardAt, trouble }];
  });
}
