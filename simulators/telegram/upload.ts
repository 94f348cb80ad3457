import { mimeOf, sizeOf, type Uploaded } from "./files.ts";
import type { Asking } from "./method.ts";
import type { Form, Media, StoredFile } from "./model.ts";
import { bad, Refused } from "./refused.ts";

const MB = 1_048_576;
const folders: Readonly<Record<Form, string>> = {
  photo: "photos",
  video: "videos",
  audio: "music",
  voice: "voice",
  document: "documents",
  animation: "animations",
};

/** The largest upload, bytes. */
export const largest = (ownServer: boolean): number => (ownServer ? 2_000 : 50) * MB;
const PHOTO = 10 * MB;

export interface MediaIn {
  readonly form: Form;
  /** `attach://part`, a file's id, or the name of the part itself. */
  readonly media: string;
  readonly thumbnail?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly duration?: number | undefined;
  readonly has_spoiler?: boolean | undefined;
}

function uploadFor({ files }: Asking, media: string): Uploaded | undefined {
  return files.get(media.startsWith("attach://") ? media.slice("attach://".length) : media);
}

function photoSize(upload: Uploaded, strict: boolean): { readonly width: number; readonly height: number } {
  if (upload.size > PHOTO) throw bad("file is too big");
  const size = sizeOf(upload.head);
  if (size === null) {
    if (strict) throw bad("IMAGE_PROCESS_FAILED");
    return { width: 0, height: 0 };
  }
  const { width, height } = size;
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  if (width + height > 10_000 || short === 0 || long / short > 20) throw bad("PHOTO_INVALID_DIMENSIONS");
  return size;
}

/** Stores what was uploaded (or finds what was before), as the server would take it. */
export function mediaOf(asking: Asking, input: MediaIn): Media {
  const { world } = asking;
  const { form, media } = input;
  const rest = { duration: input.duration ?? 0, spoiler: input.has_spoiler ?? false };
  const upload = uploadFor(asking, media);
  if (upload === undefined) {
    const known = world.files.get(media);
    if (known === undefined) throw bad("wrong file identifier/HTTP URL specified");
    return {
      form,
      file: known,
      thumbnail: null,
      width: input.width ?? 0,
      height: input.height ?? 0,
      ...rest,
    };
  }
  if (upload.size === 0) throw bad("file must be non-empty");
  if (upload.size > largest(world.settings.ownServer)) throw new Refused(413, "Request Entity Too Large");
  const size = form === "photo" ? photoSize(upload, world.settings.photos === "checked") : null;
  const file = world.files.add(
    { ...upload, mime: form === "photo" ? "image/jpeg" : mimeOf(upload.name) },
    folders[form],
  );
  return {
    form,
    file,
    thumbnail: form === "photo" ? null : thumbnailOf(asking, input.thumbnail),
    width: size?.width ?? input.width ?? 0,
    height: size?.height ?? input.height ?? 0,
    ...rest,
  };
}

/** The small picture of a file; what does not fit is left out, as the server does. */
function thumbnailOf(asking: Asking, given: string | undefined): StoredFile | null {
  const upload = given === undefined ? undefined : uploadFor(asking, given);
  if (upload === undefined || upload.size > 200 * 1_024) return null;
  const size = sizeOf(upload.head);
  if (size !== null && Math.max(size.width, size.height) > 320) return null;
  return asking.world.files.add(upload, "thumbnails");
}
