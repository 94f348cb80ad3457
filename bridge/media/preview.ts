import type { MediaId } from "../model/ids.ts";
import type { MediaMeta } from "../outbox/port.ts";
import { decoders, LARGEST_IMAGE, LARGEST_PIXELS } from "./clean.ts";

/** A smaller copy of a picture, for messengers that show it instead of the picture until somebody opens it. */
export interface Preview {
  readonly bytes: Uint8Array;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
}

/**
 * The preview of a spooled picture; null: it needs none (it is small enough itself, or moves), or none can be made.
 * Throws {@link SpoolLost} as reading the spool does.
 */
export type Previews = (id: MediaId, meta: MediaMeta, signal: AbortSignal) => Promise<Preview | null>;

/** What a messenger shows in a chat at most, pixels. */
const WIDTH = 800;
const HEIGHT = 600;
/** A file of so few bytes is its own preview. */
const SMALL = 150_000;
/** The longest that making one may take, seconds. */
const LONGEST = 30;
const FORMATS = new Set(["image/jpeg", "image/png", "image/webp"]);

export function createPreviews(spooled: (id: MediaId) => AsyncIterable<Uint8Array>): Previews {
  return async (id, meta, signal) => {
    const { size, mime, width = 0, height = 0 } = meta;
    if (!FORMATS.has(mime) || size <= SMALL || size > LARGEST_IMAGE) return null;
    if (width <= WIDTH && height <= HEIGHT) return null;
    const pieces: Uint8Array[] = [];
    for await (const piece of spooled(id)) {
      signal.throwIfAborted();
      pieces.push(piece);
    }
    try {
      const options = { limitInputPixels: LARGEST_PIXELS };
      const image = decoders()(Buffer.concat(pieces), options);
      if (((await image.metadata()).pages ?? 1) > 1) return null;
      const { data, info } = await image
        .resize(WIDTH, HEIGHT, { fit: "inside", withoutEnlargement: true })
        .flatten({ background: "#ffffff" })
        .jpeg({ quality: 80 })
        .timeout({ seconds: LONGEST })
        .toBuffer({ resolveWithObject: true });
      return { bytes: new Uint8Array(data), mime: "image/jpeg", width: info.width, height: info.height };
    } catch {
      // The picture itself goes without one.
      return null;
    }
  };
}
