import { onTestFinished } from "vitest";
import type { Clock } from "../../bridge/model/effects.ts";
import { takeRunLock } from "../../bridge/store/run-lock.ts";
import { type Core, openCore } from "../../cli/core.ts";
import type { Live } from "../../cli/operations/live.ts";
import type { Handled } from "../../cli/operations/operation.ts";
import { operations } from "../../cli/operations/table.ts";
import { type CommandServer, serveCommands } from "../../cli/socket/server.ts";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { VAULT_KEY } from "./io.helper.ts";

export interface StandIn {
  readonly core: Core;
  readonly server: CommandServer;
  stop(): Promise<void>;
}

export interface StandInOptions {
  readonly live?: Partial<Live>;
  /** What it answers; absent: all that a bridge answers. */
  readonly answers?: readonly Handled[];
  /** The socket's clock; absent: the machine's. */
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string>>;
}

/** What commands find of a bridge that runs: the lock is held and the socket answers. Nothing is read or sent. */
export async function standIn(config: Config, o: StandInOptions = {}): Promise<StandIn> {
  const lock = takeRunLock(config.data, 0);
  if (lock === null) throw new Error("a bridge runs already");
  const opened = await openCore(config, { env: { POSTERN_VAULT_KEY: VAULT_KEY }, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  const whole: Live = {
    accounts: null,
    bots: null,
    wake: () => undefined,
    renew: async () => undefined,
    reload: async () => ({ kind: "not_now", why: "" }),
    troubles: () => [],
    ...o.live,
  };
  const server = await serveCommands({
    dataFolder: config.data,
    env: o.env ?? {},
    operations: o.answers === undefined ? operations : new Map(o.answers.map((one) => [one.name, one])),
    at: () => ({ core, live: whole }),
    clock: o.clock ?? core.clock,
  });
  if (server === null) throw new Error("no place for a socket");
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await server.close();
    core.close();
    lock.release();
  };
  onTestFinished(stop);
  return { core, server, stop };
}

/** The configuration of a folder. */
export async function configOf(file: string): Promise<Config> {
  const loaded = await loadConfig({ file, env: {}, secrets: false });
  if (!loaded.ok) throw new Error("the configuration is refused");
  return loaded.config;
}
