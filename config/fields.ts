import { z } from "zod";
import { isProxy, readListen, readOrigin, readUrl } from "./addresses.ts";
import { type Hint, hint } from "./hints.ts";
import { isDay, isZone, readDuration, readRange, readSize, readTime } from "./human.ts";

/** The values that can be written in postern.yaml. A wrong one carries a hint that the texts put into words. */

/** A text that `read` understands. It answers null (or undefined) for what it does not. */
function written<T>(name: Hint, read: (text: string) => T | null | undefined) {
  return z.string({ error: hint(name) }).transform((text, context): T => {
    const value = read(text);
    if (value !== null && value !== undefined) return value;
    context.addIssue({ code: "custom", message: hint(name) });
    return z.NEVER;
  });
}

const check = (test: (text: string) => boolean) => (text: string) => (test(text) ? text : null);

export const size = written("size", readSize);
export const duration = written("duration", readDuration);
/** A duration of at least a minute, or `off`. */
export const silence = written("silence", (text) => {
  if (text.trim() === "off") return { after: null };
  const after = readDuration(text);
  return after === null || after < 60_000 ? null : { after };
});
export const time = written("time", readTime);
export const silentHours = written("silent_hours", readRange);
export const zone = written("zone", check(isZone));
export const url = written("url", readUrl);
export const origin = written("origin", readOrigin);
export const telegram = written(
  "telegram",
  check((text) => /^https:\/\/t\.me\/[+\w/-]+$/.test(text)),
);
export const proxy = written("proxy", check(isProxy));
export const path = written(
  "path",
  check((text) => text.trim() !== "" && !text.includes("\0")),
);
export const listen = written("listen", (text) => {
  const value = readListen(text);
  return value === undefined ? undefined : { at: value };
});
export const text = written(
  "text",
  check((text) => text.trim() !== ""),
);
export const title = written(
  "title",
  check((text) => text.trim() !== "" && text.length <= 100 && !/[\n\r]/.test(text)),
);
export const yesNo = z.boolean({ error: hint("yes_no") });
export const days = z
  .number({ error: hint("days") })
  .int({ error: hint("days") })
  .min(0, { error: hint("days") })
  .max(365, { error: hint("days") });
export const count = z
  .number({ error: hint("count") })
  .int({ error: hint("count") })
  .min(1, { error: hint("count") })
  .max(1_000_000, { error: hint("count") });

/** An integer of Telegram's; in quotes it is one, too. */
const integer = (name: Hint, test: (value: number) => boolean) =>
  z.union([z.number(), z.string()], { error: hint(name) }).transform((value, context): number => {
    const number = typeof value === "string" && /^-?\d{1,16}$/.test(value.trim()) ? Number(value) : value;
    if (typeof number === "number" && Number.isSafeInteger(number) && test(number)) return number;
    context.addIssue({ code: "custom", message: hint(name) });
    return z.NEVER;
  });
/** Those of groups and channels are negative. */
export const telegramChat = integer("telegram_chat", (id) => id < 0);
export const telegramTopic = integer("telegram_topic", (id) => id > 0);
export const telegramUser = integer("telegram_user", (id) => id > 0);

/** An id in a source's own words. The loader hands over integers beyond 2^53 as text, so none is rounded. */
function id(name: "channel" | "sender") {
  return z.union([z.string(), z.number()], { error: hint(name) }).transform((value, context): string => {
    const text = String(value).trim();
    if (typeof value === "string" ? /^\S{1,128}$/.test(text) : Number.isSafeInteger(value)) return text;
    context.addIssue({ code: "custom", message: hint(name) });
    return z.NEVER;
  });
}
export const channel = id("channel");
export const sender = id("sender");

const pattern = z
  .strictObject(
    {
      pattern: z.string({ error: ({ input }) => hint(input === undefined ? "selector" : "pattern") }),
      flags: z.string({ error: hint("pattern") }).default("iu"),
    },
    { error: (issue) => (issue.code === "invalid_type" ? hint("selector") : undefined) },
  )
  .transform((value, context): { kind: "pattern"; pattern: RegExp } => {
    try {
      // "g" and "y" make a RegExp remember its place, so that every second test would fail.
      if (value.pattern !== "" && /^[imsuv]*$/.test(value.flags))
        return { kind: "pattern", pattern: new RegExp(value.pattern, value.flags) };
    } catch {
      // said below, in our words
    }
    context.addIssue({ code: "custom", message: hint("pattern") });
    return z.NEVER;
  });
const hashtag = z
  .string()
  .regex(/^\s*#[\p{L}\p{N}_]+\s*$/u)
  .transform((value) => ({ kind: "hashtag" as const, tag: value.trim().slice(1).toLowerCase() }));

/** `"#exam"` or `{pattern: "room \\d+"}`. */
export const selector = z.union([hashtag, pattern], { error: hint("selector") });

/** `0`, `50` or `since 2026-11-01` (midnight in the mapping's timezone). */
export const backfill = z
  .union([z.number(), z.string()], { error: hint("backfill") })
  .transform((value, context): { count: number } | { since: string } => {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 10_000)
      return { count: value };
    const day = /^since\s+(\S+)$/.exec(String(value).trim())?.[1];
    if (day !== undefined && isDay(day)) return { since: day };
    context.addIssue({ code: "custom", message: hint("backfill") });
    return z.NEVER;
  });

/** A list whose own wrong type is said in our words. */
export const list = <T extends z.ZodType>(item: T) => z.array(item, { error: hint("list") });
/** A list of one or more. (Why not zod's `min`: bounded.ts.) */
export const filled = <T extends z.ZodType>(item: T) =>
  list(item)
    .refine((items) => items.length > 0, { error: hint("list") })
    .meta({ minItems: 1 });
