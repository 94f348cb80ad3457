import { createHash } from "node:crypto";
import type { StoredFile } from "./model.ts";

/** A file as it came with a request. */
export interface Uploaded {
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  /** SHA-256, hex. */
  readonly hash: string;
  /** The first 64 KiB at most. */
  readonly head: Uint8Array;
  /** null: too large to keep. */
  readonly bytes: Uint8Array | null;
}

export const HEAD = 65_536;

const mimes: Readonly<Record<string, string>> = {
  pdf: "application/pdf",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  mp4: "video/mp4",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  ogg: "audio/ogg",
  oga: "audio/ogg",
  txt: "text/plain",
  zip: "application/zip",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
};

/** The type as Telegram tells it: by the name, whatever the upload said. */
export const mimeOf = (name: string): string =>
  mimes[/\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";

/** Bytes in memory as an upload. */
export function uploadOf(name: string, bytes: Uint8Array): Uploaded {
  return {
    name,
    mime: mimeOf(name),
    size: bytes.length,
    hash: createHash("sha256").update(bytes).digest("hex"),
    head: bytes.subarray(0, HEAD),
    bytes,
  };
}

/** All files of a simulated Telegram. Each upload has an id of its own, as the real ones have. */
export class FileStore {
  readonly #byId = new Map<string, StoredFile>();
  readonly #byPath = new Map<string, StoredFile>();

  add(upload: Uploaded, folder: string): StoredFile {
    const n = this.#byId.size + 1;
    const id = `BQAC${String(n).padStart(8, "0")}${upload.hash.slice(0, 24)}`;
    const extension = /\.[A-Za-z0-9]{1,8}$/.exec(upload.name)?.[0] ?? "";
    const file = {
      ...upload,
      id,
      uniqueId: `AgAD${upload.hash.slice(0, 12)}`,
      path: `${folder}/file_${n}${extension}`,
    };
    this.#byId.set(id, file);
    this.#byPath.set(file.path, file);
    return file;
  }
  get(id: string): StoredFile | undefined {
    return this.#byId.get(id);
  }
  at(path: string): StoredFile | undefined {
    return this.#byPath.get(path);
  }
}

/** Width and height of a PNG, GIF or JPEG; null: it is none, or too odd. */
export function sizeOf(head: Uint8Array): { readonly width: number; readonly height: number } | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 24 && view.getUint32(0) === 0x89504e47)
    return { width: view.getUint32(16), height: view.getUint32(20) };
  if (head.length >= 10 && view.getUint32(0) === 0x47494638)
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (head.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 < head.length; ) {
    const marker = view.getUint8(at + 1);
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}
