import type { ReaderFiles } from "../adapters/web/feed/server.ts";
import { createTreeCarrier } from "../adapters/web/feed/tree.ts";
import { systemDisk } from "../bridge/disk.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import type { Source } from "../bridge/model/source.ts";
import { type Reports, type Runtime, startRuntime } from "../bridge/runtime.ts";
import type { Carrier } from "../bridge/seal/carrier.ts";
import { type Witness, witnessed } from "../bridge/seal/witness.ts";
import type { Core } from "./core.ts";
import { drainTime } from "./drain.ts";
import { type Feed, type FeedFault, openFeed } from "./feed.ts";
import type { Accounts } from "./matrix/accounts.ts";
import { type Messengers, type MessengersOptions, openMessengers } from "./messengers.ts";
import type { Care } from "./oversight.ts";
import { notePromises } from "./promised.ts";
import type { Bots } from "./telegram/bots.ts";
import { openCarriers } from "./telegram/carriers.ts";

export interface ServeOptions {
  readonly sources: readonly Source[];
  /** The reader page, where the feed serves it. */
  readonly reader: ReaderFiles | null;
  readonly reports: Reports;
  /** What Matrix accounts and Telegram bots tell of themselves; absent: nobody listens. */
  readonly accounts?: MessengersOptions["accounts"];
  readonly bots?: MessengersOptions["bots"];
  /** Nothing is shown that it does not know; null: there is none. `failed`: it could not be written. */
  readonly witness: { readonly of: Witness; readonly failed: () => void } | null;
  /** What looks after it; absent: nothing does. */
  readonly care?: Care;
  /** Done when the feed listens and before anything is read or sent. False: it is not to go on. */
  readonly before?: () => Promise<boolean>;
}

export interface Served {
  /** Where the page is opened, with a closing slash; null when nothing listens and no address is configured. */
  readonly page: string | null;
  readonly port: number | null;
  /** Rejects when a part broke; resolves when all ended. */
  readonly ended: Promise<void>;
  /** Something was queued from outside: look again. */
  wake(): void;
  /** The Matrix accounts of now; null: between two generations. */
  readonly accounts: Accounts | null;
  /** The same of Telegram bots. */
  readonly bots: Bots | null;
  /**
   * Ends what runs, draining it, and starts it anew over the same database: over the core and with the settings
   * given. A fault of the feed changes nothing. One call at a time.
   */
  renew(core: Core, o: ServeOptions): Promise<FeedFault | null>;
  /** `cut`: when what is still under way is left to itself. */
  stop(cut?: AbortSignal): Promise<void>;
}

export type ServeResult =
  | { readonly ok: true; readonly served: Served }
  | { readonly ok: false; readonly code: FeedFault["code"] | "ended"; readonly address: string };

/** Starts feed and runtime over an opened core. */
export async function serve(core: Core, o: ServeOptions): Promise<ServeResult> {
  await core.bridge.sweep();
  const opened = await openFeed(core.config, o.reader, core.clock, o.care?.asked);
  if (!opened.ok) return { ok: false, ...opened.fault };
  const { feed } = opened;
  if ((await o.before?.()) === false) {
    await feed.close();
    return { ok: false, code: "ended", address: "" };
  }

  let settled = { ok: () => {}, broken: (_error: unknown) => {} };
  const ended = new Promise<void>((resolve, reject) => {
    settled = { ok: resolve, broken: reject };
  });
  ended.catch(() => undefined);
  let current: Generation | null = null;
  const start = async (over: Core, options: ServeOptions): Promise<void> => {
    const { accounts, bots } = options;
    notePromises(over);
    const messengers = await openMessengers(over, { accounts, bots, wake: () => current?.runtime.wake() });
    const chats = await openCarriers(over, messengers.bots, () => feed.page);
    const runtime = runtimeOf(over, options, feed, messengers, chats);
    const mine = { runtime, messengers };
    current = mine;
    runtime.ended.then(
      () => mine === current && settled.ok(),
      (error) => mine === current && settled.broken(error),
    );
  };
  const end = async (generation: Generation | null, cut: AbortSignal | undefined): Promise<void> => {
    await generation?.runtime.stop(cut);
    // What hangs in an engine must not keep the process.
    await orCut(generation?.messengers.close(), cut);
  };
  await start(core, o);

  return {
    ok: true,
    served: {
      get page() {
        return feed.page;
      },
      get port() {
        return feed.port;
      },
      ended,
      wake: () => current?.runtime.wake(),
      get accounts() {
        return current?.messengers.accounts ?? null;
      },
      get bots() {
        return current?.messengers.bots ?? null;
      },
      async renew(next, options) {
        const fault = await feed.change(next.config, options.reader);
        if (fault !== null) return fault;
        const before = current;
        current = null;
        try {
          await drainTime(core.clock, (cut) => end(before, cut));
          await options.before?.();
          await start(next, options);
        } catch (error) {
          settled.broken(error);
          throw error;
        }
        return null;
      },
      async stop(cut) {
        await end(current, cut);
        await feed.close();
      },
    },
  };
}

/** One generation of lifetimes: over one configuration and the rooms that have keys now. */
interface Generation {
  readonly runtime: Runtime;
  readonly messengers: Messengers;
}

/** Resolves when `work` ended, or when `cut` aborts before. */
async function orCut(work: Promise<void> | undefined, cut: AbortSignal | undefined): Promise<void> {
  const late = new Promise<void>((resolve) => {
    if (cut?.aborted === true) resolve();
    else cut?.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([work, late]);
}

function runtimeOf(
  core: Core,
  o: ServeOptions,
  feed: Feed,
  messengers: Messengers,
  chats: readonly Carrier[],
): Runtime {
  const { config, bridge } = core;
  const idOf = (room: RoomName): string => {
    const state = bridge.store.seal.get(room);
    return state === null ? "" : Buffer.from(state.roomId).toString("hex");
  };
  const tree = createTreeCarrier(systemDisk, config.feed.folder, core.failpoints);
  return startRuntime({
    bridge,
    vault: core.vault,
    sources: o.sources,
    carriers: [tree, ...chats].map((one) =>
      o.witness === null ? one : witnessed(one, o.witness.of, o.witness.failed),
    ),
    destinations: messengers.destinations,
    lifetimes: messengers.lifetimes,
    mappings: config.mappings,
    lang(name) {
      const room = config.mappings.find((m) => m.name === name)?.rooms[0];
      return (room === undefined ? undefined : config.rooms.get(room)?.lang) ?? config.lang;
    },
    clock: core.clock,
    random: core.random,
    failpoints: core.failpoints,
    reports: o.reports,
    filesAtOnce: Math.max(1, ...[...config.sources.values()].map((s) => s.media.atOnce)),
    fileDeadline: (source) => config.sources.get(source)?.media.deadline ?? 600_000,
    ...(o.care === undefined
      ? {}
      : { space: o.care.space, spoolMax: o.care.spoolMax, silent: o.care.silent }),
    copied(room, carrier) {
      if (carrier === tree.name) feed.changed(idOf(room));
      o.care?.copied(room, carrier);
    },
  });
}
