import type { ChannelId, MappingName, Millis, RoomName, SenderId, SourceName } from "./ids.ts";
import type { AttachmentKind } from "./post.ts";

/** Selects posts: a regular expression over the text, or a hashtag (`#exam`, compared without case). */
export type Selector =
  | { readonly kind: "pattern"; readonly pattern: RegExp }
  | { readonly kind: "hashtag"; readonly tag: string };

/** What a room gets when the institution edits a post. See the configuration reference. */
export type EditRule = "replace" | "annotate" | "announce";
/** What a room gets when the institution removes a post. */
export type RemovalRule = "remove" | "strike" | "keep";

/** Times of day, minutes since local midnight, half open; `from` > `to` runs over midnight. */
export interface DailyRange {
  readonly from: number;
  readonly to: number;
}

/** When a room is served. All of it waits in the mapping's timezone; urgent announcements end the waiting. */
export interface RoomTiming {
  /** Minutes since local midnight at which what has gathered is sent; empty: at once. */
  readonly slots: readonly number[];
  /** A random extra wait in [0, jitter] ms; 0: none. */
  readonly jitter: Millis;
  /** Nothing is sent within it; null: never silent. */
  readonly silentHours: DailyRange | null;
}

/** Which source goes to which rooms, under which rules. The first mapping that matches decides for a room. */
export interface Mapping {
  readonly name: MappingName;
  readonly source: SourceName;
  readonly channel: ChannelId;
  readonly rooms: readonly RoomName[];
  /** Besides the channel's own posts (no sender) only those of these senders are mirrored. */
  readonly senders: readonly SenderId[];
  /** Empty: everything. Otherwise at least one must select the post. */
  readonly include: readonly Selector[];
  /** None of these may select the post. */
  readonly exclude: readonly Selector[];
  readonly urgent: readonly Selector[];
  readonly pin: readonly Selector[];
  readonly attachments: readonly AttachmentKind[];
  /** Bytes; a larger file is replaced by a line. */
  readonly largestFile: number;
  readonly edits: EditRule;
  readonly removals: RemovalRule;
  /** IANA name; rules slots, silent hours and the times shown. */
  readonly timezone: string;
  /** After so long without its source being read the rooms are told, ms. Absent: never. */
  readonly silence?: Millis;
  /** What to mirror of the past on first contact. */
  readonly backfill:
    | { readonly kind: "none" }
    | { readonly kind: "count"; readonly count: number }
    | { readonly kind: "since"; readonly at: Millis };
}
