import type { ChannelId, ForeignId, MediaRef, Millis, SenderId } from "./ids.ts";
import type { RichText } from "./rich-text.ts";

/** The attachment kinds a mapping can allow or refuse. */
export const attachmentKinds = ["image", "video", "audio", "file", "sticker"] as const;
export type AttachmentKind = (typeof attachmentKinds)[number];

/** An attachment with bytes behind it. */
export interface RawMedia extends Extent {
  readonly type: "media";
  readonly kind: AttachmentKind;
  readonly ref: MediaRef;
  /** Stays the same when the same attachment is seen again (in an edit, in the history), though its links change. */
  readonly identity: string;
  /** The name given by the sender: may identify a person, so the scrub replaces it. */
  readonly name?: string;
  /** Bytes, as far as the source tells. */
  readonly size?: number;
}

/** How large and how long a picture, video or sound is, as far as it is told. */
export interface Extent {
  readonly width?: number;
  readonly height?: number;
  /** Seconds. */
  readonly duration?: number;
}

/** Everything that can hang on a post. What is not understood is `unknown`, never left out. */
export type RawAttachment =
  | RawMedia
  | { readonly type: "contact" }
  | { readonly type: "share"; readonly url?: string; readonly title?: string; readonly description?: string }
  | { readonly type: "location"; readonly latitude: number; readonly longitude: number }
  | { readonly type: "buttons"; readonly links: readonly { readonly text: string; readonly url: string }[] }
  | { readonly type: "unknown" };

export interface RawContent {
  readonly body: RichText;
  readonly attachments: readonly RawAttachment[];
}

/**
 * One message of a source as it was decoded: unscrubbed, so it may name people and never reaches the outbox.
 */
export interface RawPost extends RawContent {
  readonly channel: ChannelId;
  readonly foreignId: ForeignId;
  /** When it was first posted, by the source's clock. */
  readonly postedAt: Millis;
  /** `null`: the channel itself speaks. */
  readonly sender: SenderId | null;
  /** The message this one answers. */
  readonly replyTo?: ForeignId;
  /** The forwarded message's content, where this post forwards one. */
  readonly forward?: RawContent;
}
