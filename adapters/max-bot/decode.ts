import { z } from "zod";
import { ChannelId, ForeignId, MediaRef, SenderId } from "../../bridge/model/ids.ts";
import type { RawAttachment, RawContent, RawMedia, RawPost } from "../../bridge/model/post.ts";
import { clamp, type Mark, type MarkKind } from "../../bridge/model/rich-text.ts";
import { Attachment, type Body, Keyboard, Link, Markup, type Message } from "./wire.ts";

const marks: ReadonlyMap<string, MarkKind> = new Map([
  ["strong", "strong"],
  ["emphasized", "em"],
  ["monospaced", "code"],
  ["strikethrough", "strike"],
  ["underline", "under"],
  ["heading", "head"],
  ["highlighted", "mark"],
  ["quote", "quote"],
  ["link", "link"],
]);

/** Where an attachment stands: the message to fetch for a new link, and its chat. */
interface Place {
  readonly mid: string;
  readonly chat: string;
}

/** What {@link mediaOf} needs to open an attachment again. */
export const Ref = z.object({
  mid: z.string(),
  /** null where it was noted without. */
  chat: z.string().nullable().default(null),
  /** Bytes, as MAX told them; null: it did not. */
  size: z.number().nullable().default(null),
  kind: z.string(),
  identity: z.string(),
  url: z.string().nullable(),
  token: z.string().nullable(),
});
export type Ref = z.infer<typeof Ref>;

/** A place in a text, moved to the border of a character that is two code units long. */
function border(text: string, at: number, outwards: -1 | 1): number {
  return at > 0 &&
    at < text.length &&
    /[\uDC00-\uDFFF]/.test(text.charAt(at)) &&
    /[\uD800-\uDBFF]/.test(text.charAt(at - 1))
    ? at + outwards
    : at;
}

/** Marks of a text. A mention keeps its words and loses whom it leads to; what is not known is left out. */
function markup(text: string, list: readonly unknown[]): readonly Mark[] {
  const found = list.flatMap((item): Mark[] => {
    const element = Markup.safeParse(item);
    if (!element.success) return [];
    const { type, from, length, url } = element.data;
    const kind = marks.get(type);
    if (kind === undefined || (kind === "link" && url === undefined)) return [];
    return [
      { kind, start: from, end: from + length, ...(kind === "link" && url !== undefined ? { url } : {}) },
    ];
  });
  return clamp(text, found).map((m) => ({
    ...m,
    start: border(text, m.start, -1),
    end: border(text, m.end, 1),
  }));
}

const kinds = { image: "image", video: "video", audio: "audio", file: "file", sticker: "sticker" } as const;

/** The same for the same attachment whenever it is seen: links change, these do not. */
function identityOf(a: Attachment): string {
  const { payload } = a;
  const own = payload?.photo_id ?? payload?.code ?? payload?.token ?? `${a.filename ?? ""}/${a.size ?? ""}`;
  return `${a.type}:${own}`;
}

function mediaOf(a: Attachment, kind: RawMedia["kind"], at: Place): RawMedia {
  const identity = identityOf(a);
  const { url = null, token = null } = a.payload ?? {};
  const ref: Ref = { ...at, size: a.size ?? null, kind, identity, url, token };
  return {
    type: "media",
    kind,
    ref: MediaRef.parse(JSON.stringify(ref)),
    identity,
    ...(a.filename === undefined ? {} : { name: a.filename }),
    ...(a.size === undefined ? {} : { size: a.size }),
    ...(a.width === undefined ? {} : { width: a.width }),
    ...(a.height === undefined ? {} : { height: a.height }),
    ...(a.duration === undefined ? {} : { duration: a.duration }),
  };
}

/** One attachment; what is not understood is `unknown`, never left out. */
function attachment(item: unknown, at: Place): RawAttachment {
  const parsed = Attachment.safeParse(item);
  if (!parsed.success) return { type: "unknown" };
  const a = parsed.data;
  for (const kind of Object.values(kinds))
    if (a.type === kind && a.payload !== undefined) return mediaOf(a, kind, at);
  if (a.type === "contact") return { type: "contact" };
  if (a.type === "location" && a.latitude !== undefined && a.longitude !== undefined)
    return { type: "location", latitude: a.latitude, longitude: a.longitude };
  if (a.type === "share")
    return {
      type: "share",
      ...(a.payload?.url === undefined ? {} : { url: a.payload.url }),
      ...(a.title == null ? {} : { title: a.title }),
      ...(a.description == null ? {} : { description: a.description }),
    };
  if (a.type === "inline_keyboard") {
    const keyboard = Keyboard.safeParse(item);
    const buttons = keyboard.success ? keyboard.data.payload.buttons.flat() : [];
    return {
      type: "buttons",
      links: buttons.flatMap((b) =>
        b.type === "link" && b.url !== undefined ? [{ text: b.text, url: b.url }] : [],
      ),
    };
  }
  return { type: "unknown" };
}

function content(body: Body | null | undefined, at: Place): RawContent {
  const text = body?.text ?? "";
  return {
    body: { text, marks: markup(text, body?.markup ?? []) },
    attachments: (body?.attachments ?? []).map((item) => attachment(item, at)),
  };
}

const unreadable: RawAttachment = { type: "unknown" };
const isEmpty = (c: RawContent): boolean => c.body.text === "" && c.attachments.length === 0;

/**
 * A message as the core knows it. A forward's content stands in `link.message`, and is fetched by the outer message.
 * What cannot be read of it (a link of a new kind, a message without any content) is an unknown attachment.
 */
export function decodePost(message: Message): RawPost {
  const { mid, sender } = message;
  const link = Link.safeParse(message.link).data;
  const at: Place = { mid, chat: message.recipient.chat_id };
  const own = content(message.body, at);
  const forward = link?.type === "forward" ? content(link.message, at) : undefined;
  const replied = link?.type === "reply" ? link.message.mid : undefined;
  const lacking =
    (message.link != null && link?.type !== "reply" && forward === undefined) ||
    (isEmpty(own) && (forward === undefined || isEmpty(forward)));
  return {
    ...own,
    attachments: lacking ? [...own.attachments, unreadable] : own.attachments,
    channel: ChannelId.parse(message.recipient.chat_id),
    foreignId: ForeignId.parse(mid),
    postedAt: message.timestamp,
    sender: sender == null ? null : SenderId.parse(sender.user_id),
    ...(replied === undefined ? {} : { replyTo: ForeignId.parse(replied) }),
    ...(forward === undefined ? {} : { forward }),
  };
}

/** Every attachment with bytes of a message and of what it forwards. */
export const mediaIn = (post: RawPost): readonly RawMedia[] =>
  [...post.attachments, ...(post.forward?.attachments ?? [])].filter((a) => a.type === "media");
