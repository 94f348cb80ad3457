import { z } from "zod";
import { MediaId } from "../../bridge/model/ids.ts";
import { ChatId, MessageId, TopicId } from "./ids.ts";
import type { Formatted, Message } from "./message.ts";
import { Coming, PlannedSlot } from "./receipt.ts";

const Body = z.object({
  text: z.string(),
  entities: z.array(
    z.object({
      type: z.enum([
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "code",
        "pre",
        "blockquote",
        "text_link",
      ]),
      offset: z.int().nonnegative(),
      length: z.int().positive(),
      url: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<Formatted>;

const Text = z.object({ kind: z.literal("text"), part: z.string(), body: Body });
const Media = z.object({
  kind: z.literal("media"),
  part: z.string(),
  media: MediaId,
  form: z.enum(["photo", "video", "audio", "voice", "document", "animation"]),
  name: z.string(),
  size: z.number(),
  mime: z.string(),
  width: z.number().exactOptional(),
  height: z.number().exactOptional(),
  duration: z.number().exactOptional(),
  caption: Body,
  /** The line that stands for it where the server does not take it. */
  missing: z.string(),
});
export type FixedMedia = z.infer<typeof Media>;
const AnyMessage = z.union([Text, Media]) satisfies z.ZodType<Message>;
export type FixedMessage = z.infer<typeof AnyMessage>;

/** A message that stands there, or one that an earlier step sends. */
const Ref = z.union([MessageId, Coming]);
export type Ref = z.infer<typeof Ref>;

const Button = z.string().nullable();

/** One call, as plain data. What it uploads is named by its id and opened when it is sent. */
const Step = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("send"),
    messages: z.array(AnyMessage),
    reply: Ref.nullable(),
    silent: z.boolean(),
    /** What makes its button differ from all others, so that it can be looked for; null: it cannot. */
    button: Button,
  }),
  z.object({ do: z.literal("text"), id: MessageId, body: Body, button: Button }),
  z.object({ do: z.literal("caption"), id: MessageId, body: Body, button: Button }),
  z.object({ do: z.literal("media"), id: MessageId, media: Media, button: Button }),
  z.object({
    do: z.literal("delete"),
    id: MessageId,
    kind: z.enum(["text", "media"]),
    sent: z.number(),
    /** What it becomes where Telegram does not let it be deleted any more. */
    instead: z.string(),
  }),
  z.object({ do: z.literal("pin"), id: Ref }),
  z.object({ do: z.literal("unpin"), id: Ref }),
]);
export type Step = z.infer<typeof Step>;
export type SendStep = Extract<Step, { do: "send" }>;

/** What TX 2 fixes of a delivery: the calls to make, in order, and what stands in the chat afterwards. */
const Fixed = z.object({
  v: z.literal(1),
  chat: ChatId,
  topic: TopicId.nullable(),
  /** Makes it differ from anything else that was ever prepared under the same key. */
  nonce: z.string(),
  steps: z.array(Step),
  slots: z.array(PlannedSlot),
  pinned: Ref.nullable(),
});
export type Fixed = z.infer<typeof Fixed>;

export const encodeFixed = (fixed: Fixed): Uint8Array => new TextEncoder().encode(JSON.stringify(fixed));
export const decodeFixed = (bytes: Uint8Array): Fixed =>
  Fixed.parse(JSON.parse(new TextDecoder().decode(bytes)));
