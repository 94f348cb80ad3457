import type { MediaId } from "../../bridge/model/ids.ts";

/** The kinds of formatting of the Bot API that are made here. */
export type EntityType =
  | "bold"
  | "italic"
  | "underline"
  | "strikethrough"
  | "code"
  | "pre"
  | "blockquote"
  | "text_link";

/** Formatting over UTF-16 code units, as the Bot API takes it. `url` stands on a `text_link` and nowhere else. */
export interface Entity {
  readonly type: EntityType;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
}

/** A text as Telegram takes it: within its limit, trimmed as the server would trim it. */
export interface Formatted {
  readonly text: string;
  readonly entities: readonly Entity[];
}

export type MediaForm = "photo" | "video" | "audio" | "voice" | "document" | "animation";

/**
 * One message that is to stand in a chat. `part` names it within its announcement and stays the same over edits:
 * `text.0`, `text.1` …, `media.<id>`.
 */
export type Message =
  | { readonly kind: "text"; readonly part: string; readonly body: Formatted }
  | {
      readonly kind: "media";
      readonly part: string;
      readonly media: MediaId;
      readonly form: MediaForm;
      /** The file name shown for documents and audio. */
      readonly name: string;
      /** Bytes. */
      readonly size: number;
      readonly mime: string;
      readonly width?: number;
      readonly height?: number;
      /** Seconds. */
      readonly duration?: number;
      /** Empty text: no caption. */
      readonly caption: Formatted;
    };

/** What is sent in one call: one message, or two to ten media of kinds that may be in one album. */
export type Group = readonly [Message, ...Message[]];
