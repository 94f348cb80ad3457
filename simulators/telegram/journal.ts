import { ControlError } from "./refused.ts";

/** One request, as it is remembered. */
export interface Entry {
  /** ms, the simulator's clock. */
  readonly at: number;
  readonly bot: number;
  readonly method: string;
  /** null: it names none. */
  readonly chat: number | null;
  /** What it counts for against the rates: 0, 1, or the items of an album. */
  readonly cost: number;
  /** The status answered; 0: none came (dropped, hanging). */
  readonly status: number;
  /** Of a refusal. */
  readonly description: string;
  /** Whether it took effect. */
  readonly done: boolean;
  /** Of a 429: the time before which nothing may be asked, ms. */
  readonly until: number | null;
}

/** All requests, and the bytes of them, for tests that look for what must not be there. */
export class Journal {
  readonly entries: Entry[] = [];
  /** Of each request, its pieces. */
  readonly #raw: Uint8Array[][] = [];
  #kept = 0;
  #whole = true;
  readonly #watched: { readonly needle: Buffer; seen: boolean }[] = [];
  readonly #most: () => number;
  constructor(most: () => number) {
    this.#most = most;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  /** Looks for these bytes in all that comes from now on, however large. */
  watch(needle: string | Uint8Array): void {
    this.#watched.push({ needle: Buffer.from(needle), seen: false });
  }

  /** Takes in the bytes of one request as they come. */
  reading(): { readonly chunk: (bytes: Uint8Array) => void } {
    let tail: Uint8Array = new Uint8Array(0);
    const parts: Uint8Array[] = [];
    this.#raw.push(parts);
    const longest = (): number => Math.max(0, ...this.#watched.map((w) => w.needle.length - 1));
    return {
      chunk: (bytes) => {
        if (this.#watched.some((w) => !w.seen)) {
          const joined = Buffer.concat([tail, bytes]);
          for (const watch of this.#watched) if (joined.includes(watch.needle)) watch.seen = true;
          tail = joined.subarray(Math.max(0, joined.length - longest()));
        }
        if (this.#kept + bytes.length > this.#most()) {
          this.#whole = false;
          return;
        }
        this.#kept += bytes.length;
        parts.push(bytes);
      },
    };
  }

  /**
   * Whether these bytes were in any request (address, header of the body or body). Throws where not all was kept and they
   * were not watched for: the answer would be worth nothing.
   */
  saw(needle: string | Uint8Array): boolean {
    const bytes = Buffer.from(needle);
    const watched = this.#watched.find((w) => w.needle.equals(bytes));
    if (watched?.seen === true) return true;
    if (this.#raw.some((parts) => Buffer.concat(parts).includes(bytes))) return true;
    if (!this.#whole && watched === undefined)
      throw new ControlError(
        "not all requests were kept: watch for these bytes beforehand, or raise recordBytes",
      );
    return false;
  }
}
