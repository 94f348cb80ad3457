import { base64url, hex } from "../psr1/bytes.ts";
import { carriedLength, LARGEST_FILE, openFile } from "../psr1/file.ts";
import type { File } from "../psr1/payload.ts";
import { get, type Net } from "./fetch.ts";

/** Types a browser may show as what they are; all else is a plain download. */
const shown = /^(image\/(png|jpeg|webp|gif)|video\/[\w.+-]+|audio\/[\w.+-]+)$/;

export interface FileEnvironment extends Net {
  readonly breathe: () => Promise<void>;
}

/** So much of what a person gave is kept while the page is open, bytes; the oldest goes first. */
const GIVEN = 3 * LARGEST_FILE;

/** Sealed files: those a person gave, and those of a room's places. */
export function createFiles(env: FileEnvironment) {
  const local = new Map<string, Uint8Array>();

  async function* copies(folders: readonly string[], file: File): AsyncIterable<Uint8Array> {
    const given = local.get(base64url(file.id));
    if (given !== undefined) yield given;
    const largest = Math.min(LARGEST_FILE, carriedLength(file.size));
    const { signal } = new AbortController();
    for (const folder of folders) {
      const got = await get(env, `${folder}/f/${hex(file.id)}`, { largest, signal });
      if (got.kind === "bytes") yield got.bytes;
    }
  }

  return {
    /** A sealed file as carried, given by a person. */
    keep(id: Uint8Array, carried: Uint8Array): void {
      const name = base64url(id);
      local.delete(name);
      local.set(name, carried);
      let size = [...local.values()].reduce((sum, bytes) => sum + bytes.length, 0);
      for (const [oldest, bytes] of local) {
        if (size <= GIVEN) break;
        local.delete(oldest);
        size -= bytes.length;
      }
    },

    /** The first copy that is whole and genuine, opened. `folders`: a room's folder at each of its places. */
    async open(folders: readonly string[], file: File): Promise<Blob | "file-missing" | "file-damaged"> {
      let why: "file-missing" | "file-damaged" = "file-missing";
      for await (const carried of copies(folders, file)) {
        const content = await openFile(carried, file, env.breathe);
        const type = shown.test(file.mime) ? file.mime : "application/octet-stream";
        if (content !== null) return new Blob([content.slice().buffer], { type });
        why = "file-damaged";
      }
      return why;
    },
  };
}
