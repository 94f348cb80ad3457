/** One stretch of a post: plain words, or words with one of MAX's markup types. */
export type Piece = string | { readonly type: string; readonly text: string; readonly url?: string };

export const strong = (text: string): Piece => ({ type: "strong", text });
export const emphasized = (text: string): Piece => ({ type: "emphasized", text });
export const heading = (text: string): Piece => ({ type: "heading", text });
export const quote = (text: string): Piece => ({ type: "quote", text });
export const link = (text: string, url: string): Piece => ({ type: "link", text, url });

interface Written {
  readonly text: string;
  readonly markup: {
    readonly type: string;
    readonly from: number;
    readonly length: number;
    readonly url?: string;
  }[];
}

/** A post's text and markup as the control interface takes them; lengths are UTF-16 units. */
export function write(...pieces: readonly Piece[]): Written {
  let text = "";
  const markup: Written["markup"] = [];
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      const { type, url } = piece;
      markup.push({
        type,
        from: text.length,
        length: piece.text.length,
        ...(url === undefined ? {} : { url }),
      });
      text += piece.text;
    }
  }
  return { text, markup };
}
