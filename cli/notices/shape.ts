import type { Reason } from "../../bridge/log/events.ts";
import type { NoticeCode } from "../../bridge/notices/port.ts";

/** What is told of one code. */
export interface Told {
  readonly trouble: (n: Named) => string;
  /** What was told is over; null: it happened, and nothing is over. */
  readonly back: ((n: Named) => string) | null;
}

/** What a notice is about, as words. */
export interface Named {
  readonly source: string;
  readonly room: string;
  readonly account: string;
  /** Empty: it is not about a Telegram bot or its room. */
  readonly bot: string;
  readonly route: string;
  readonly count: number;
  /** Why, in words; empty: not known. */
  readonly why: string;
  /** Whether the bridge opens the account again by itself. */
  readonly reopened: boolean;
  /** How long it has lasted or did last. */
  readonly span: string;
}

export type NoticeWords = Readonly<Record<NoticeCode, Told>>;

export const because = (why: string): string => (why === "" ? "" : `: ${why}`);

/** Why what waits for a room could not be sent, besides a server that gave no answer to go by. */
export type Wait = Extract<
  Reason,
  | "no_room"
  | "keys"
  | "keys_changed"
  | "limited"
  | "may_not_post"
  | "account_closed"
  | "logged_out"
  | "server_refuses"
  | "conflict"
  | "unsure"
  | "rejected"
  | "internal"
>;
