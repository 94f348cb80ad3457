import type { ChatKind, Right, RoomFlaw } from "../../adapters/telegram/rights.ts";

/** Why something with Telegram came to nothing, or nothing is sent to a room. */
export const telegramFaults = [
  "unauthorized",
  "conflict",
  "not_member",
  "chat_not_found",
  "no_rights",
  "topic_closed",
  "topic_gone",
  "migrated",
  "message_gone",
  "not_modified",
  "not_editable",
  "not_deletable",
  "reply_gone",
  "too_long",
  "too_large",
  "limited",
  "rate_limited",
  "bad_answer",
  "other",
  // No answer to go by
  "timeout",
  "unreachable",
  "tls",
  "proxy",
  "proxy_unused",
  "no_answer",
  "server_error",
  "ended",
  // The bridge that runs
  "no_bot",
  "no_room_there",
  "was_sealed",
  "not_started",
  "ca_unreadable",
] as const;
export type TelegramFault = (typeof telegramFaults)[number];

/** Telegram: bots, channels and groups. */
export interface TelegramWords {
  readonly help: {
    readonly telegram: string;
    readonly setup: string;
    readonly room: string;
    readonly bot: string;
    readonly unsure: string;
    readonly unsureRoom: string;
    readonly arrived: string;
    readonly missing: string;
  };
  readonly yes: string;
  readonly no: string;
  /** How to make a bot, and what to write into the settings. */
  readonly noBots: (file: string) => string;
  readonly whichBot: (names: readonly string[]) => string;
  readonly unknownBot: (name: string, nearest: string | null, known: readonly string[]) => string;
  readonly noToken: (bot: string) => string;
  readonly isTelegram: (room: string) => string;
  readonly isNotTelegram: (room: string) => string;
  /** The room of that name was sealed before, and has keys and a log. */
  readonly wasEncrypted: (room: string) => string;
  readonly faults: Readonly<Record<TelegramFault, string>>;
  readonly otherFault: (code: string) => string;
  /** Why nothing is sent to a room, and what else is not as it should be. */
  readonly flaws: Readonly<Record<RoomFlaw, string>>;
  /** As Telegram's own settings name them. */
  readonly rights: Readonly<Record<Right, string>>;
  readonly kinds: Readonly<Record<ChatKind, string>>;
  readonly setup: {
    readonly needsTerminal: string;
    readonly conflict: (bot: string) => string;
    readonly failed: (bot: string, why: string) => string;
    readonly which: string;
    readonly badName: string;
    readonly isMatrix: (room: string) => string;
    readonly again: (room: string) => string;
    readonly goOn: string;
    readonly intro: (bot: string) => string;
    /** Steps in Telegram. The rights of a channel's administrator: to give, and to leave off. */
    readonly steps: (
      bot: string,
      give: readonly string[],
      without: readonly string[],
      code: string,
    ) => string;
    readonly waiting: string;
    readonly found: (kind: string, title: string) => string;
    readonly isIt: string;
    readonly notIt: string;
    readonly taken: (title: string, room: string) => string;
    readonly plainGroup: string;
    readonly lacks: (texts: readonly string[]) => string;
    readonly notes: (texts: readonly string[]) => string;
    readonly lookAgain: string;
    readonly lookNow: string;
    readonly asIs: string;
    readonly leave: string;
    readonly probeOff: string;
    readonly mapping: string;
    readonly mappingOf: (name: string, rooms: string) => string;
    readonly noMapping: string;
    readonly summary: (room: string, title: string, file: string) => string;
    readonly write: string;
    readonly cancelled: string;
    readonly written: (room: string, file: string) => string;
    readonly notWritten: (file: string, why: "unreadable" | "changed" | "unsuited" | "unwritable") => string;
    readonly byHand: (lines: string) => string;
    readonly unmapped: (room: string) => string;
    readonly next: (running: boolean) => string;
  };
  readonly unsure: {
    readonly none: string;
    readonly one: (room: string, ago: string) => string;
    readonly hint: (room: string) => string;
    readonly which: string;
    readonly both: string;
    readonly arrived: (room: string) => string;
    readonly missing: (room: string) => string;
    readonly stopped: string;
    readonly failed: (room: string, why: string) => string;
  };
  readonly status: {
    readonly bots: string;
    readonly heard: (ago: string) => string;
    readonly notHeard: string;
    readonly resting: string;
    readonly trouble: (why: string) => string;
    readonly held: string;
    readonly limited: (span: string) => string;
    readonly unsure: (room: string) => string;
  };
  readonly check: {
    readonly title: string;
    readonly noToken: (bot: string) => string;
    readonly failed: (bot: string, why: string) => string;
    readonly accepted: (bot: string, name: string) => string;
    readonly throughProxy: (bot: string) => string;
    readonly webhook: (bot: string) => string;
    readonly roomFine: (room: string, kind: string, title: string) => string;
    readonly roomFailed: (room: string, why: string) => string;
    readonly flaw: (room: string, text: string) => string;
    readonly moved: (room: string, chat: number) => string;
    readonly pinAndProbe: (room: string) => string;
  };
}
