import { encodePayload, type InfoPayload, type Payload, type PostPayload } from "./payload.ts";
import { LARGEST_JSON } from "./record.ts";

/** Stands for what was cut. */
const CUT = "[…]";
const utf8 = new TextEncoder();

/** Whether it fits into so many bytes, at whatever time it is sealed. */
const fits = (p: Payload, bytes = LARGEST_JSON): boolean =>
  utf8.encode(encodePayload({ ...p, t: 9_999_999_999 })).length <= bytes;

/** The largest `n` up to `high` whose payload fits; 0 where none does. */
function most(high: number, made: (n: number) => Payload, bytes = LARGEST_JSON): number {
  let low = 0;
  for (let top = high; low < top; ) {
    const middle = Math.ceil((low + top) / 2);
    if (fits(made(middle), bytes)) low = middle;
    else top = middle - 1;
  }
  return low;
}

/** The first `n` UTF-16 units, never half a character, and the sign of the cut where something was cut. */
function cut(text: string, n: number): string {
  if (n >= text.length) return text;
  const last = text.charCodeAt(n - 1);
  const whole = last >= 0xd800 && last < 0xdc00 ? n - 1 : n;
  return `${text.slice(0, whole)}\n${CUT}`;
}

/** Previews go first and without a word: the picture itself is there. Then files beyond half a record go, the end of
 * the text before the edit, the last marks (and with them the links' targets), and at last the end of the text. */
function fitPost(post: PostPayload): PostPayload {
  const { files = [], was, ...bare } = post;
  const plain = files.map(({ thumb: _, ...rest }) => rest);
  const whole: PostPayload = { ...post, ...(files.length > 0 ? { files: plain } : {}) };
  if (fits(whole)) return whole;
  const withFiles = (n: number): PostPayload => ({ ...bare, files: plain.slice(0, n), text: "", marks: [] });
  const kept = most(plain.length, withFiles, LARGEST_JSON / 2);
  let p: PostPayload = { ...withFiles(kept), text: post.text, marks: post.marks };
  if (kept < plain.length) p = { ...p, text: `${p.text}\n${CUT}` };
  if (was !== undefined) {
    const withWas = (n: number): PostPayload => ({ ...p, was: cut(was, n) });
    p = withWas(most(was.length, withWas));
  }
  if (fits(p)) return p;
  const marked = (n: number): PostPayload => ({
    ...p,
    text: `${post.text}\n${CUT}`,
    marks: p.marks.slice(0, n),
  });
  const some = marked(most(p.marks.length, marked));
  if (fits(some)) return some;
  const shortened = (n: number): PostPayload => ({ ...some, text: cut(post.text, n) });
  return shortened(most(post.text.length - 1, shortened));
}

/** The oldest chains go first (readers ask for none that is so old), then the end of the welcome. */
function fitInfo(info: InfoPayload): InfoPayload {
  const { chains, text = "" } = info;
  const newest = (n: number): InfoPayload => ({ ...info, chains: chains.slice(chains.length - n) });
  const p = newest(most(chains.length, newest));
  const shortened = (n: number): InfoPayload => ({ ...p, text: cut(text, n) });
  return fits(p) ? p : shortened(most(text.length, shortened));
}

/**
 * A payload that fits into the largest record, and says where something was cut. What an institution posts and a
 * rep configures fits as it is; this is for what is hostile or absurd.
 */
export function fitPayload(p: Payload): Payload {
  if (fits(p)) return p;
  if (p.k === "post" || p.k === "edit") return fitPost(p);
  if (p.k === "info") return fitInfo(p);
  if (p.k === "note") {
    const shortened = (n: number): Payload => ({ ...p, text: cut(p.text, n) });
    return shortened(most(p.text.length, shortened));
  }
  if (p.k !== "digest") return p;
  const fewer = (n: number): Payload => ({ ...p, items: p.items.slice(0, n) });
  return fewer(most(p.items.length, fewer));
}
