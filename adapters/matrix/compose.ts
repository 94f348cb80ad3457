import type { MediaId } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import { join, plain, type RichText } from "../../bridge/model/rich-text.ts";
import type { Delivery, DeliveryMedia } from "../../bridge/outbox/port.ts";
import { repeatedLine } from "../../bridge/pipeline/digest-lines.ts";
import { missingLine } from "../../bridge/pipeline/missing-lines.ts";
import { removedLine } from "../../bridge/pipeline/removed-line.ts";
import { split } from "../../bridge/pipeline/split.ts";
import { type Content, fitsEvent, text } from "./event.ts";
import type { NotUploaded, Ready, Uploads } from "./media.ts";
import type { Piece } from "./plan.ts";
import type { Slot } from "./receipt.ts";

export interface ComposeOptions {
  readonly lang: "ru" | "en";
  /** The time zone of the times that readers see. */
  readonly zone: string;
  /** Whether the delivery's mapping lets this attachment into the room. */
  readonly allows: (delivery: Delivery, media: DeliveryMedia) => "yes" | "kind" | "size";
  readonly uploads: Uploads;
}

export const mediaPart = (id: MediaId): string => `media.${id}`;

/** What became of the attachments that a copy needs and lacks. */
type Files = ReadonlyMap<MediaId, Content | NotUploaded>;

/** A picture repeated to those who came later is worth its bytes; a lecture on video is not. */
const LARGEST_REPEATED = 20_000_000;

const isReady = (media: DeliveryMedia): media is Ready => media.state.kind === "ready";

const emphasised = (text: string): RichText => ({
  text,
  marks: [{ kind: "em", start: 0, end: text.length }],
});

/** Makes the events of announcements out of their text and their attachments. */
export function createComposer(o: ComposeOptions) {
  /** Uploaded for a delivery that was not fixed yet: it is prepared again and again while the server asks to wait. */
  let uploaded: { readonly delivery: number; readonly files: Map<MediaId, Content | NotUploaded> } | null =
    null;

  const worthRepeating = (media: Ready): boolean => media.state.meta.size <= LARGEST_REPEATED;

  return {
    /** Uploads what `there` lacks and can have. Answers the contents, or why the delivery has to wait. */
    async files(d: Delivery, there: readonly Slot[], signal: AbortSignal): Promise<Files | Outcome> {
      if (uploaded?.delivery !== d.id) uploaded = { delivery: d.id, files: new Map() };
      const { files } = uploaded;
      for (const media of d.media) {
        if (files.has(media.id) || there.some((s) => s.part === mediaPart(media.id))) continue;
        if (!isReady(media) || o.allows(d, media) !== "yes") continue;
        if (d.action === "digest" && !worthRepeating(media)) continue;
        const came = await o.uploads.upload(media, d.tries, signal);
        if (came.kind === "outcome") return came.outcome;
        files.set(media.id, came.kind === "uploaded" ? came.content : came.code);
      }
      return files;
    },

    /**
     * The events of an announcement, or of one repetition of it, where `there` stands of it now. `lacking`: attachments
     * that are to follow.
     */
    pieces(d: Delivery, there: readonly Slot[], files: Files, copy: boolean) {
      const lines: string[] = [];
      const unwanted: string[] = [];
      const attached: Piece[] = [];
      const lacking: MediaId[] = [];
      const line = (media: DeliveryMedia, code: string) => lines.push(missingLine(code, media, o.lang));
      for (const media of d.media) {
        const part = mediaPart(media.id);
        const allowed = o.allows(d, media);
        const file = files.get(media.id);
        if (allowed === "kind") unwanted.push(missingLine("kind", media, o.lang));
        else if (there.some((s) => s.part === part)) attached.push({ part, content: null });
        else if (allowed === "size") line(media, "too_large");
        else if (typeof file === "string") line(media, file);
        else if (file !== undefined) attached.push({ part, content: file });
        else if (media.state.kind === "failed") line(media, media.state.code);
        else if (copy) line(media, "earlier");
        else {
          lacking.push(media.id);
          line(media, "later");
        }
      }
      const body = d.clean?.text ?? plain("");
      if (d.action === "strike") lines.push(removedLine(o.lang));
      // A mapping's kinds are the rep's choice and need no word, unless nothing else would be left of the post.
      if (body.text === "" && attached.length === 0 && lines.length === 0) lines.push(...unwanted);
      const over = copy ? [emphasised(repeatedLine(d.postedAt, o.zone, o.lang))] : [];
      const whole: RichText = join([...over, body, ...lines.map(plain)], "\n\n");
      const texts = whole.text === "" ? [] : split(whole, fitsEvent);
      const said = texts.map(
        (piece, i): Piece => ({ part: `text.${i}`, content: text(piece, copy ? "notice" : "text") }),
      );
      return { pieces: [...said, ...attached], lacking };
    },
  };
}
