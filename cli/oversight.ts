import { type Monitor, startMonitor } from "../adapters/monitor/server.ts";
import { freeSpace } from "../bridge/disk.ts";
import type { Logger } from "../bridge/log/logger.ts";
import { createCounters } from "../bridge/metrics.ts";
import type { Millis } from "../bridge/model/ids.ts";
import { createNotifier, type Notifier } from "../bridge/notices/notifier.ts";
import { type Ready, readiness } from "../bridge/readiness.ts";
import type { Reports, RuntimeOptions } from "../bridge/runtime.ts";
import { createSpace } from "../bridge/space.ts";
import type { Config, Lang } from "../config/config.ts";
import { certificateEnds } from "./certificate-ends.ts";
import type { Core } from "./core.ts";
import { gauges } from "./gauges.ts";
import { type AccountsAtWork, accountStandings } from "./matrix/standing.ts";
import { noticeRoutes } from "./notice-routes.ts";
import { monitorFailed, noticeText } from "./notice-words.ts";
import { createSourceStates } from "./source-states.ts";
import { type BotsAtWork, botStandings } from "./telegram/standing.ts";
import { watchReports } from "./watch-reports.ts";

export interface OversightOptions {
  /** As of now: a reload puts another in its place. */
  readonly core: () => Core;
  /** The Matrix accounts as they run; null: they do not at the moment. */
  readonly accounts: () => AccountsAtWork | null;
  /** The same of Telegram bots. */
  readonly bots: () => BotsAtWork | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly tell: (text: string) => void;
  readonly lang: Lang;
}

/** What a runtime is watched by. */
export interface Care extends Required<Pick<RuntimeOptions, "space" | "spoolMax" | "silent">> {
  /** A room's log reached a carrier. */
  readonly copied: RuntimeOptions["copied"];
  /** Somebody asked the feed. */
  asked(): void;
}

/** Looks after the bridge while it runs: tells the rep, counts, watches the disk and answers those who watch. */
export interface Oversight {
  readonly notices: Pick<Notifier, "raise" | "clear" | "lasting">;
  readonly care: Care;
  /** The same reports, noticed and counted on their way. */
  watch(reports: Reports): Reports;
  /** The settings and what runs; `feed`: whether it listens, null where it is not to. */
  start(feed: () => boolean | null): Promise<void>;
  /** `broken`: the bridge ends by a fault, which the rep is told as far as `cut` leaves time. */
  stop(broken: boolean, cut: AbortSignal): Promise<void>;
  /** The port of the monitor; null: there is none. */
  readonly port: number | null;
}

const EVERY: Millis = 60_000;
const DAY: Millis = 86_400_000;
/** Before a certificate ends, days. */
const ENDS_SOON = 30;

export function createOversight(o: OversightOptions): Oversight {
  const first = o.core();
  const { clock } = first;
  const { config } = first;
  const counters = createCounters();
  const states = createSourceStates(clock);
  const notices = createNotifier({
    store: first.bridge.store.notices,
    routes: noticeRoutes({ config, env: o.env, logger: o.logger, tell: o.tell }),
    clock,
    after: config.notices.after,
    words: (notice) => noticeText(notice, o.lang),
  });
  const space = createSpace({
    async free() {
      const { data, feed } = o.core().config;
      const found = await Promise.all([freeSpace(data), freeSpace(feed.folder)]);
      const known = found.filter((bytes) => bytes !== null);
      return known.length === 0 ? null : Math.min(...known);
    },
    floor: config.disk.keepFree,
    clock,
    report({ kind, free }) {
      const fields = free === null ? {} : { bytes: free };
      o.logger.event(kind === "full" ? "disk.full" : "disk.back", fields);
      diskNotices();
    },
  });

  const diskNotices = (): void => {
    const { kind, free } = space.state();
    if (kind === "full") notices.raise({ code: "disk_full" });
    // At first nothing is known of it, and what was told before the start may last.
    else if (free !== null) notices.clear({ code: "disk_full" });
    if (kind === "low") notices.raise({ code: "disk_low" });
    else if (kind === "fine" && free !== null) notices.clear({ code: "disk_low" });
  };

  /** What nobody reports: it is looked at. */
  const look = (): void => {
    const core = o.core();
    const { store } = core.bridge;
    const dead = store.deliveries.dead();
    for (const room of core.config.rooms.keys()) {
      const count = dead.reduce((sum, d) => (d.room === room ? sum + d.n : sum), 0);
      if (count > 0) notices.raise({ code: "dead_letters", room, count });
      else notices.clear({ code: "dead_letters", room });
      // What waited may have been removed at its source: then nothing is sent that would say so.
      if (store.lanes.head(room) === null)
        for (const code of ["room_waiting", "unsure"] as const) notices.clear({ code, room });
      if (store.seal.get(room)?.halted == null) notices.clear({ code: "room_halted", room });
      certificate(core, room);
    }
    if (core.bridge.spool.used() >= config.disk.spoolMax) notices.raise({ code: "spool_full" });
    else notices.clear({ code: "spool_full" });
    diskNotices();
  };

  const certificate = (core: Core, room: Parameters<Care["copied"]>[0]): void => {
    const ends = certificateEnds(core, room);
    if (ends === null) return;
    const days = Math.ceil((ends - clock.now()) / DAY);
    if (days <= 0) notices.raise({ code: "certificate_over", room });
    else notices.clear({ code: "certificate_over", room });
    if (days > 0 && days <= ENDS_SOON) notices.raise({ code: "certificate_ends", room, count: days });
    else if (days > ENDS_SOON) notices.clear({ code: "certificate_ends", room });
  };

  let feed: () => boolean | null = () => null;
  const ready = (): Ready => {
    const core = o.core();
    return readiness({
      database: isOpen(core),
      feed: feed(),
      space: space.state().kind,
      sources: states.of(core.config),
      accounts: accountStandings(core.config, o.accounts()),
      bots: botStandings(core.config, o.bots()),
      now: clock.now(),
    });
  };

  const ending = new AbortController();
  let monitor: Monitor | null = null;
  /** `<room>/<carrier>` of copies that fail. */
  const failing = new Set<string>();
  let running: Promise<unknown> = Promise.resolve();

  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      look();
      await clock.sleep(EVERY, ending.signal);
    }
  };

  return {
    notices,
    care: {
      space,
      spoolMax: config.disk.spoolMax,
      silent(source, rooms) {
        for (const room of rooms) o.logger.event("source.blind", { source, room });
      },
      copied(room, carrier) {
        failing.delete(`${room}/${carrier}`);
        if (![...failing].some((one) => one.startsWith(`${room}/`)))
          notices.clear({ code: "carrier_failed", room });
      },
      asked: () => counters.add("postern_feed_requests_total", {}),
    },
    watch: (reports) => watchReports({ reports, notices, counters, states, failing, core: o.core }),
    get port() {
      return monitor?.port ?? null;
    },
    async start(listening) {
      feed = listening;
      running = Promise.all([notices.run(ending.signal), loop()]);
      monitor = await listen(config, ready, () => [
        ...counters.families(),
        ...gauges({
          core: o.core(),
          accounts: accountStandings(o.core().config, o.accounts()),
          bots: botStandings(o.core().config, o.bots()),
          space,
          notices,
          ready: ready(),
        }),
      ]);
      if (monitor !== null || config.monitor.listen === null) return;
      const { host, port } = config.monitor.listen;
      o.logger.event("monitor.failed", { status: port });
      o.tell(monitorFailed(`${host}:${port}`, o.lang));
    },
    async stop(broken, cut) {
      ending.abort();
      await running;
      if (broken) notices.raise({ code: "bridge_failed" });
      if (broken) await notices.flush(cut);
      await monitor?.close();
    },
  };
}

function isOpen(core: Core): boolean {
  try {
    return core.db.prepare("SELECT 1").pluck().get() === 1;
  } catch {
    return false;
  }
}

/** null: there is to be none, or it cannot listen there. Announcements matter more than who watches them. */
async function listen(
  { monitor }: Config,
  ready: () => Ready,
  metrics: Parameters<typeof startMonitor>[0]["metrics"],
): Promise<Monitor | null> {
  if (monitor.listen === null) return null;
  return startMonitor({ ...monitor.listen, ready, metrics }).catch(() => null);
}
