import type { Fault } from "./faults.ts";
import type { Message } from "./world.ts";

/** Everything of MAX's that makes trouble for a client. Each can be switched on and is counted when a client meets it. */
export const troubleNames = [
  "token_refused",
  "token_deprecated",
  "chats_gone",
  "no_marker_latest",
  "no_marker_uncommitted",
  "updates_expired",
  "too_many_polls",
  "too_many_requests",
  "rate_limit",
  "limit_capped",
  "hold_capped",
  "webhook_405",
  "webhook_empty",
  "html",
  "server_error",
  "hang",
  "slow",
  "reset",
  "reset_in_body",
  "cut_in_body",
  "denied",
  "withheld",
  "unknown_edit",
  "unknown_removal",
  "empty_forward",
  "seq_beyond_2_53",
  "unknown_update",
  "unknown_attachment",
  "unknown_markup",
  "media_expired",
  "video_without_urls",
  "repeated_update",
  "private_ca",
  "strange_certificate",
] as const;
export type Trouble = (typeof troubleNames)[number];

/** How often clients met each. */
export class Met {
  readonly #counts = new Map<Trouble, number>(troubleNames.map((name) => [name, 0]));

  add(trouble: Trouble, times = 1): void {
    this.#counts.set(trouble, this.of(trouble) + times);
  }
  of(trouble: Trouble): number {
    return this.#counts.get(trouble) ?? 0;
  }
  /** All of them, those that were never met too. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

/** The trouble that a fault on request makes; null: one that has no name of its own. */
export function troubleOf(fault: Fault): Trouble | null {
  switch (fault.kind) {
    case "reset":
      return fault.when === "body" ? "reset_in_body" : "reset";
    case "cut":
      return "cut_in_body";
    case "expired_media":
      return "media_expired";
    case "status":
      if (fault.status >= 500) return "server_error";
      if (fault.status === 401) return "token_refused";
      return fault.code === "deprecated.token" ? "token_deprecated" : null;
    default:
      return fault.kind;
  }
}

const knownAttachments = new Set(["contact", "share", "location", "inline_keyboard"]);
const knownMarkup = new Set([
  "strong",
  "emphasized",
  "monospaced",
  "strikethrough",
  "underline",
  "heading",
  "highlighted",
  "quote",
  "link",
  "user_mention",
]);
const knownUpdates = new Set([
  ...["created", "edited", "removed", "callback"].map((what) => `message_${what}`),
  ...["created", "edited", "removed"].map((what) => `comment_${what}`),
  ...["added", "removed", "started", "stopped", "admin_permissions_changed"].map((what) => `bot_${what}`),
  ...["muted", "unmuted", "cleared", "removed"].map((what) => `dialog_${what}`),
  ...["chat_title_changed", "user_added", "user_removed"],
]);

/** What is troublesome in a message itself. */
export function troublesIn({ body, link }: Message): readonly Trouble[] {
  const found: Trouble[] = [];
  const bodies = link === null ? [body] : [body, link.message];
  if (body.seq > BigInt(Number.MAX_SAFE_INTEGER)) found.push("seq_beyond_2_53");
  if (link?.type === "forward") found.push("empty_forward");
  for (const { attachments, markup } of bodies) {
    if (attachments.some((a) => a.type === "fixed" && !knownAttachments.has(String(a.json.type))))
      found.push("unknown_attachment");
    if (markup.some((m) => !knownMarkup.has(String(m.type)))) found.push("unknown_markup");
  }
  return found;
}

/** What is troublesome in an update of that type. */
export const troublesOfType = (type: string): readonly Trouble[] =>
  knownUpdates.has(type) ? [] : ["unknown_update"];
