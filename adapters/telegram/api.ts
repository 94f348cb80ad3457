import type { Millis } from "../../bridge/model/ids.ts";
import type { ChatId } from "./ids.ts";

/** Bytes that go along with a call. */
export interface Upload {
  /** The file name that the chat shows. */
  readonly name: string;
  /** Opens the content from its beginning; what it throws is thrown by the call. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** One call of the Bot API (https://core.telegram.org/bots/api). */
export interface Call {
  readonly method: string;
  /** Plain JSON. Where an upload stands, the text is `attach://` and its key in `uploads`. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly uploads?: ReadonlyMap<string, Upload>;
  /** The longest it may take, ms; absent: 30 s, with uploads 120 s. */
  readonly deadline?: Millis;
}

/** Why the server said no. `other`: with a description that is not known here. */
export type Refusal =
  /** The token is not (or no longer) valid. */
  | "unauthorized"
  /** Somebody else asks for updates with this token, or a webhook is set. */
  | "conflict"
  /** Kept out of the chat: put out, blocked, never a member. */
  | "not_member"
  | "chat_not_found"
  /** It is in the chat but may not do this. */
  | "no_rights"
  | "topic_closed"
  | "topic_gone"
  /** The group has become a supergroup, with another id. */
  | "migrated"
  /** "message to edit not found", "message to delete not found" and the like. */
  | "message_gone"
  /** "message is not modified": it stands there just so. */
  | "not_modified"
  /** "message can't be edited": it is somebody else's. */
  | "not_editable"
  /** "message can't be deleted": too old, or not ours. */
  | "not_deletable"
  /** The message that was to be answered is gone. */
  | "reply_gone"
  | "too_long"
  | "too_large"
  | "other";

/**
 * What came of a call.
 * - `ok`: the server did it. `result` is not decoded yet.
 * - `refused`: the server answered that it did not.
 * - `limited`: 429: it did not, and nothing may be asked before `until` (ms, our clock).
 * - `unreached`: no connection came about, or the call was cut off before one: it certainly did not.
 * - `lost`: no answer came, or none that could be read: it may or may not have done it.
 * `code` is a stable word for logs and notices, never a text of the server's or of a library's.
 */
export type Answer =
  | { readonly kind: "ok"; readonly result: unknown }
  | { readonly kind: "refused"; readonly why: Refusal; readonly migratedTo?: ChatId }
  | { readonly kind: "limited"; readonly until: Millis }
  | { readonly kind: "unreached"; readonly code: string }
  | { readonly kind: "lost"; readonly code: string };

/** The way to the Bot API. Never throws for what the outside does; an upload's own fault is thrown as it is. */
export interface Api {
  call(call: Call, signal: AbortSignal): Promise<Answer>;
}
