import { reasonOf } from "../../bridge/log/events.ts";
import type { Logger } from "../../bridge/log/logger.ts";
import type { BotName } from "../../bridge/model/ids.ts";
import type { Notifier } from "../../bridge/notices/notifier.ts";
import type { BotsOptions } from "./bots.ts";

export interface BotReportsOptions {
  readonly logger: Logger;
  readonly notices: Pick<Notifier, "raise" | "clear">;
}

/** What Telegram bots tell, as log events, and as notices where the rep has to act. */
export function botReports({ logger, notices }: BotReportsOptions): BotsOptions["report"] {
  const out = (bot: BotName, code: string): void => {
    logger.event("bot.out", { bot, reason: reasonOf(code) });
    notices.raise({ code: "bot_out", bot, reason: reasonOf(code) });
  };
  const trouble = (bot: BotName, code: string): void => {
    const reason = reasonOf(code);
    logger.event(code === "conflict" ? "bot.shared" : "bot.trouble", { bot, reason });
    // What is sent goes on: only the news go to somebody else.
    if (code === "conflict") notices.raise({ code: "bot_shared", bot });
    else notices.raise({ code: "bot_silent", bot, reason });
  };
  return (bot, event) => {
    switch (event.kind) {
      case "closed":
      case "ended":
        return out(bot, event.code);
      case "heard":
        logger.event("bot.heard", { bot });
        for (const code of ["bot_out", "bot_shared", "bot_silent"] as const) notices.clear({ code, bot });
        return undefined;
      case "trouble":
        return trouble(bot, event.code);
      case "moved":
        logger.event("room.moved", { bot, room: event.room });
        return notices.raise({ code: "room_moved", room: event.room, bot });
      case "astray":
        logger.event("room.astray", { bot, room: event.room });
        return notices.raise({ code: "astray", room: event.room, bot });
      case "room": {
        const { room, standing } = event;
        const { held, flaws } = standing;
        if (flaws.includes("cannot_pin")) {
          logger.event("room.unpinned", { bot, room });
          notices.raise({ code: "may_not_pin", room, bot });
        } else notices.clear({ code: "may_not_pin", room });
        if (held === null) {
          logger.event("room.back", { bot, room });
          return notices.clear({ code: "room_held", room });
        }
        logger.event("room.held", { bot, room, reason: reasonOf(held) });
        return notices.raise({ code: "room_held", room, bot, reason: reasonOf(held) });
      }
    }
  };
}
