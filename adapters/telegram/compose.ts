import { MediaId } from "../../bridge/model/ids.ts";
import { join, plain, type RichText } from "../../bridge/model/rich-text.ts";
import type { Delivery, DeliveryMedia, MediaMeta } from "../../bridge/outbox/port.ts";
import { elsewhereLine, missingLine } from "../../bridge/pipeline/missing-lines.ts";
import { removedLine } from "../../bridge/pipeline/removed-line.ts";
import { split } from "../../bridge/pipeline/split.ts";
import { fits, formatted, spelledOut } from "./entities.ts";
import { formOf } from "./forms.ts";
import type { Formatted, Message } from "./message.ts";

export interface ComposeOptions {
  readonly lang: "ru" | "en";
  /** Whether the delivery's mapping lets this attachment into the room. */
  readonly allows: (delivery: Delivery, media: DeliveryMedia) => "yes" | "kind" | "size";
  /** Bytes: the largest file that this bot's server takes. */
  readonly largestFile: number;
  /**
   * Where readers of a sealed room find an announcement that is too large for this one: an address that opens nothing
   * for anybody else, never a join link. null: there is no such room, or it has not got it.
   */
  readonly elsewhere: (delivery: Delivery) => string | null;
}

/** What is to stand in the chat: a message, or a file that stands there already, with the caption it is to have. */
export type Wanted = Message | { readonly kind: "kept"; readonly part: string; readonly caption: Formatted };

export interface Composed {
  readonly wanted: readonly Wanted[];
  /** Attachments that are to follow. */
  readonly lacking: readonly MediaId[];
}

/** UTF-16 units. */
const LONGEST_TEXT = 4_096;
const LONGEST_CAPTION = 1_024;
const NOTHING: Formatted = { text: "", entities: [] };

export const mediaPart = (id: MediaId): string => `media.${id}`;
/** The file of a part; null: it is the part of a text. */
export const mediaOf = (part: string): MediaId | null =>
  part.startsWith("media.") ? MediaId.parse(part.slice("media.".length)) : null;
export const textPart = (index: number): string => `text.${index}`;

/** A line of Postern's own as a message: it is short. */
export const lineOf = (text: string): Message => ({
  kind: "text",
  part: textPart(0),
  body: formatted(plain(text.slice(0, LONGEST_TEXT))),
});

/** Makes the messages of announcements out of their text and their attachments. */
export function createComposer(o: ComposeOptions) {
  const messageOf = (media: DeliveryMedia, meta: MediaMeta): Message => ({
    kind: "media",
    part: mediaPart(media.id),
    media: media.id,
    form: formOf(meta),
    name: meta.name,
    size: meta.size,
    mime: meta.mime,
    ...(meta.width === undefined ? {} : { width: meta.width }),
    ...(meta.height === undefined ? {} : { height: meta.height }),
    ...(meta.duration === undefined ? {} : { duration: meta.duration }),
    caption: NOTHING,
  });

  const attachments = (d: Delivery, there: ReadonlySet<string>, stuck: string | null) => {
    const lines: string[] = [];
    const unwanted: string[] = [];
    const attached: Exclude<Wanted, { kind: "text" }>[] = [];
    const lacking: MediaId[] = [];
    if (stuck !== null) attached.push({ kind: "kept", part: stuck, caption: NOTHING });
    const line = (media: DeliveryMedia, code: string) => lines.push(missingLine(code, media, o.lang));
    for (const media of d.media) {
      const part = mediaPart(media.id);
      const allowed = o.allows(d, media);
      const { state } = media;
      if (allowed === "kind") unwanted.push(missingLine("kind", media, o.lang));
      else if (there.has(part)) attached.push({ kind: "kept", part, caption: NOTHING });
      else if (allowed === "size") line(media, "too_large");
      else if (state.kind === "failed") line(media, state.code);
      else if (state.kind === "pending") {
        lacking.push(media.id);
        line(media, "later");
      } else if (state.kind === "spent") line(media, "unavailable");
      else if (state.meta.size > o.largestFile) {
        const at = o.elsewhere(d);
        if (at === null) line(media, "too_large");
        else lines.push(elsewhereLine(media, at, o.lang));
      } else {
        const message = messageOf(media, state.meta);
        if (message.kind === "media") attached.push(message);
      }
    }
    return { lines, unwanted, attached, lacking };
  };

  return {
    /**
     * `there`: the parts of the announcement that stand in the chat already, in their order: the text's first. `stuck`:
     * one of them, a file that stays whatever the announcement says.
     */
    compose(d: Delivery, there: ReadonlySet<string>, stuck: string | null = null): Composed {
      const { lines, unwanted, attached, lacking } = attachments(d, there, stuck);
      const body = d.clean?.text ?? plain("");
      if (d.action === "strike") lines.push(removedLine(o.lang));
      // A mapping's kinds are the rep's choice and need no word, unless nothing else would be left of the post.
      if (body.text === "" && attached.length === 0 && lines.length === 0) lines.push(...unwanted);
      const said = d.action === "strike" ? struck(body) : body;
      const whole = spelledOut(join([said, ...lines.map(plain)], "\n\n"));
      // Text stays where it stands: with the first file of those that do. Above a new one it is the caption if it fits.
      const stays = [...there].flatMap((part) => attached.find((one) => one.part === part) ?? [])[0];
      const bearer = stays ?? attached[0];
      const others = attached.filter((one) => one !== bearer);
      const captioned =
        bearer !== undefined &&
        !there.has(textPart(0)) &&
        (stays !== undefined || fits(whole, LONGEST_CAPTION));
      const limit = (index: number) => (captioned && index === 0 ? LONGEST_CAPTION : LONGEST_TEXT);
      const texts = split(whole, (piece, index) => fits(piece, limit(index)))
        .map(formatted)
        .filter(({ text }) => text !== "");
      const messages = texts.map((piece, i): Message => ({ kind: "text", part: textPart(i), body: piece }));
      if (!captioned || bearer === undefined) return { wanted: [...messages, ...attached], lacking };
      const caption = texts[0] ?? NOTHING;
      return { wanted: [{ ...bearer, caption }, ...others, ...messages.slice(1)], lacking };
    },
  };
}
/** All of it struck through. */
const struck = ({ text, marks }: RichText): RichText =>
  text === "" ? { text, marks } : { text, marks: [...marks, { kind: "strike", start: 0, end: text.length }] };
