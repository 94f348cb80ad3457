import { z } from "zod";

/**
 * MAX's objects as far as a source needs them (Bot API 0.0.30 to 0.0.33). Tolerant on purpose: a member that is
 * missing or new must not lose a post, so only what identifies a message is required.
 */

/** An id as decimal text, however it was written. */
const id = z.union([z.string(), z.number()]).transform(String);
const text = z.string().nullish().catch(null);
const size = z.number().nonnegative().optional().catch(undefined);

const payload = z.looseObject({
  url: z.string().optional().catch(undefined),
  token: z.string().optional().catch(undefined),
  photo_id: id.optional().catch(undefined),
  code: z.string().optional().catch(undefined),
});

const button = z.looseObject({
  type: z.string().catch(""),
  text: z.string().catch(""),
  url: z.string().optional().catch(undefined),
});

export const Attachment = z.looseObject({
  type: z.string().catch(""),
  payload: payload.optional().catch(undefined),
  filename: z.string().optional().catch(undefined),
  size,
  width: size,
  height: size,
  duration: size,
  title: text,
  description: text,
  latitude: z.number().optional().catch(undefined),
  longitude: z.number().optional().catch(undefined),
});
export type Attachment = z.infer<typeof Attachment>;

export const Keyboard = z.looseObject({ payload: z.looseObject({ buttons: z.array(z.array(button)) }) });

export const Markup = z.looseObject({
  type: z.string(),
  from: z.number(),
  length: z.number(),
  url: z.string().optional().catch(undefined),
});

const list = z.array(z.unknown()).nullish().catch(null);

export const Body = z.looseObject({ mid: z.string().min(1), text, attachments: list, markup: list });
export type Body = z.infer<typeof Body>;

const link = z.looseObject({ type: z.string(), message: Body });

export const Message = z.looseObject({
  sender: z.looseObject({ user_id: id }).nullish().catch(null),
  recipient: z.looseObject({ chat_id: id }),
  timestamp: z.number(),
  link: link.nullish().catch(null),
  body: Body,
});
export type Message = z.infer<typeof Message>;

export const Messages = z.looseObject({ messages: z.array(z.unknown()) });

export const Updates = z.looseObject({
  updates: z.array(z.unknown()),
  marker: z.union([z.string(), z.number()]).nullish(),
});
export const Update = z.looseObject({ update_type: z.string(), timestamp: z.number() });
export const MessageUpdate = z.looseObject({ message: Message });
export const RemovedUpdate = z.looseObject({ message_id: z.string().min(1), chat_id: id });
export const ChatUpdate = z.looseObject({ chat_id: id });

export const Video = z.looseObject({ urls: z.record(z.string(), z.string().nullish()).nullish() });
export const Member = z.looseObject({
  is_admin: z.boolean().catch(false),
  permissions: z.array(z.string()).nullish().catch(null),
});
export const Chat = z.looseObject({ type: z.string().catch(""), status: z.string().catch("active") });
