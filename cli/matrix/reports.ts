import { reasonOf } from "../../bridge/log/events.ts";
import type { Logger } from "../../bridge/log/logger.ts";
import type { AccountName } from "../../bridge/model/ids.ts";
import type { Notifier } from "../../bridge/notices/notifier.ts";
import type { AccountsOptions } from "./accounts.ts";

export interface AccountReportsOptions {
  readonly logger: Logger;
  readonly notices: Pick<Notifier, "raise" | "clear">;
}

/** What Matrix accounts tell, as log events, and as notices where the rep has to act. */
export function accountReports({ logger, notices }: AccountReportsOptions): AccountsOptions["report"] {
  const out = (account: AccountName, code: string): void =>
    notices.raise({ code: "account_out", account, reason: reasonOf(code) });
  return (account, event) => {
    switch (event.kind) {
      case "closed":
        logger.event("account.closed", { account, reason: reasonOf(event.code) });
        return out(account, event.code);
      case "heard":
        logger.event("account.heard", { account });
        notices.clear({ code: "account_out", account });
        return notices.clear({ code: "account_silent", account });
      case "trouble":
        logger.event("account.trouble", { account, reason: reasonOf(event.code) });
        return notices.raise({ code: "account_silent", account, reason: reasonOf(event.code) });
      case "ended":
        logger.event("account.logged_out", { account, reason: reasonOf(event.code) });
        return out(account, event.code);
      case "trust":
        logger.event(event.trust === "unsigned" ? "account.unsigned" : "account.signed", { account });
        return event.trust === "unsigned"
          ? notices.raise({ code: "account_unsigned", account })
          : notices.clear({ code: "account_unsigned", account });
      case "broken":
        return logger.event("account.broken", { account, reason: reasonOf(event.code) });
      case "moved":
        logger.event("room.moved", { account, room: event.room });
        return notices.raise({ code: "room_moved", room: event.room });
      case "joined":
        return undefined;
      case "room": {
        const { room, standing } = event;
        if (standing.held === null) {
          logger.event("room.back", { account, room });
          return notices.clear({ code: "room_held", room });
        }
        logger.event("room.held", { account, room, reason: reasonOf(standing.held) });
        return notices.raise({ code: "room_held", room, reason: reasonOf(standing.held) });
      }
    }
  };
}
