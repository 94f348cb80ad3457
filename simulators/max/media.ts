import { randomBytes } from "node:crypto";
import type { SimulatorClock } from "./clock.ts";
import { type Generated, generateBytes } from "./generated.ts";
import type { Settings } from "./settings.ts";

/** One uploaded thing: bytes kept, or generated while they are served. */
export interface Medium {
  readonly id: string;
  readonly photoId: bigint;
  /** The attachment token, stable for the medium's life; the link's signature is another thing. */
  readonly token: string;
  readonly contentType: string;
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly source: Uint8Array | Generated;
}

/** What GET /videos/{token} tells of a video. */
export interface Video {
  readonly chatId: string;
  readonly width: number;
  readonly height: number;
  /** Seconds. */
  readonly duration: number;
  /** Quality (`mp4_720` …) → medium id. */
  readonly qualities: Readonly<Record<string, string>>;
  readonly thumbnail: string | null;
}

interface Signature {
  readonly value: string;
  readonly at: number;
}

/** The media and their expiring links. A link works until it is expired or its TTL is over; a new one is made on demand. */
export class MediaStore {
  readonly #media = new Map<string, Medium>();
  readonly #signatures = new Map<string, Signature>();
  /** Video token → details. */
  readonly videos = new Map<string, Video>();
  readonly #clock: SimulatorClock;
  readonly #settings: Settings;

  constructor(clock: SimulatorClock, settings: Settings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  add(input: { source: Uint8Array | Generated; contentType?: string; filename?: string }): Medium {
    const n = this.#media.size + 1;
    const medium: Medium = {
      id: `m${n}`,
      photoId: 9_100_000_000_000_000_000n + BigInt(n),
      token: randomBytes(32).toString("base64url"),
      contentType: input.contentType ?? "application/octet-stream",
      filename: input.filename ?? `file-${n}`,
      size: input.source instanceof Uint8Array ? input.source.length : input.source.size,
      source: input.source,
    };
    this.#media.set(medium.id, medium);
    return medium;
  }

  get(id: string): Medium | undefined {
    return this.#media.get(id);
  }

  /** The signature of a link that works now: the current one, or a new one once that has expired. */
  sign(id: string): string {
    const current = this.#signatures.get(id);
    if (current !== undefined && this.#fresh(current)) return current.value;
    const value = randomBytes(16).toString("base64url");
    this.#signatures.set(id, { value, at: this.#clock.now() });
    return value;
  }

  /** Whether a link with this signature works now. */
  valid(id: string, signature: string): boolean {
    const current = this.#signatures.get(id);
    return current !== undefined && current.value === signature && this.#fresh(current);
  }

  /** Expires the links given out so far, of one medium or of all. */
  expire(id?: string): void {
    if (id === undefined) this.#signatures.clear();
    else this.#signatures.delete(id);
  }

  #fresh(signature: Signature): boolean {
    const ttl = this.#settings.mediaTtlMs;
    return ttl === null || this.#clock.now() < signature.at + ttl;
  }
}

/** The bytes [start, end) of a medium in chunks, without holding more than one. */
export function* mediumBytes(medium: Medium, start: number, end: number): Generator<Uint8Array> {
  if (!(medium.source instanceof Uint8Array)) {
    yield* generateBytes(medium.source, start, end);
    return;
  }
  for (let at = start; at < end; at += 65_536) yield medium.source.subarray(at, Math.min(end, at + 65_536));
}
