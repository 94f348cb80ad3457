import { reasonOf } from "../bridge/log/events.ts";
import type { Counters } from "../bridge/metrics.ts";
import type { Notifier } from "../bridge/notices/notifier.ts";
import type { Reports } from "../bridge/runtime.ts";
import type { Core } from "./core.ts";
import { matrixRoom, telegramRoom } from "./room-kinds.ts";
import type { SourceStates } from "./source-states.ts";
import { botOfCarrier } from "./telegram/carried.ts";

export interface WatchReportsOptions {
  readonly reports: Reports;
  readonly notices: Pick<Notifier, "raise" | "clear">;
  readonly counters: Counters;
  readonly states: SourceStates;
  /** `<room>/<carrier>` of copies that fail: a trouble is over when none of a room's does. */
  readonly failing: Set<string>;
  readonly core: () => Core;
}

/** Passes reports on, and makes notices and counts of them. */
export function watchReports({
  reports,
  notices,
  counters,
  states,
  failing,
  core,
}: WatchReportsOptions): Reports {
  return {
    intake(report) {
      const { source } = report;
      const read = states.note(report);
      if (report.kind === "accepted") {
        const { posts: accepted, edits: edited, removals: removed, ignored } = report.accepted;
        for (const [event, n] of Object.entries({ accepted, edited, removed, ignored }))
          counters.add("postern_announcements_total", { source, event }, n);
        if (read)
          for (const code of ["source_stopped", "source_blind"] as const) notices.clear({ code, source });
      } else if (report.kind === "vanished") notices.raise({ code: "vanished", source, count: report.count });
      else if (report.kind === "denied") notices.raise({ code: "source_denied", source });
      else {
        const reason = reasonOf(report.code);
        counters.add("postern_source_troubles_total", { source, code: reason });
        notices.raise({
          code: report.kind === "stopped" ? "source_stopped" : "source_blind",
          source,
          reason,
        });
      }
      reports.intake(report);
    },
    delivery(d, outcome) {
      counters.add("postern_deliveries_total", { room: d.room, outcome: outcome.kind });
      const { room } = d;
      if (outcome.kind === "sent")
        for (const code of ["room_waiting", "unsure"] as const) notices.clear({ code, room });
      else if (outcome.kind !== "refused") {
        const account = matrixRoom(core().config, room)?.account;
        const bot = telegramRoom(core().config, room)?.bot;
        const reason = reasonOf(outcome.code);
        const of = { ...(account === undefined ? {} : { account }), ...(bot === undefined ? {} : { bot }) };
        if (outcome.code === "unsure") notices.raise({ code: "unsure", room, ...of });
        else notices.raise({ code: "room_waiting", room, ...of, reason });
      } else {
        const dead = core().bridge.store.deliveries.dead();
        const count = dead.reduce((sum, one) => (one.room === d.room ? sum + one.n : sum), 0);
        notices.raise({ code: "dead_letters", room: d.room, count });
      }
      reports.delivery(d, outcome);
    },
    media(code, kind) {
      counters.add("postern_media_total", { result: code.replace("media_", "") });
      reports.media(code, kind);
    },
    carrier(room, carrier, code, why) {
      if (code === "carrier_failed") {
        counters.add("postern_carrier_failures_total", { room, carrier });
        failing.add(`${room}/${carrier}`);
        const bot = botOfCarrier(core().config, room, carrier);
        const reason = why === null ? {} : { reason: reasonOf(why) };
        notices.raise({ code, room, ...(bot === null ? {} : { bot, ...reason }) });
      }
      reports.carrier(room, carrier, code, why);
    },
  };
}
