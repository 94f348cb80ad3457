import { z } from "zod";
import type { MediaRef } from "../model/ids.ts";
import {
  type AttachmentKind,
  attachmentKinds,
  type Extent,
  type RawAttachment,
  type RawContent,
  type RawMedia,
  type RawPost,
} from "../model/post.ts";
import { clamp, join, plain, RichText } from "../model/rich-text.ts";
import { isForeign, leadsToMax } from "./max-traces.ts";
import { neutralName } from "./neutral-name.ts";
import { scrubText } from "./scrub-text.ts";
import { type ScrubWords, scrubWords } from "./scrub-words.ts";

/** An attachment as it may cross: its kind and a name of our own. */
export interface CleanMedia {
  readonly ordinal: number;
  readonly kind: AttachmentKind;
  readonly name: string;
}

/**
 * An announcement from which everything was taken that could name a person or the copy it came from. It can be
 * made in this file alone: the type has a private member and its class is not exported.
 */
class CleanAnnouncement {
  readonly #scrubbed = true;
  readonly text: RichText;
  readonly media: readonly CleanMedia[];
  constructor(text: RichText, media: readonly CleanMedia[]) {
    this.text = text;
    this.media = media;
  }
  /** Whether a value was made by the scrub. */
  static made(value: unknown): boolean {
    return typeof value === "object" && value !== null && #scrubbed in value && value.#scrubbed;
  }
}

export type { CleanAnnouncement };

export interface Scrubbed {
  readonly clean: CleanAnnouncement;
  /** How to fetch each of `clean.media`; never crosses. */
  readonly media: readonly (CleanMedia & {
    readonly ref: MediaRef;
    readonly identity: string;
    readonly extent: Extent;
  })[];
}

const hasBytes = (a: RawAttachment): a is RawMedia => a.type === "media";

/** A line of Postern's own, or of an attachment that is only words. */
function line(attachment: Exclude<RawAttachment, RawMedia>, words: ScrubWords): RichText {
  switch (attachment.type) {
    case "contact":
      return plain(words.contact);
    case "unknown":
      return plain(words.unknown);
    case "location": {
      const [lat, lon] = [attachment.latitude, attachment.longitude].map((n) => n.toFixed(5));
      const url = `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=17/${lat}/${lon}`;
      return linked(`${words.place}: ${lat}, ${lon}`, url);
    }
    case "share": {
      const { url, title, description } = attachment;
      const text = [title, description].filter((t) => t !== undefined && t !== "").join("\n");
      return join([scrubText(plain(text), words), url === undefined ? plain("") : address(url, words)], "\n");
    }
    case "buttons":
      return join(
        attachment.links.map((b) => join([scrubText(plain(b.text), words), address(b.url, words)], ": ")),
        "\n",
      );
  }
}

const linked = (text: string, url: string): RichText => ({
  text,
  marks: clamp(text, [{ kind: "link", start: 0, end: text.length, url }]),
});

/** An address as words, which can be opened where a reader may: one into MAX becomes the neutral word. */
function address(url: string, words: ScrubWords): RichText {
  if (leadsToMax(url)) return plain(words.maxLink);
  return scrubText(isForeign(url) ? plain(url) : linked(url, url), words);
}

/** More attachments than any messenger takes in one post: what follows is hostile, and must hold up nothing. */
const MOST_ATTACHMENTS = 100;

const attachmentsOf = (content: RawContent | undefined): readonly RawAttachment[] =>
  content?.attachments.slice(0, MOST_ATTACHMENTS) ?? [];

function worded(content: RawContent, words: ScrubWords): RichText {
  const { length } = content.attachments;
  const rest = length > MOST_ATTACHMENTS ? [plain(words.tooMany(length, MOST_ATTACHMENTS))] : [];
  const lines = attachmentsOf(content).flatMap((a) => (hasBytes(a) ? [] : [line(a, words)]));
  return join([scrubText(content.body, words), ...lines, ...rest], "\n\n");
}

const isEmpty = (content: RawContent): boolean =>
  content.body.text === "" && content.attachments.length === 0;

/** A forwarded post: its words as a quote under one neutral line, with nobody's name. */
function quoted(content: RawContent, words: ScrubWords): RichText {
  const text = worded(content, words);
  const quote: RichText = {
    text: text.text,
    marks: [...clamp(text.text, [{ kind: "quote", start: 0, end: text.text.length }]), ...text.marks],
  };
  return join([plain(words.forwarded), quote], "\n");
}

/**
 * Takes out of a post what could identify a person or the copy it came from: names and ids of authors, links and
 * ids of MAX, the names of files. Pure; `lang` is that of the words it puts in, `timezone` that of dates in names.
 */
export function scrub(post: RawPost, o: { readonly lang: "ru" | "en"; readonly timezone: string }): Scrubbed {
  const words = scrubWords(o.lang);
  const { forward } = post;
  const told = forward === undefined || isEmpty(forward) ? [] : [quoted(forward, words)];
  const text = join([worded(post, words), ...told], "\n\n");
  const media = [...attachmentsOf(post), ...attachmentsOf(forward)].filter(hasBytes).map((m, i) => ({
    ordinal: i,
    kind: m.kind,
    name: neutralName(m.kind, m.name, { at: post.postedAt, timezone: o.timezone, place: i + 1 }),
    ref: m.ref,
    identity: m.identity,
    extent: extentOf(m),
  }));
  return {
    clean: new CleanAnnouncement(
      // What has nothing that can be shown is shown as that, never as nothing.
      text.text === "" && media.length === 0 ? plain(words.unknown) : text,
      media.map(({ ordinal, kind, name }) => ({ ordinal, kind, name })),
    ),
    media,
  };
}

/** No attachment is larger or longer: what says so is hostile, or a mistake. */
const MOST_EXTENT = 1_000_000;

function extentOf(m: RawMedia): Extent {
  const sane = (n: number | undefined): n is number => n !== undefined && n > 0 && n <= MOST_EXTENT;
  const whole = (n: number): number => Math.max(1, Math.round(n));
  return {
    ...(sane(m.width) && sane(m.height) ? { width: whole(m.width), height: whole(m.height) } : {}),
    ...(sane(m.duration) ? { duration: m.duration } : {}),
  };
}

const frozen = z.object({
  text: RichText,
  media: z.array(z.object({ ordinal: z.int(), kind: z.enum(attachmentKinds), name: z.string() })),
});

/** A clean announcement as JSON, to be stored sealed. What the scrub did not make is a bug. */
export function freeze(clean: CleanAnnouncement): unknown {
  if (!CleanAnnouncement.made(clean)) throw new TypeError("not made by the scrub");
  return { text: clean.text, media: clean.media };
}

/** What {@link freeze} made, read back from sealed storage. Anything else is a bug or a damaged disk: it throws. */
export function revive(value: unknown): CleanAnnouncement {
  const { text, media } = frozen.parse(value);
  return new CleanAnnouncement(text, media);
}

/** The same announcement, struck through whole and without its files: it was removed from the source. */
export const struck = (clean: CleanAnnouncement): CleanAnnouncement =>
  new CleanAnnouncement(
    {
      text: clean.text.text,
      marks: clamp(clean.text.text, [{ kind: "strike", start: 0, end: clean.text.text.length }]),
    },
    [],
  );
