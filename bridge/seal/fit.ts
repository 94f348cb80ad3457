import { encodePayload, type Payload } from "./payload.ts";
import { LARGEST_JSON } from "./record.ts";

/** What is cut from a text that does not fit ends in this. */
const CUT = "\n[…]";
const utf8 = new TextEncoder();

const size = (p: Payload): number => utf8.encode(encodePayload(p)).length;

/**
 * A post that fits into the largest record: first previews go, then the text before the edit, then files' sizes
 * stay but marks go, and at last the text's end, with a sign that it was cut. A MAX post fits as it is; this is for
 * what is hostile or absurd.
 */
export function fitPayload(payload: Payload): Payload {
  if ((payload.k !== "post" && payload.k !== "edit") || size(payload) <= LARGEST_JSON) return payload;
  let p = payload;
  if (p.files !== undefined) p = { ...p, files: p.files.map(({ thumb: _, ...rest }) => rest) };
  if (size(p) <= LARGEST_JSON) return p;
  if (p.was !== undefined) {
    const { was: _, ...rest } = p;
    p = rest;
  }
  if (size(p) <= LARGEST_JSON) return p;
  p = { ...p, marks: [] };
  if (size(p) <= LARGEST_JSON) return p;
  let low = 0;
  let high = p.text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (size({ ...p, text: cut(p.text, middle) }) <= LARGEST_JSON) low = middle;
    else high = middle - 1;
  }
  return { ...p, text: cut(p.text, low) };
}

/** The first `n` UTF-16 units, never half a character, and the sign of the cut. */
function cut(text: string, n: number): string {
  const last = text.charCodeAt(n - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? n - 1 : n) + CUT;
}
