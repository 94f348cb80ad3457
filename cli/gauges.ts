import type { MetricFamily, MetricSample } from "../bridge/metrics.ts";
import type { Notifier } from "../bridge/notices/notifier.ts";
import type { Ready } from "../bridge/readiness.ts";
import type { Space } from "../bridge/space.ts";
import { certificateEnds } from "./certificate-ends.ts";
import type { Core } from "./core.ts";
import type { AccountStanding } from "./matrix/standing.ts";
import type { BotStanding } from "./telegram/standing.ts";

export interface GaugesOptions {
  readonly core: Core;
  readonly accounts: readonly AccountStanding[];
  readonly bots: readonly BotStanding[];
  readonly space: Space;
  readonly notices: Notifier;
  readonly ready: Ready;
}

const DAY = 86_400_000;
const family = (
  name: string,
  help: string,
  samples: readonly MetricSample[],
  type: MetricFamily["type"] = "gauge",
): MetricFamily => ({ name, help, type, samples });
const one = (value: number | null): readonly MetricSample[] =>
  value === null ? [] : [{ labels: {}, value }];

/** What is measured when it is asked for: lanes, ages, room on the disk. */
export function gauges({
  core,
  accounts,
  bots,
  space,
  notices,
  ready,
}: GaugesOptions): readonly MetricFamily[] {
  const { config, bridge, clock } = core;
  const { store } = bridge;
  const now = clock.now();
  const seconds = (since: number): number => Math.max(0, now - since) / 1000;
  const rooms = [...config.rooms.keys()];
  const ofRooms = (value: (room: (typeof rooms)[number]) => number | null): readonly MetricSample[] =>
    rooms.flatMap((room) => {
      const found = value(room);
      return found === null ? [] : [{ labels: { room }, value: found }];
    });
  const lengths = new Map(store.lanes.lengths().map(({ room, n }) => [room, n]));
  const dead = store.deliveries.dead();
  const { free } = space.state();
  return [
    family("postern_ready", "Whether announcements flow, as /ready says.", one(ready.ready ? 1 : 0)),
    family(
      "postern_lane_length",
      "Deliveries that wait in a room.",
      ofRooms((room) => lengths.get(room) ?? 0),
    ),
    family(
      "postern_lane_age_seconds",
      "How long the first in a room has waited; 0: none waits.",
      ofRooms((room) => {
        const head = store.lanes.head(room);
        const first = head === null ? null : store.deliveries.get(head);
        return first === null ? 0 : seconds(first.accepted_at);
      }),
    ),
    family(
      "postern_dead_letters",
      "Deliveries that a room refused for good.",
      ofRooms((room) => dead.reduce((sum, d) => (d.room === room ? sum + d.n : sum), 0)),
    ),
    family(
      "postern_certificate_days",
      "Days until a room's certificate ends.",
      ofRooms((room) => {
        const ends = certificateEnds(core, room);
        return ends === null ? null : Math.floor((ends - now) / DAY);
      }),
    ),
    family(
      "postern_source_last_read_age_seconds",
      "How long ago a source was read last.",
      [...config.sources.keys()].flatMap((source) => {
        const at = store.sources.readAt(source);
        return at === null ? [] : [{ labels: { source }, value: seconds(at) }];
      }),
    ),
    ...(accounts.length === 0
      ? []
      : [
          family(
            "postern_account_up",
            "Whether an account hears its server; 0: it is logged out, or does not.",
            accounts.map(({ name: account, up }) => ({ labels: { account }, value: up ? 1 : 0 })),
          ),
          family(
            "postern_account_last_heard_age_seconds",
            "How long ago an account heard its server last.",
            accounts.flatMap(({ name: account, heardAt }) =>
              heardAt === null ? [] : [{ labels: { account }, value: seconds(heardAt) }],
            ),
          ),
        ]),
    ...(bots.length === 0
      ? []
      : [
          family(
            "postern_bot_up",
            "Whether a Telegram bot hears Telegram; 0: it does not, or its token is refused.",
            bots.map(({ name: bot, up }) => ({ labels: { bot }, value: up ? 1 : 0 })),
          ),
          family(
            "postern_bot_last_heard_age_seconds",
            "How long ago a Telegram bot heard Telegram last.",
            bots.flatMap(({ name: bot, heardAt }) =>
              heardAt === null ? [] : [{ labels: { bot }, value: seconds(heardAt) }],
            ),
          ),
        ]),
    family(
      "postern_notices_total",
      "Notices to the rep, by route and whether they arrived.",
      [...notices.counts()].flatMap(([route, { sent, failed }]) => [
        { labels: { route, result: "arrived" }, value: sent },
        { labels: { route, result: "failed" }, value: failed },
      ]),
      "counter",
    ),
    family(
      "postern_troubles",
      "Troubles that the rep was told of and that last, by code.",
      [...Map.groupBy(notices.lasting(), ({ code }) => code)].map(([code, all]) => ({
        labels: { code },
        value: all.length,
      })),
    ),
    family("postern_spool_bytes", "Files on their way.", one(bridge.spool.used())),
    family("postern_free_bytes", "Free space where the bridge writes.", one(free)),
    family("process_resident_memory_bytes", "Memory of the process.", one(process.memoryUsage.rss())),
    family(
      "process_start_time_seconds",
      "When the process started, unix seconds.",
      one(Math.round(Date.now() / 1000 - process.uptime())),
    ),
  ];
}
