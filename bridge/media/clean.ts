import { createRequire } from "node:module";
import type sharp from "sharp";
import type { Sharp } from "sharp";

const require = createRequire(import.meta.url);
/** Loaded when the first file comes, since most starts need neither, and all at once, so that nothing waits for it. */
const fileType = (): typeof import("file-type") => require("file-type");

/** How much of a file's beginning {@link sniff} looks at, bytes. */
export const SNIFFED = 4_100;
/** The largest image that is decoded, bytes. */
export const LARGEST_IMAGE = 60_000_000;
/** The largest picture that is decoded, pixels. */
export const LARGEST_PIXELS = 80_000_000;
const LARGEST_THUMB = 2_048;
/** The longest that writing one image anew may take, seconds. */
const LONGEST = 60;

/** What a file is by its first bytes. What nobody knows is a plain download. */
export async function sniff(head: Uint8Array): Promise<{ readonly mime: string; readonly ext: string }> {
  const found = await fileType()
    .fileTypeFromBuffer(head)
    .catch(() => undefined);
  return found ?? { mime: "application/octet-stream", ext: "bin" };
}

/** Documents that happen to be filed under pictures: they are passed on like other documents. */
const documents = new Set(["image/vnd.djvu", "image/vnd.dwg"]);

/** Whether a file is a picture by its content, so that it is cleaned or refused whatever it is called. */
export const isPicture = (mime: string): boolean => mime.startsWith("image/") && !documents.has(mime);

export type CleanedImage =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array;
      readonly mime: string;
      readonly width: number;
      readonly height: number;
      /** A preview of at most 2 KiB; null when none is that small. */
      readonly thumb: Uint8Array | null;
    }
  | { readonly ok: false; readonly code: "not_cleanable" };

/** Formats that are written as they came; all others become JPEG. */
const kept = {
  png: { mime: "image/png", write: (i: Sharp) => i.png({ compressionLevel: 8 }) },
  webp: { mime: "image/webp", write: (i: Sharp) => i.webp({ quality: 85 }) },
  gif: { mime: "image/gif", write: (i: Sharp) => i.gif() },
  jpeg: { mime: "image/jpeg", write: (i: Sharp) => i.jpeg({ quality: 86, mozjpeg: false }) },
} as const;

const readable = new Set(["jpeg", "png", "webp", "gif", "tiff", "heif"]);
let images: typeof sharp | null = null;

/** The library of pictures, with the decoders of the allowed formats alone. */
export function decoders(): typeof sharp {
  if (images !== null) return images;
  const lib: typeof sharp = require("sharp");
  // No other decoder ever sees a hostile file: not SVG's, which follows references, nor those of scientific formats.
  lib.block({ operation: ["VipsForeignLoad"] });
  lib.unblock({
    operation: ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"].map((f) => `VipsForeignLoad${f}`),
  });
  images = lib;
  return lib;
}

/**
 * An image decoded and written anew, upright and without metadata. What cannot be decoded is refused: it is never
 * passed on as it came.
 */
export async function cleanImage(bytes: Uint8Array): Promise<CleanedImage> {
  try {
    const options = { limitInputPixels: LARGEST_PIXELS, failOn: "error" as const };
    const open = decoders();
    const { format, pages = 1 } = await open(bytes, options).metadata();
    if (format === undefined || !readable.has(format)) return { ok: false, code: "not_cleanable" };
    const animated = pages > 1 && (format === "gif" || format === "webp");
    const to = format === "png" || format === "webp" || format === "gif" ? kept[format] : kept.jpeg;
    const image = open(bytes, { ...options, animated });
    const { data, info } = await to
      .write(animated ? image : image.autoOrient())
      .timeout({ seconds: LONGEST })
      .toBuffer({ resolveWithObject: true });
    return {
      ok: true,
      bytes: new Uint8Array(data),
      mime: to.mime,
      width: info.width,
      height: info.pageHeight ?? info.height,
      thumb: await thumbnail(data),
    };
  } catch {
    return { ok: false, code: "not_cleanable" };
  }
}

async function thumbnail(bytes: Uint8Array): Promise<Uint8Array | null> {
  for (const [side, quality] of [
    [160, 50],
    [96, 45],
    [48, 40],
    [24, 30],
  ] as const) {
    const made = await decoders()(bytes, { limitInputPixels: LARGEST_PIXELS })
      .resize(side, side, { fit: "inside", withoutEnlargement: true })
      .flatten({ background: "#ffffff" })
      .webp({ quality })
      .toBuffer();
    if (made.length <= LARGEST_THUMB) return new Uint8Array(made);
  }
  return null;
}
