import type { Destination } from "../bridge/outbox/destination.ts";
import type { Lifetime } from "../bridge/runtime.ts";
import type { Core } from "./core.ts";
import { type Accounts, type AccountsOptions, openAccounts } from "./matrix/accounts.ts";
import { type Bots, type BotsOptions, openBots } from "./telegram/bots.ts";

/** The messengers that rooms are in, open. Of those that no room needs nothing is loaded. */
export interface Messengers {
  readonly accounts: Accounts;
  readonly bots: Bots;
  readonly destinations: readonly Destination[];
  readonly lifetimes: readonly Lifetime[];
  close(): Promise<void>;
}

export interface MessengersOptions {
  /** What they tell of themselves; absent: nobody listens. */
  readonly accounts?: AccountsOptions["report"] | undefined;
  readonly bots?: BotsOptions["report"] | undefined;
  /** A room may be served again: its lane waits for that, and not for a time. */
  readonly wake: () => void;
}

export async function openMessengers(core: Core, o: MessengersOptions): Promise<Messengers> {
  const bots = await openBots(core, {
    report(bot, event) {
      if (event.kind === "room") o.wake();
      o.bots?.(bot, event);
    },
  });
  const accounts = await openAccounts(core, {
    report(account, event) {
      if (event.kind === "room") o.wake();
      o.accounts?.(account, event);
    },
  }).catch((error: unknown) => {
    bots.close();
    throw error;
  });
  return {
    accounts,
    bots,
    destinations: [...accounts.destinations, ...bots.destinations],
    lifetimes: [...accounts.lifetimes, ...bots.lifetimes],
    async close() {
      bots.close();
      await accounts.close();
    },
  };
}
