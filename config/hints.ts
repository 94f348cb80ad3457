import { z } from "zod";

/** What a written value was meant to be. Each has a text in both languages (texts.ts) that shows a right one. */
export const hints = [
  "size",
  "duration",
  "silence",
  "time",
  "silent_hours",
  "zone",
  "backfill",
  "channel",
  "sender",
  "selector",
  "pattern",
  "origin",
  "url",
  "telegram",
  "telegram_chat",
  "telegram_topic",
  "telegram_user",
  "proxy",
  "listen",
  "days",
  "count",
  "yes_no",
  "text",
  "title",
  "list",
  "group",
  "path",
] as const;
export type Hint = (typeof hints)[number];

const mark = "hint:";

/** The message by which a zod issue carries a hint; {@link hintOf} reads it back. */
export const hint = (name: Hint): string => `${mark}${name}`;

const HintName = z.enum(hints);

export function hintOf(message: string): Hint | null {
  if (!message.startsWith(mark)) return null;
  const parsed = HintName.safeParse(message.slice(mark.length));
  return parsed.success ? parsed.data : null;
}
