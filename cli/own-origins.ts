import { createHash, randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { originHead } from "../adapters/web/feed/origin-head.ts";
import { originUrl } from "../config/addresses.ts";

/** Laid out like a room, so that whatever serves the folder serves it. */
const NAME = createHash("sha256").update("whose folder is this").digest("hex").slice(0, 32);

export interface OwnOrigins {
  /** Whether an origin serves the feed's own folder, so that it knows no more than this machine. */
  has(origin: string, signal: AbortSignal): Promise<boolean>;
  /** Takes the mark away. */
  close(): Promise<void>;
}

/**
 * Tells origins that serve the feed's own folder, under whatever name, from those that hold a copy: a fresh mark is
 * laid into the folder and asked for. Where it cannot be laid, no origin counts as own.
 */
export async function markFolder(folder: string): Promise<OwnOrigins> {
  const mark = randomBytes(32);
  const place = path.join(folder, NAME);
  try {
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, "head"), mark);
  } catch {
    // A folder that cannot be written is told when the feed is.
  }
  return {
    async has(origin, signal) {
      const found = await originHead(originUrl(origin), NAME, signal);
      return found.kind === "head" && mark.equals(found.bytes);
    },
    close: () => rm(place, { recursive: true, force: true }).catch(() => undefined),
  };
}
