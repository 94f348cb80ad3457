import { z } from "zod";
import { AccountName, BotName, RoomName, SourceName } from "../model/ids.ts";

/** All that the rep is ever told of. Stable words: routes hand them on to programs. */
export const noticeCodes = [
  /** A source is not read any more until somebody acts. */
  "source_stopped",
  /** One of a source's channels is closed to us. */
  "source_denied",
  /** A source could not be read for long. */
  "source_blind",
  /** Many posts vanished at once; nothing was removed. */
  "vanished",
  /** A room's log could not be brought to one of its places for long. */
  "carrier_failed",
  /** A room refused deliveries for good. */
  "dead_letters",
  "disk_low",
  "disk_full",
  /** Files on their way take as much as they may, for long. */
  "spool_full",
  /** A room's certificate ends within 30 days. */
  "certificate_ends",
  "certificate_over",
  /** A room begins a new chain, since somebody knew more of it than the database. */
  "new_chain",
  /** Nothing more is written to a room until it is certified anew. */
  "room_halted",
  /** None of a room's other places answers at a start. */
  "origins_silent",
  /** An account is not logged in, or no longer: nothing goes to its rooms until somebody acts. */
  "account_out",
  /** An account's server could not be heard for long. */
  "account_silent",
  /** The device of an account is not confirmed by its owner. */
  "account_unsigned",
  /** Telegram does not accept a bot's token: nothing goes to its rooms until somebody acts. */
  "bot_out",
  /** Another program asks for a bot's updates. */
  "bot_shared",
  /** Telegram could not be reached by a bot for long. */
  "bot_silent",
  /** Whether something arrived cannot be found out, and the rep is asked. */
  "unsure",
  /** Looking for a lost post changed another of ours, which was repaired. */
  "astray",
  /** A post that was to be pinned is not. */
  "may_not_pin",
  /** Nothing is sent to a room until it is set right. */
  "room_held",
  /** What waits for a room could not be sent for long, though nothing else says why. */
  "room_waiting",
  /** A room was replaced by another, and was followed. */
  "room_moved",
  /** The bridge ended by a fault. */
  "bridge_failed",
  /** Another route does not take notices. */
  "route_failed",
  "test",
] as const;
export const NoticeCode = z.enum(noticeCodes);
export type NoticeCode = z.infer<typeof NoticeCode>;

export const routeNames = ["log", "command", "webhook"] as const;
export const RouteName = z.enum(routeNames);
export type RouteName = z.infer<typeof RouteName>;

/** What a notice is about. Names of the configuration and counts: never a text, a token or a message's id. */
export const Subject = z.object({
  code: NoticeCode,
  source: SourceName.exactOptional(),
  room: RoomName.exactOptional(),
  account: AccountName.exactOptional(),
  bot: BotName.exactOptional(),
  route: RouteName.exactOptional(),
  /** A code of a list (see log/events.ts), such as why a source cannot be read. */
  reason: z.string().exactOptional(),
  count: z.number().exactOptional(),
});
export type Subject = z.infer<typeof Subject>;

export const Notice = Subject.extend({
  /** `back`: what was told before is over. */
  state: z.enum(["trouble", "back"]),
  /** Since when, ms UTC. */
  since: z.number(),
  /** When it was told, ms UTC. */
  at: z.number(),
});
export type Notice = z.infer<typeof Notice>;

/** A trouble that the rep was told of and that lasts; since when, ms UTC. */
export const Lasting = Subject.extend({ since: z.number() });
export type Lasting = z.infer<typeof Lasting>;

/**
 * One way to the rep. It answers whether the notice arrived, never throws for what the outside does, and logs nothing.
 * The same notice may come twice after a crash.
 */
export interface NoticeRoute {
  readonly name: RouteName;
  /** `text`: the notice in the rep's words. */
  send(notice: Notice, text: string, signal: AbortSignal): Promise<boolean>;
}
