import { hashedId, reasonOf } from "../bridge/log/events.ts";
import type { Logger } from "../bridge/log/logger.ts";
import type { SourceName } from "../bridge/model/ids.ts";
import type { Reports } from "../bridge/runtime.ts";
import { isFull } from "../bridge/space.ts";
import type { Core } from "./core.ts";
import type { RunWords } from "./run-words.ts";
import { faultText } from "./telegram/asked.ts";
import { botOfCarrier } from "./telegram/carried.ts";
import type { Words } from "./texts/shape.ts";

export interface ReportsOptions {
  readonly core: Core;
  readonly logger: Logger;
  readonly say: RunWords;
  readonly words: Words;
  /** Tells the rep in plain words. */
  readonly tell: (text: string) => void;
}

/** What the runtime tells, as log events; and in plain words, once, what the rep has to act on. */
export function createReports({ core, logger, say, words, tell }: ReportsOptions): Reports {
  const told = new Set<string>();
  const once = (key: string, text: string): void => {
    if (told.has(key)) return;
    told.add(key);
    tell(text);
  };
  const idOf = (text: string) => hashedId(core.vault.hash("identity", text));
  const setTrouble = (source: SourceName, code: string): void => {
    try {
      core.bridge.store.sources.setTrouble(source, code);
    } catch (error) {
      // It is for `status` alone, and a disk without room has told of itself.
      if (!isFull(error)) throw error;
    }
  };
  const troubleText = (code: string): string =>
    Object.entries(words.status.troubles).find(([known]) => known === code)?.[1] ?? code;

  return {
    intake(report) {
      const { source } = report;
      if (report.kind === "accepted") {
        const { posts, edits, removals, ignored } = report.accepted;
        told.delete(`denied/${source}`);
        logger.event("source.batch", {
          source,
          at: report.readAt,
          count: posts + edits + removals + ignored,
        });
        if (posts > 0) logger.event("announcement.accepted", { source, count: posts });
        if (edits > 0) logger.event("announcement.edited", { source, count: edits });
        if (removals > 0) logger.event("announcement.removed", { source, count: removals });
      } else if (report.kind === "vanished") {
        logger.event("source.removals_held", { source, count: report.count });
        once(`vanished/${source}/${report.count}`, say.vanished(source, report.count));
      } else if (report.kind === "denied") {
        logger.event("source.denied", { source });
        setTrouble(source, "access_denied");
        once(`denied/${source}`, say.sourceDenied(source));
      } else {
        const reason = reasonOf(report.code);
        logger.event(report.kind === "stopped" ? "source.stopped" : "source.trouble", { source, reason });
        setTrouble(source, reason);
        if (report.kind === "stopped") tell(say.sourceStopped(source, troubleText(report.code)));
      }
    },
    delivery(d, outcome) {
      const fields = { room: d.room, id: idOf(d.announcement), attempt: d.tries };
      if (outcome.kind === "sent") logger.event("delivery.sent", fields);
      else logger.event(`delivery.${outcome.kind}`, { ...fields, reason: reasonOf(outcome.code) });
      if (outcome.kind === "retry" && outcome.code === "certificate_over")
        once(`certificate/${d.room}`, say.certificateOver(d.room));
      if (outcome.kind === "refused") once(`refused/${d.room}`, say.refused(d.room));
    },
    media(code) {
      const event = {
        media_ready: "media.fetched",
        media_retry: "media.late",
        media_failed: "media.failed",
      } as const;
      logger.event(event[code]);
    },
    carrier(room, carrier, code, why) {
      const key = `carrier/${room}/${carrier}`;
      if (code === "copied") {
        logger.event("carrier.copied", { room });
        told.delete(key);
        return;
      }
      const bot = botOfCarrier(core.config, room, carrier);
      logger.event("carrier.failed", {
        room,
        ...(bot === null ? {} : { bot }),
        ...(why === null ? {} : { reason: reasonOf(why) }),
      });
      if (bot === null) once(key, say.carrierFailed(room, core.config.feed.folder));
      else once(key, say.chatFailed(room, faultText(why ?? "other", words.telegram)));
    },
  };
}
