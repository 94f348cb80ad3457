import type { Millis } from "../model/ids.ts";
import type { AttachmentKind } from "../model/post.ts";

const stems = { image: "photo", video: "video", audio: "audio", file: "file", sticker: "sticker" } as const;
const usual = { image: "jpg", video: "mp4", audio: "mp3", file: "bin", sticker: "webp" } as const;
/** Endings that tell what opens a file and nothing else. Another one is left away. */
const endings = new Set(
  (
    "pdf doc docx odt rtf txt md xls xlsx ods csv ppt pptx odp epub djvu fb2 zip rar 7z gz tar " +
    "jpg jpeg png webp gif heic svg mp4 mov webm mkv avi mp3 m4a ogg oga opus wav flac ics vcf json xml html tex"
  ).split(" "),
);

/** The last moment that a calendar knows of, with a day to spare for zones. */
const LAST = 8.64e15 - 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The local day of a moment, like 2026-11-24. A time out of all bounds is taken for the nearest there is. */
function day(at: Millis, timezone: string): string {
  const known = Math.min(LAST, Math.max(0, at));
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short" });
    formats.set(timezone, format);
  }
  return format.format(known);
}

/** Our own name for an attachment: its kind, the post's day and its place in the post. */
export function neutralName(
  kind: AttachmentKind,
  given: string | undefined,
  about: { readonly at: Millis; readonly timezone: string; readonly place: number },
): string {
  const written = /\.([A-Za-z0-9]{1,5})$/.exec(given ?? "")?.[1]?.toLowerCase();
  const ending = written !== undefined && endings.has(written) ? written : usual[kind];
  return `${stems[kind]}-${day(about.at, about.timezone)}-${about.place}.${ending}`;
}
