import { createHash } from "node:crypto";
import { HEAD, mimeOf, type Uploaded } from "./files.ts";

/** What a form may hold in its text fields together, and in the head of a part, bytes. */
const FIELDS = 1_048_576;
const HEADERS = 16_384;

export interface Form {
  readonly fields: Readonly<Record<string, string>>;
  readonly files: ReadonlyMap<string, Uploaded>;
}

/** The form is not one, or larger than it may be. */
export class FormError extends Error {}

type State = "between" | "head" | "body" | "end";

interface Part {
  readonly name: string;
  /** null: a text field. */
  readonly filename: string | null;
}

/** Reads one part's head. Names may stand without quotes, as grammY writes them. */
function partOf(head: string): Part {
  const line = head.split("\r\n").find((l) => /^content-disposition:/i.test(l)) ?? "";
  const name = /[;\s]name="([^"]*)"/.exec(line)?.[1];
  if (name === undefined) throw new FormError("a part without a name");
  const file = /;\s*filename="([^"]*)"/.exec(line)?.[1] ?? /;\s*filename=([^"].*)$/.exec(line)?.[1];
  return { name, filename: file ?? null };
}

/** Takes in one file: kept whole up to `keep` bytes, beyond that only its size, digest and beginning. */
class Intake {
  readonly #hash = createHash("sha256");
  #pieces: Buffer[] = [];
  #head: Buffer[] = [];
  #headSize = 0;
  size = 0;
  readonly #keep: number;
  constructor(keep: number) {
    this.#keep = keep;
  }
  take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#hash.update(bytes);
    this.size += bytes.length;
    if (this.#headSize < HEAD) {
      // A copy: a view would hold the whole chunk.
      const piece = Buffer.from(bytes.subarray(0, HEAD - this.#headSize));
      this.#head.push(piece);
      this.#headSize += piece.length;
    }
    if (this.size <= this.#keep) this.#pieces.push(bytes);
    else this.#pieces = [];
  }
  done(name: string): Uploaded {
    return {
      name,
      mime: mimeOf(name),
      size: this.size,
      hash: this.#hash.digest("hex"),
      head: Buffer.concat(this.#head),
      bytes: this.size <= this.#keep ? Buffer.concat(this.#pieces) : null,
    };
  }
}

/**
 * Reads a multipart form as it comes in; memory stays within `keep` a file, whatever is uploaded. Once more than `most`
 * bytes came, the rest is read and thrown away and `tooLarge` answered.
 */
export async function readForm(
  chunks: AsyncIterable<Uint8Array>,
  boundary: string,
  o: { readonly keep: number; readonly most: number },
): Promise<Form | "tooLarge"> {
  const mark = Buffer.from(`\r\n--${boundary}`);
  const fields: Record<string, string> = {};
  const files = new Map<string, Uploaded>();
  // The first boundary has no line break before it: given one, all are alike.
  let buffer: Buffer = Buffer.from("\r\n");
  let state: State = "body";
  const ended = (): boolean => state === "end";
  let part: Part | null = null;
  let intake = new Intake(0);
  let text: Buffer[] = [];
  let textSize = 0;
  let total = 0;

  const body = (bytes: Buffer): void => {
    if (part === null) return;
    if (part.filename !== null) {
      intake.take(bytes);
      return;
    }
    textSize += bytes.length;
    if (textSize > FIELDS) throw new FormError("fields too long");
    text.push(bytes);
  };
  const finish = (): void => {
    if (part === null) return;
    if (part.filename !== null) files.set(part.name, intake.done(part.filename));
    else fields[part.name] = Buffer.concat(text).toString("utf8");
    part = null;
  };
  /** Goes on as far as what is there allows. Answers whether something was done. */
  const step = (): boolean => {
    if (state === "body") {
      const at = buffer.indexOf(mark);
      if (at < 0) {
        const safe = buffer.length - mark.length;
        if (safe > 0) {
          body(buffer.subarray(0, safe));
          buffer = buffer.subarray(safe);
        }
        return false;
      }
      body(buffer.subarray(0, at));
      finish();
      buffer = buffer.subarray(at + mark.length);
      state = "between";
      return true;
    }
    if (state === "between") {
      if (buffer.length < 2) return false;
      state = buffer.subarray(0, 2).toString() === "--" ? "end" : "head";
      buffer = buffer.subarray(2);
      return true;
    }
    if (state === "end") {
      buffer = Buffer.alloc(0);
      return false;
    }
    const at = buffer.indexOf("\r\n\r\n");
    if (at < 0 && buffer.length > HEADERS) throw new FormError("a part's head is too long");
    if (at < 0) return false;
    part = partOf(buffer.subarray(0, at).toString("utf8"));
    intake = new Intake(o.keep);
    text = [];
    buffer = buffer.subarray(at + 4);
    state = "body";
    return true;
  };

  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > o.most) {
      buffer = Buffer.alloc(0);
      continue;
    }
    buffer = buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([buffer, chunk]);
    while (step()) {
      // goes on
    }
  }
  if (total > o.most) return "tooLarge";
  if (!ended()) throw new FormError("the form ends early");
  return { fields, files };
}
