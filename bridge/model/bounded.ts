import { z } from "zod";

/**
 * A text of so many characters (UTF-16 units). For outside data in place of zod's own `min`, `max` and `length`: those
 * compare the member `length` of whatever came, even of what is no text, and what cannot be compared
 * (`{"length":{"valueOf":1}}`, or a list nested beyond the stack) makes them throw where a value is promised.
 */
export const boundedText = (least: number, most: number) =>
  z.string().refine((text) => text.length >= least && text.length <= most, "a text of another length");
