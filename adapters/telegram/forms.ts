import type { MediaMeta } from "../../bridge/outbox/port.ts";
import type { MediaForm } from "./message.ts";

/** What Telegram takes as a photo: bytes, the sum of its sides in pixels, and how much longer one side may be. */
const LARGEST_PHOTO = 10_000_000;
const SIDES = 10_000;
const RATIO = 20;

function isPhoto({ size, width, height }: MediaMeta): boolean {
  if (size > LARGEST_PHOTO || width === undefined || height === undefined) return false;
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  return shorter > 0 && shorter + longer <= SIDES && longer / shorter <= RATIO;
}

/** As what a file is shown in a chat. What is not sure to be taken as more is a document: that is never refused. */
export function formOf(meta: MediaMeta): MediaForm {
  switch (meta.mime) {
    case "image/jpeg":
    case "image/png":
    case "image/webp":
      return isPhoto(meta) ? "photo" : "document";
    case "image/gif":
      return "animation";
    case "video/mp4":
      return "video";
    case "audio/mpeg":
    case "audio/mp4":
    case "audio/x-m4a":
      return "audio";
    case "audio/ogg":
    case "audio/opus":
      return "voice";
    default:
      return "document";
  }
}
