import { z } from "zod";
import { ChatId, MessageId } from "./ids.ts";

/**
 * One message of an announcement in the chat.
 * - `part`: `text.N` or `media.<id>`.
 * - `same`: a hash of what stands there.
 * - `kind`: `line` is a text that stands for a file which the server did not take.
 * - `form`: of a file alone, how it is shown; `album`: it was sent together with others.
 * - `button`: what makes its button's link differ from all others; null: it has none.
 * - `sent`: when, ms: a bot deletes only what is younger than 48 hours.
 */
const slot = <T extends z.ZodType>(id: T) =>
  z.object({
    part: z.string(),
    id,
    same: z.string(),
    kind: z.enum(["text", "media", "line"]),
    form: z.string().nullable(),
    album: z.boolean(),
    button: z.string().nullable(),
    sent: z.number(),
  });

/** A message that is yet to be sent: which step sends it, and which of that step's messages it is. */
export const Coming = z.object({ step: z.int().nonnegative(), index: z.int().nonnegative() });
export type Coming = z.infer<typeof Coming>;

export const PlannedSlot = slot(z.union([MessageId, Coming]));
export type PlannedSlot = z.infer<typeof PlannedSlot>;

/** What stands in the chat of an announcement (or of a line about it), in order. Kept sealed in the message map. */
export const Receipt = z.object({
  v: z.literal(1),
  chat: ChatId,
  slots: z.array(slot(MessageId)),
  /** The message of it that is pinned. */
  pinned: MessageId.nullable(),
});
export type Receipt = z.infer<typeof Receipt>;
export type Slot = Receipt["slots"][number];

/** Reads a receipt; null: there is none. One that is not ours is a bug or a damaged disk: it throws. */
export const readReceipt = (text: string | null): Receipt | null =>
  text === null ? null : Receipt.parse(JSON.parse(text));
