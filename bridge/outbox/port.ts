import type {
  AnnouncementId,
  ChannelId,
  Cursor,
  ForeignId,
  MappingName,
  MediaId,
  MediaRef,
  Millis,
  RoomName,
  SourceName,
} from "../model/ids.ts";
import type { Outcome } from "../model/outcome.ts";
import type { AttachmentKind, Extent } from "../model/post.ts";
import type { RichText } from "../model/rich-text.ts";
import type { CleanAnnouncement } from "../pipeline/clean.ts";

/** Where one announcement goes in one room: the first mapping that matched, and what that mapping says of it. */
export interface Route {
  readonly room: RoomName;
  readonly mapping: MappingName;
  readonly urgent: boolean;
  readonly pin: boolean;
}

/** One attachment of an arrival as the store keeps it. */
export interface ArrivingMedia {
  readonly ordinal: number;
  readonly kind: AttachmentKind;
  readonly ref: MediaRef;
  readonly identity: string;
  /** The neutral name made by the scrub. */
  readonly name: string;
  readonly extent?: Extent;
  /** Largest size that any of its rooms takes, bytes; 0: none wants it, so it is never fetched. */
  readonly limit: number;
}

/** A source event after scrub and policy: all that may be stored. */
export type Arrival =
  | {
      readonly type: "posted" | "edited" | "snapshot";
      readonly channel: ChannelId;
      readonly foreignId: ForeignId;
      readonly postedAt: Millis;
      readonly at: Millis;
      /** Canonical text of the raw content: equal when nothing was edited. Kept as a keyed hash only. */
      readonly fingerprint: string;
      readonly clean: CleanAnnouncement;
      readonly media: readonly ArrivingMedia[];
      readonly replyTo: ForeignId | null;
      readonly routes: readonly Route[];
    }
  | {
      readonly type: "removed";
      readonly channel: ChannelId;
      readonly foreignId: ForeignId;
      readonly at: Millis;
    }
  | { readonly type: "baseline"; readonly channel: ChannelId; readonly at: Millis }
  | { readonly type: "counted"; readonly code: string };

export interface AcceptBatch {
  readonly source: SourceName;
  readonly cursor: Cursor;
  readonly readAt: Millis;
  /** More of what was missed follows at once. */
  readonly behind?: boolean;
  readonly arrivals: readonly Arrival[];
}

/**
 * What a room is asked to do. `late` is an edit that only brings files which were not ready before, `note` a line of
 * Postern's own that belongs to no announcement of a source, `digest` repeats an announcement for those who came later.
 */
export type DeliveryAction = "post" | "edit" | "late" | "strike" | "reply" | "remove" | "note" | "digest";

/** Why a room gets a `note`: a source has fallen silent, or is read again. */
export type NoteReason = "silent" | "back";

/** Where one attachment of a delivery stands. */
export interface DeliveryMedia {
  readonly id: MediaId;
  readonly ordinal: number;
  readonly kind: AttachmentKind;
  readonly name: string;
  readonly state:
    | { readonly kind: "pending" }
    | { readonly kind: "failed"; readonly code: string }
    | { readonly kind: "ready"; readonly meta: MediaMeta }
    /** Fetched once, given to every room and erased since. */
    | { readonly kind: "spent" };
}

/** What is known of a cleaned and spooled attachment. */
export interface MediaMeta extends Extent {
  /** Bytes of content. */
  readonly size: number;
  readonly mime: string;
  readonly name: string;
  /** base64url of a JPEG or WebP of at most 2 KiB. */
  readonly thumb?: string;
}

/** The head of a lane, opened. */
export interface Delivery {
  readonly id: number;
  readonly room: RoomName;
  readonly announcement: AnnouncementId;
  readonly part: string;
  readonly revision: number;
  readonly action: DeliveryAction;
  readonly mapping: MappingName;
  readonly urgent: boolean;
  readonly pin: boolean;
  readonly acceptedAt: Millis;
  readonly tries: number;
  /** Bytes of an earlier TX 2: to be sent again exactly as they are. */
  readonly fixed: { readonly key: string; readonly bytes: Uint8Array } | null;
  readonly postedAt: Millis;
  /** null for `remove`. */
  readonly clean: CleanAnnouncement | null;
  /** The text that the room has, where the mapping shows changes and it is another one. */
  readonly was: RichText | null;
  /** The line of a `reply` or a `note`. */
  readonly line: string | null;
  /** null but for a `note`. */
  readonly why: NoteReason | null;
  /** What this announcement answers, when that is mirrored too. */
  readonly replyTo: AnnouncementId | null;
  readonly media: readonly DeliveryMedia[];
}

/** What `prepare` made, to be fixed in TX 2. */
export type Prepared =
  /** Final bytes of a request. Stored sealed. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /**
   * A record for the room's own log: `build` is called inside TX 2 and must be pure and synchronous.
   * It gets the revision that the record takes within the room (0 for the first).
   */
  | { readonly kind: "record"; readonly build: (roomRevision: number) => unknown };

export interface Accepted {
  readonly posts: number;
  readonly edits: number;
  readonly removals: number;
  /** Events that changed nothing: seen before, older than the baseline or out of date. */
  readonly ignored: number;
  readonly rooms: readonly RoomName[];
}

/** A post the store knows within a window and the window lacks. */
export interface MissingPost {
  readonly foreignId: ForeignId;
  readonly postedAt: Millis;
}

/**
 * The durable queue. Each method is one transaction: when it resolves, its effect survives a power cut; when it
 * throws, nothing of it happened. None of them waits for the network. All are safe to call again after a crash.
 */
export interface Outbox {
  cursor(source: SourceName): Promise<Cursor | null>;
  /** TX 1: cursor, sightings, announcements, media and deliveries together. */
  accept(batch: AcceptBatch): Promise<Accepted>;
  /** Posts known to be in [from, to] of a channel, not removed, that `ids` lacks; and how many are known there. */
  missing(
    source: SourceName,
    channel: ChannelId,
    from: Millis,
    to: Millis,
    ids: readonly ForeignId[],
  ): Promise<{ readonly missing: readonly MissingPost[]; readonly known: number }>;
  /**
   * The head of the most pressing lane that is due and not in `busy`, or when to ask again (null: nothing waits).
   * Constant in the length of the queues. Within a room's silent hours nothing of it is handed out but what is urgent,
   * what such waits behind, and what is fixed already. Rooms in `served` come after others that press as much.
   */
  claim(
    now: Millis,
    busy: ReadonlySet<RoomName>,
    served?: ReadonlySet<RoomName>,
  ): Promise<Delivery | { readonly next: Millis | null }>;
  /**
   * TX 2: fixes what will be sent. `lacking`: attachments that are not in it yet and shall follow.
   * null: a removal cancelled the delivery meanwhile, or an edit brought it up to date: claim anew. Fixed before: the
   * bytes of that time.
   */
  fix(
    delivery: Delivery,
    prepared: Prepared,
    lacking: readonly MediaId[],
  ): Promise<{ readonly key: string; readonly bytes: Uint8Array } | null>;
  /**
   * TX 3: records the outcome (a `retry` that is to be `anew` gives up what was fixed); after `sent` or `refused` the lane moves on and what every room has is erased. `unknown`,
   * and a `retry` at a time that has passed, are tried again after a growing pause.
   */
  settle(delivery: Delivery, outcome: Outcome): Promise<void>;
  /** The spooled bytes of an attachment are lost (a disk that was put back, a torn file): it is fetched anew. */
  mediaLost(media: MediaId): Promise<void>;
  /** Erases what is older than its window (sightings' ids, archive days, settled rows). Nightly. */
  forget(now: Millis): Promise<void>;
}

/** A delivery that was refused for good. */
export interface DeadLetter {
  readonly id: number;
  readonly room: RoomName;
  readonly action: DeliveryAction;
  /** Why: the destination's code. */
  readonly code: string;
  readonly acceptedAt: Millis;
  readonly refusedAt: Millis;
  /** Whether it can be tried again: what it would bring is kept, sealed, as long as the archive keeps texts. */
  readonly kept: boolean;
}

/**
 * What came of trying a dead letter again. `queued`: it stands in its lane again, in its old place. `gone`: what it
 * would bring is no longer kept. `superseded`: the room was given something newer since, or the post was removed; the
 * letter is dropped. `unknown`: there is no such letter.
 */
export type LetterRetry = "queued" | "gone" | "superseded" | "unknown";

/** The dead letters. Each method is one transaction. */
export interface DeadLetters {
  list(): Promise<readonly DeadLetter[]>;
  retry(id: number): Promise<LetterRetry>;
  /** Erases a letter with what it kept. False: there is none. */
  drop(id: number): Promise<boolean>;
}
