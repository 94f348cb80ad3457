import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";

/**
 * MAX's objects as far as a source needs them (Bot API 0.0.30 to 0.0.33). Tolerant on purpose: a member that is
 * missing or new must not lose a post, so only what identifies a message is required.
 */

/** An id as decimal text, however it was written; beyond 2^53 it came as text (json.ts). */
const id = z.union([z.string().regex(/^-?\d{1,20}$/), z.int()]).transform(String);
/** The id of a message. */
const mid = boundedText(1, 400);
/** ms UTC, as far as a Date can hold it. */
const time = z.int().nonnegative().max(8.64e15);
const text = z.string().nullish().catch(null);
const size = z.int().nonnegative().optional().catch(undefined);
const extent = z.number().nonnegative().optional().catch(undefined);

const payload = z.looseObject({
  url: z.string().optional().catch(undefined),
  token: z.string().optional().catch(undefined),
  photo_id: id.optional().catch(undefined),
  code: z.string().optional().catch(undefined),
});

const button = z
  .looseObject({
    type: z.string().catch(""),
    text: z.string().catch(""),
    url: z.string().optional().catch(undefined),
  })
  .catch({ type: "", text: "" });

export const Attachment = z.looseObject({
  type: z.string().catch(""),
  payload: payload.optional().catch(undefined),
  filename: z.string().optional().catch(undefined),
  size,
  width: extent,
  height: extent,
  duration: extent,
  title: text,
  description: text,
  latitude: z.number().min(-90).max(90).optional().catch(undefined),
  longitude: z.number().min(-180).max(180).optional().catch(undefined),
});
export type Attachment = z.infer<typeof Attachment>;

export const Keyboard = z.looseObject({
  payload: z.looseObject({ buttons: z.array(z.array(button).catch([])) }),
});

export const Markup = z.looseObject({
  type: z.string(),
  from: z.number(),
  length: z.number(),
  url: z.string().optional().catch(undefined),
});

const list = z.array(z.unknown()).nullish().catch(null);

export const Body = z.looseObject({
  mid: mid.optional().catch(undefined),
  text,
  attachments: list,
  markup: list,
});
export type Body = z.infer<typeof Body>;

export const Link = z.looseObject({ type: z.string(), message: Body });

/** Who wrote it, where that cannot be read: somebody, and so never the channel itself. */
const SOMEBODY = "?";

/**
 * `mid` is the message's id: the body's, or a stand-in where there is no body (the schema: "could be null if message
 * contains only forwarded message"). The stand-in is the same whenever the message is seen.
 */
export const Message = z
  .looseObject({
    sender: z.looseObject({ user_id: id }).nullish().catch({ user_id: SOMEBODY }),
    recipient: z.looseObject({ chat_id: id }),
    timestamp: time,
    link: z.unknown().optional(),
    body: Body.nullish().catch(null),
  })
  .transform((m) => ({ ...m, mid: m.body?.mid ?? standIn(m.recipient.chat_id, m.timestamp, m.link) }));
export type Message = z.infer<typeof Message>;

const standIn = (chat: string, at: number, link: unknown): string =>
  `at.${chat}.${at}.${Link.safeParse(link).data?.message.mid ?? ""}`;

/** The chat and the time (ms) that a stand-in tells; null for an id of MAX's own. */
export function readStandIn(mid: string): { readonly chat: string; readonly at: number } | null {
  const [, chat, at] = /^at\.(-?\d+)\.(\d+)\./.exec(mid) ?? [];
  return chat === undefined || at === undefined ? null : { chat, at: Number(at) };
}

export const Messages = z.looseObject({ messages: z.array(z.unknown()) });

export const Updates = z.looseObject({
  updates: z.array(z.unknown()),
  /** Decimal text where it is beyond 2^53. */
  marker: z
    .union([z.string().regex(/^-?\d+$/), z.int()])
    .transform(String)
    .nullish(),
});
export const Update = z.looseObject({ update_type: z.string(), timestamp: time.catch(0) });
export const MessageUpdate = z.looseObject({ message: Message });
export const RemovedUpdate = z.looseObject({ message_id: mid, chat_id: id });
export const ChatUpdate = z.looseObject({ chat_id: id });

export const Video = z.looseObject({ urls: z.record(z.string(), z.string().nullish()).nullish() });
export const Member = z.looseObject({
  is_admin: z.boolean().catch(false),
  permissions: z.array(z.string()).nullish().catch(null),
});
export const Chat = z.looseObject({ type: z.string().catch(""), status: z.string().catch("active") });
