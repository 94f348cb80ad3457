import type { AccountName, BotName, Millis, SourceName } from "./model/ids.ts";
import type { SpaceReport } from "./space.ts";

/** Why the bridge is not ready, or what it goes on in spite of (`known` of {@link Ready}). */
export interface ReadyCode {
  readonly code:
    | "database_closed"
    | "feed_not_listening"
    | "disk_full"
    | "disk_low"
    /** Not read yet since the start. */
    | "source_starting"
    /** Not read for longer than it may be, and nobody knows why. */
    | "source_unread"
    /** Not read, and it is known why. */
    | "source_trouble"
    /** Its server is not heard, so nothing goes to its rooms. */
    | "account_trouble"
    /** Telegram is not heard by it, or refuses it. */
    | "bot_trouble";
  readonly source?: SourceName;
  readonly account?: AccountName;
  readonly bot?: BotName;
  readonly reason?: string;
}

export interface Ready {
  readonly ready: boolean;
  /** What keeps it from being ready. */
  readonly codes: readonly ReadyCode[];
  /** Troubles that the bridge knows of and lives with. */
  readonly known: readonly ReadyCode[];
}

export interface SourceState {
  readonly name: SourceName;
  /** When it was last heard since the start, by this machine's clock; null: not yet. */
  readonly heardAt: Millis | null;
  /** What keeps it from being read, a code; null: nothing. */
  readonly trouble: string | null;
  /** So long it may go unread, ms. */
  readonly limit: Millis;
}

export interface ReadyInput {
  readonly database: boolean;
  /** null: it is not to listen. */
  readonly feed: boolean | null;
  readonly space: SpaceReport["kind"];
  readonly sources: readonly SourceState[];
  /** Absent: there are none. `trouble`: what keeps an account from hearing its server, a code; null: nothing. */
  readonly accounts?: readonly { readonly name: AccountName; readonly trouble: string | null }[];
  /** The same of Telegram bots. */
  readonly bots?: readonly { readonly name: BotName; readonly trouble: string | null }[];
  readonly now: Millis;
}

/** Whether announcements flow as far as the bridge can make them. */
export function readiness(i: ReadyInput): Ready {
  const codes: ReadyCode[] = [];
  const known: ReadyCode[] = [];
  if (!i.database) codes.push({ code: "database_closed" });
  if (i.feed === false) codes.push({ code: "feed_not_listening" });
  if (i.space === "full") codes.push({ code: "disk_full" });
  if (i.space === "low") known.push({ code: "disk_low" });
  for (const { name: source, heardAt, trouble, limit } of i.sources) {
    if (trouble !== null) known.push({ code: "source_trouble", source, reason: trouble });
    else if (heardAt === null) codes.push({ code: "source_starting", source });
    else if (i.now - heardAt > limit) codes.push({ code: "source_unread", source });
  }
  for (const { name: account, trouble } of i.accounts ?? [])
    if (trouble !== null) known.push({ code: "account_trouble", account, reason: trouble });
  for (const { name: bot, trouble } of i.bots ?? [])
    if (trouble !== null) known.push({ code: "bot_trouble", bot, reason: trouble });
  return { ready: codes.length === 0, codes, known };
}
