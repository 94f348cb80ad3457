import { z } from "zod";
import { JsonObject } from "./json.ts";

/** What the control interface takes, over HTTP and in the process. */

const integerText = z.string().regex(/^-?\d{1,19}$/, "an integer, as decimal text");
/** A chat or user id: decimal text, or a JSON integer. Kept as text. */
export const Id = z.union([integerText, z.int(), z.bigint()]).transform((v) => String(v));
const mid = z.string().min(1);
const ms = z.int().nonnegative();

export const UserInput = z.strictObject({
  userId: Id.optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  username: z.string().optional(),
  isBot: z.boolean().optional(),
});

const permissions = z.array(z.string().min(1));
const BotInput = z.strictObject({
  member: z.boolean().optional(),
  admin: z.boolean().optional(),
  /** Default: all of an administrator's. `read_all_messages` decides whether posts are seen. */
  permissions: permissions.optional(),
});

export const CreateChannelInput = z.strictObject({
  chatId: Id.optional(),
  type: z.enum(["channel", "chat", "dialog"]).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  /** The public name: the channel is public then and its posts have a URL. */
  link: z.string().optional(),
  participants: z.int().positive().optional(),
  bot: BotInput.optional(),
  /** false: no bot_added update. */
  announce: z.boolean().optional(),
});

export const SetBotInput = BotInput.extend({ chatId: Id });

/** One markup element. Types beyond the ten known ones pass, to test what a client does with them. */
const MarkupInput = z.looseObject({ type: z.string().min(1), from: z.int(), length: z.int() });

const media = z.string().min(1);
const size = z.int().positive();
export const AttachmentInput = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("image"), media }),
  z.strictObject({
    type: z.literal("video"),
    media,
    /** Quality (`mp4_1080` … `mp4_144`, `hls`) → media id. Default: `mp4_720`, the medium itself. */
    qualities: z.record(z.string(), z.string()).optional(),
    thumbnail: media.optional(),
    width: size.optional(),
    height: size.optional(),
    duration: z.int().nonnegative().optional(),
  }),
  z.strictObject({ type: z.literal("audio"), media, transcription: z.string().optional() }),
  z.strictObject({
    type: z.literal("file"),
    media,
    filename: z.string().optional(),
    /** The size told, where it should be a lie. */
    size: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    type: z.literal("sticker"),
    media,
    code: z.string().optional(),
    width: size.optional(),
    height: size.optional(),
  }),
  z.strictObject({
    type: z.literal("contact"),
    vcf: z.string().optional(),
    hash: z.string().optional(),
    user: UserInput.optional(),
  }),
  z.strictObject({
    type: z.literal("share"),
    url: z.string().optional(),
    title: z.string().optional(),
    description: z.string().optional(),
    imageUrl: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("location"), latitude: z.number(), longitude: z.number() }),
  z.strictObject({ type: z.literal("inline_keyboard"), buttons: z.array(z.array(JsonObject)) }),
  /** Sent as it stands: unknown attachment types, or broken ones. */
  z.strictObject({ type: z.literal("raw"), json: JsonObject }),
]);
export type AttachmentInput = z.input<typeof AttachmentInput>;

const content = {
  text: z.string().optional(),
  markup: z.array(MarkupInput).optional(),
  attachments: z.array(AttachmentInput).optional(),
};

const ForwardInput = z.strictObject({
  /** A message here, or else content given whole. */
  mid: mid.optional(),
  chatId: Id.optional(),
  sender: UserInput.nullable().optional(),
  ...content,
});

export const PublishInput = z.strictObject({
  chatId: Id,
  ...content,
  /** Default: null in a channel (it speaks itself), its owner elsewhere. */
  sender: UserInput.nullable().optional(),
  replyTo: mid.optional(),
  forward: ForwardInput.optional(),
  /** Creation time, ms UTC; default now. */
  at: ms.optional(),
  views: z.int().nonnegative().optional(),
  /** true: `body` is written as null, as the schema allows where a message only forwards another. */
  bodiless: z.boolean().optional(),
  /** true: it stands in the history but no update tells of it. */
  silent: z.boolean().optional(),
});

/** What is not given stays; a new text without markup has none. */
export const EditInput = z.strictObject({ mid, ...content, silent: z.boolean().optional() });
export const RemoveInput = z.strictObject({ mid, by: Id.optional(), silent: z.boolean().optional() });
export const CloseInput = z.strictObject({ chatId: Id, closed: z.boolean().optional() });
export const PinInput = z.strictObject({ chatId: Id, mid: mid.nullable() });

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")));
const bytes = z.union([z.custom<Uint8Array>((v) => v instanceof Uint8Array, "bytes"), base64]);
export const AddMediaInput = z
  .strictObject({
    /** In the process a Uint8Array, over HTTP base64. */
    bytes: bytes.optional(),
    /** Bytes made from a seed while they are served; `head` stands in place of the first ones. */
    generated: z
      .strictObject({ size: z.int().nonnegative(), seed: z.int().optional(), head: bytes.optional() })
      .optional(),
    contentType: z.string().optional(),
    filename: z.string().optional(),
  })
  .refine((v) => (v.bytes === undefined) !== (v.generated === undefined), "give either bytes or generated");

export const ExpireMediaInput = z.strictObject({ mediaId: z.string().optional() });
export const UpdateInput = z.strictObject({
  /** Queued as it stands; `timestamp` is filled in where it is missing. */
  update: JsonObject.refine((u) => typeof u.update_type === "string", "update_type is missing"),
});
export const EventInput = z.strictObject({
  type: z.enum([
    "bot_started",
    "bot_stopped",
    "dialog_muted",
    "dialog_unmuted",
    "dialog_cleared",
    "dialog_removed",
    "chat_title_changed",
    "user_added",
    "user_removed",
    "message_callback",
  ]),
  chatId: Id,
  user: UserInput.optional(),
  title: z.string().optional(),
  mid: mid.optional(),
  payload: z.string().optional(),
});
export const UnknownInput = z.strictObject({
  chatId: Id,
  text: z.string().optional(),
  /** When the message is said to have been posted, ms UTC; default an hour ago. */
  at: ms.optional(),
});
export const WebhookInput = z.strictObject({
  url: z
    .string()
    .regex(/^https:\/\/[^/\s]+/)
    .nullable(),
});
export const RepeatInput = z.strictObject({ last: z.int().positive() });
export const ClockInput = z.strictObject({ offsetMs: z.int().optional(), advanceMs: z.int().optional() });
/** PEM; neither: the one it was started with. */
export const CertificateInput = z.strictObject({ cert: z.string().optional(), key: z.string().optional() });
export const ChatInput = z.strictObject({ chatId: Id });
export const RequestsInput = z.strictObject({ path: z.string().optional() });
export const NothingInput = z.strictObject({});
