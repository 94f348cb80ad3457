import { z } from "zod";
import { noticeCodes } from "../notices/port.ts";

/** What may be logged, and how loudly. Another event is added here, never written as free text. */
export const eventLevels = {
  "bridge.starting": "info",
  "bridge.started": "info",
  "bridge.draining": "info",
  "bridge.stopped": "info",
  "bridge.failed": "error",
  "bridge.reloaded": "info",
  "config.warnings": "warn",
  "config.refused": "error",
  "store.opened": "debug",
  "store.migrated": "info",
  "vault.opened": "debug",
  "disk.full": "error",
  "disk.back": "info",
  "source.reading": "info",
  "source.batch": "debug",
  "source.trouble": "warn",
  "source.denied": "error",
  "source.stopped": "error",
  "source.skipped": "debug",
  "source.blind": "warn",
  "source.back": "info",
  "source.removals_held": "error",
  "announcement.accepted": "info",
  "announcement.known": "trace",
  "announcement.unmatched": "debug",
  "announcement.edited": "info",
  "announcement.removed": "info",
  "media.fetched": "debug",
  "media.late": "info",
  "media.failed": "warn",
  "delivery.sent": "info",
  "delivery.retry": "warn",
  "delivery.unknown": "warn",
  "delivery.refused": "error",
  "delivery.cancelled": "info",
  "lane.waiting": "trace",
  "room.opened": "info",
  "room.failed": "error",
  "room.halted": "error",
  "chain.began": "info",
  "day.closed": "info",
  "archive.erased": "info",
  "carrier.copied": "debug",
  "carrier.failed": "warn",
  "feed.listening": "info",
  "feed.limited": "debug",
  "feed.failed": "error",
  "notice.trouble": "warn",
  "notice.back": "info",
  "monitor.failed": "error",
  "account.closed": "error",
  "account.heard": "trace",
  "account.trouble": "warn",
  "account.logged_out": "error",
  "account.signed": "debug",
  "account.unsigned": "warn",
  "account.broken": "error",
  "bot.heard": "trace",
  "bot.trouble": "warn",
  "bot.out": "error",
  "bot.shared": "error",
  "room.held": "error",
  "room.back": "debug",
  "room.moved": "info",
  "room.unsure": "error",
  "room.astray": "warn",
  "room.unpinned": "warn",
  "failpoint.hit": "trace",
} as const satisfies Record<string, Level>;
export type EventCode = keyof typeof eventLevels;

export const levels = ["trace", "debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

/** A keyed hash of an id (the vault's), base64url: tells that two are the same and nothing else. */
export const HashedId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,43}$/)
  .brand("HashedId");
export type HashedId = z.infer<typeof HashedId>;

/** Of a hash's bytes (16 or 32). */
export const hashedId = (hash: Uint8Array): HashedId =>
  HashedId.parse(Buffer.from(hash).toString("base64url"));

/** Why something happened. A list, since a code that came from outside could be a message's own words. */
export const reasons = [
  "other",
  // A source's trouble and stops
  "rate_limited",
  "server_error",
  "unreachable",
  "not_json",
  "bad_answer",
  "timeout",
  "tls",
  "proxy",
  "webhook_set",
  "token_refused",
  "access_denied",
  "gone",
  // Deliveries and media
  "too_large",
  "unavailable",
  "internal",
  "source_gone",
  "payload_gone",
  "media_ready",
  "disk_full",
  "folder_unusable",
  "no_key",
  "certificate_over",
  "newer_certificate",
  "restarts_used_up",
  "superseded",
  "edit",
  "removal",
  "urgent",
  // The bridge's own
  "signal",
  "locked",
  "wrong_key",
  "corrupt",
  "limit_requests",
  "limit_streams",
  // Matrix: why a delivery waits or is refused
  "no_room",
  "keys",
  "limited",
  "may_not_post",
  "account_closed",
  "server_refuses",
  "rejected",
  "made_anew",
  "keys_changed",
  "cut",
  "not_matrix",
  // Matrix: why an account is out, or its engine broke
  "no_session",
  "logged_out",
  "deactivated",
  "store_missing",
  "store_wrong_passphrase",
  "store_damaged",
  "store_in_use",
  "store_disk",
  "store_other_device",
  "panic",
  "store",
  // Matrix: why a room is held
  "not_encrypted",
  "open",
  "guests",
  "members_post",
  "bot_without_power",
  "bot_outside",
  "replaced",
  "out",
  "uninvited",
  // Telegram: why a bot, a room or a delivery does not get on
  "unauthorized",
  "conflict",
  "not_member",
  "chat_not_found",
  "no_rights",
  "topic_closed",
  "topic_gone",
  "private",
  "migrated",
  "message_gone",
  "not_editable",
  "not_deletable",
  "reply_gone",
  "too_long",
  "no_answer",
  "proxy_unused",
  "too_old",
  "looking",
  "file_lost",
  "ended",
  "ca_unreadable",
  // What the rep is told of
  ...noticeCodes,
] as const;
export type Reason = (typeof reasons)[number];

/** A code as a reason that may be logged: one of the list, else `other`. */
export function reasonOf(code: string): Reason {
  return reasons.find((known) => known === code) ?? "other";
}
