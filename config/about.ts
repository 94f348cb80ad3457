import type { z } from "zod";
import { hint } from "./hints.ts";

/** `example` is what the annotated example shows; `off`: shown as a comment, since most leave it out. */
interface About {
  readonly example?: unknown;
  readonly off?: boolean;
}
/** Says in both languages what a key is for. */
export const about = <T extends z.ZodType>(schema: T, en: string, ru: string, more: About = {}): T =>
  schema.meta({ description: en, ru, ...more });

/** For groups of keys: what is said when something else stands there. */
export const group = { error: hint("group") };
