import type { ChannelId, Cursor, ForeignId, MediaRef, Millis, SourceName } from "./ids.ts";
import type { RawPost } from "./post.ts";

/**
 * What a source tells. `at` is the source's own time of the event (ms UTC).
 * - `posted`: a new message. For one already known it changes nothing.
 * - `edited`: the message as it is after an edit made at `at`.
 * - `snapshot`: the message as it stood at `at`, read from the history. Unknown: a missed post. Known and different: a missed edit.
 * - `removed`: the source itself says the message is gone.
 * - `window`: all messages of `channel` posted within [from, to] (both inclusive) are in `ids`; read completely.
 *    What the core knows in that window and `ids` lacks is asked for with {@link Source.gone}.
 * - `baseline`: first contact with a channel: nothing posted before `at` is to be mirrored.
 * - `skipped`: something that is no announcement or is not understood; counted under `code`.
 */
export type SourceEvent =
  | { readonly type: "posted" | "edited" | "snapshot"; readonly post: RawPost; readonly at: Millis }
  | {
      readonly type: "removed";
      readonly channel: ChannelId;
      readonly foreignId: ForeignId;
      readonly at: Millis;
    }
  | {
      readonly type: "window";
      readonly channel: ChannelId;
      readonly from: Millis;
      readonly to: Millis;
      readonly ids: readonly ForeignId[];
    }
  | { readonly type: "baseline"; readonly channel: ChannelId; readonly at: Millis }
  | { readonly type: "skipped"; readonly code: string };

/** Why a source cannot be read just now, or at all. Stable words: notices and metrics are keyed by them. */
export type SourceTrouble =
  | "rate_limited"
  | "server_error"
  | "unreachable"
  | "not_json"
  | "bad_answer"
  | "timeout"
  | "tls"
  | "proxy"
  | "webhook_set";
export type SourceStop = "token_refused" | "access_denied" | "gone";

/**
 * What `events` yields.
 * - `batch`: events in their order and the cursor that follows them. The consumer stores both in one transaction
 *   and asks for the next only afterwards. `readAt` is the source's clock (its Date header), ms UTC. May be empty.
 *   `behind`: more of what was missed before it follows at once.
 * - `trouble`: a passing fault; the source waits and tries again by itself, the cursor is kept. `retryAt` by our clock.
 * - `denied`: one channel cannot be read; others go on.
 * - `stopped`: nothing more will come until a person acts; the iteration ends after it.
 */
export type SourceSignal =
  | {
      readonly kind: "batch";
      readonly events: readonly SourceEvent[];
      readonly cursor: Cursor;
      readonly readAt: Millis;
      readonly behind?: boolean;
    }
  | { readonly kind: "trouble"; readonly code: SourceTrouble; readonly retryAt: Millis }
  | { readonly kind: "denied"; readonly channel: ChannelId }
  | { readonly kind: "stopped"; readonly code: SourceStop };

/** What came of opening an attachment. `retry`: nothing is decided yet, at the earliest `at` (ms, our clock). */
export type MediaOutcome =
  | { readonly kind: "open"; readonly stream: AsyncIterable<Uint8Array>; readonly size: number | null }
  | { readonly kind: "too_large"; readonly size: number }
  | { readonly kind: "retry"; readonly at: Millis }
  | { readonly kind: "gone" };

/** What a source answers when asked for a message: `unknown` when it cannot tell now or access is denied. */
export type Presence = "gone" | "there" | "unknown";

/** One line of a self-check: `code` names the finding (see cli texts), `ok` whether announcements flow in spite of it. */
export interface CheckFinding {
  readonly ok: boolean;
  readonly code: string;
  readonly channel?: ChannelId;
  readonly detail?: Readonly<Record<string, string | number>>;
}

/**
 * Where announcements come from. A source knows no destination and has no method that could write into the
 * messenger it reads: no receipts, no typing, no replies. It logs nothing and never throws for outside faults.
 */
export interface Source {
  readonly name: SourceName;
  /** Follows the source from `cursor` (null: first start) until `signal` aborts, then ends without error. */
  events(cursor: Cursor | null, signal: AbortSignal): AsyncIterable<SourceSignal>;
  /** Opens an attachment. `limit` in bytes. The stream may throw: that counts as a failed try. Safe to repeat. */
  media(ref: MediaRef, limit: number, signal: AbortSignal): Promise<MediaOutcome>;
  /** Asks whether one message is gone for certain. Safe to repeat. */
  gone(channel: ChannelId, id: ForeignId, signal: AbortSignal): Promise<Presence>;
  /** Rights and reachability, for `check` and at start. */
  check(signal: AbortSignal): Promise<readonly CheckFinding[]>;
}
