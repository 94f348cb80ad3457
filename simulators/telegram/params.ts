import { z } from "zod";

/** Parameters come as JSON or as text fields of a form: each of these takes both. */
const parsed = (value: unknown): unknown => {
  if (typeof value !== "string") return value;
  try {
    const found: unknown = JSON.parse(value);
    return found;
  } catch {
    return value;
  }
};

export const json = <S extends z.ZodType>(schema: S) => z.preprocess(parsed, schema);
export const int = z.preprocess(
  (value) => (typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value),
  z.int(),
);
export const flag = z.preprocess((value) => {
  if (value === "true" || value === "True" || value === "1" || value === 1) return true;
  return value === "false" || value === "False" || value === "0" || value === 0 ? false : value;
}, z.boolean());
export const text = z.preprocess((value) => (typeof value === "number" ? String(value) : value), z.string());

/** A chat's id, or the public name of one. */
export const chatId = z.union([int, z.string().startsWith("@")]);

export const EntityIn = z.object({
  type: z.string(),
  offset: z.int(),
  length: z.int(),
  url: z.string().optional(),
  language: z.string().optional(),
});
export const entities = json(z.array(EntityIn)).optional();

export const ReplyIn = json(
  z.object({
    message_id: int,
    chat_id: chatId.optional(),
    allow_sending_without_reply: flag.optional(),
  }),
);

export const Markup = json(z.record(z.string(), z.json()));

/** What all that sends has in common. */
export const sending = {
  chat_id: chatId,
  message_thread_id: int.optional(),
  disable_notification: flag.optional(),
  protect_content: flag.optional(),
  reply_parameters: ReplyIn.optional(),
  reply_to_message_id: int.optional(),
  reply_markup: Markup.optional(),
};

export const bodied = {
  parse_mode: text.optional(),
  caption: text.optional(),
  caption_entities: entities,
};

/** What a parameter is called in the answer where it is missing or wrong. */
export function malformed(error: z.ZodError): string {
  const at = String(error.issues[0]?.path[0] ?? "");
  if (at === "chat_id") return "chat_id is empty";
  if (at === "message_id") return "message identifier is not specified";
  if (at === "text") return "message text is empty";
  if (at === "reply_markup") return "can't parse reply keyboard markup JSON object";
  if (at === "entities" || at === "caption_entities") return "can't parse entities: wrong JSON";
  if (at === "user_id") return "invalid user_id specified";
  return `invalid ${at === "" ? "request" : at} specified`;
}
