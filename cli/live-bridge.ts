import type { Logger } from "../bridge/log/logger.ts";
import { createQueue } from "../bridge/queue.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { describe } from "../config/texts.ts";
import { type Core, withConfig } from "./core.ts";
import type { Io } from "./io.ts";
import { reopening } from "./matrix/reopening.ts";
import { notSetUp } from "./matrix/rooms.ts";
import type { Live, Reloaded } from "./operations/live.ts";
import type { Served, ServeOptions } from "./serve.ts";
import { wordsOf } from "./texts/index.ts";

export interface LiveBridgeOptions {
  readonly io: Io;
  readonly core: Core;
  readonly logger: Logger;
  /** What is served over a core: sources, page and reports. `known`: the rooms that were served before. */
  readonly parts: (core: Core, known: Config | null) => Promise<ServeOptions>;
  readonly troubles: Live["troubles"];
}

/** The bridge that runs, as commands reach it: what it serves may be changed under it. */
export interface LiveBridge extends Live {
  /** The core as of now. */
  readonly core: Core;
  /** It runs from here on. */
  started(served: Served, parts: ServeOptions): Promise<void>;
  /** Opens accounts again whose keys could not be had for a while, until `signal` aborts. */
  reopening(signal: AbortSignal): Promise<void>;
}

export function createLiveBridge(o: LiveBridgeOptions): LiveBridge {
  let core = o.core;
  let running: { readonly served: Served; readonly parts: ServeOptions } | null = null;
  let behind = false;

  // What is served is changed by one at a time.
  const turn = createQueue();
  const renew = (): Promise<void> =>
    turn(async () => {
      behind = running === null;
      if (running === null) return;
      // Nothing of the feed changes, so it has no fault.
      await running.served.renew(core, { ...running.parts, before: async () => true });
    });

  const refused = (errors: readonly string[], warnings: readonly string[] = []): Reloaded => {
    o.logger.event("config.refused", { count: errors.length });
    return { kind: "refused", errors: [...errors], warnings: [...warnings] };
  };

  return {
    get core() {
      return core;
    },
    wake: () => running?.served.wake(),
    get accounts() {
      return running?.served.accounts ?? null;
    },
    get bots() {
      return running?.served.bots ?? null;
    },
    renew,
    troubles: o.troubles,
    async reload(lang) {
      const say = wordsOf(lang).reload;
      if (running === null) return { kind: "not_now", why: say.starting };
      const loaded = await loadConfig({ file: core.config.file, env: o.io.env, secrets: true, lang });
      const warnings = loaded.warnings.map((warning) => describe(warning, lang));
      if (!loaded.ok)
        return refused(
          loaded.errors.map((error) => describe(error, lang)),
          warnings,
        );
      if (loaded.config.data !== core.config.data) return refused([say.otherData], warnings);
      const { config, restart } = inForce(core.config, loaded.config);
      const next = withConfig(core, config);
      const parts = await o.parts(next, core.config).catch(() => null);
      if (parts === null) return refused([say.unreadable], warnings);
      const { served } = running;
      const fault = await turn(async () => {
        const fault = await served.renew(next, parts);
        if (fault !== null) return fault;
        core = next;
        running = { served, parts };
        return null;
      });
      if (fault !== null) return refused([say.port(fault.address, fault.code === "port_taken")], warnings);
      o.logger.event("bridge.reloaded");
      const keyless = await notSetUp(core);
      return { kind: "reloaded", warnings, keyless: [...keyless], restart: [...restart] };
    },
    async started(served, parts) {
      running = { served, parts };
      // Keys that were made while it started.
      if (behind) await renew();
    },
    reopening: (signal) =>
      reopening(
        {
          clock: core.clock,
          problems: () =>
            [...core.config.matrix.keys()].flatMap(
              (account) => running?.served.accounts?.problem(account) ?? [],
            ),
          renew,
        },
        signal,
      ),
  };
}

/**
 * What of a new configuration counts at once. The vault is open, the log is being written, and what looks after the
 * bridge does so from its start to its end.
 */
function inForce(
  old: Config,
  next: Config,
): { readonly config: Config; readonly restart: readonly string[] } {
  const { vault, witness, log, lang, notices, disk, monitor } = old;
  const kept = { vault, witness, log, lang, notices, disk, monitor };
  const restart = Object.entries(kept)
    .filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(new Map(Object.entries(next)).get(key)),
    )
    .map(([key]) => key);
  return { config: { ...next, ...kept }, restart };
}
