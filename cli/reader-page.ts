import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ReaderFiles } from "../adapters/web/feed/server.ts";

/**
 * The reader page as the feed serves it. A package carries it, built, in a folder beside its code; a clone builds
 * it anew at each start, so that it is never older than its sources.
 */
export async function readerPage(): Promise<ReaderFiles> {
  const read = (name: string): Promise<string> =>
    readFile(path.join(import.meta.dirname, "reader", name), "utf8");
  const html = await read("index.html").catch(() => null);
  if (html !== null)
    return { html, worker: await read("worker.js"), manifest: await read("manifest.webmanifest") };
  const { buildReader } = await import("../adapters/web/reader/build.ts");
  return buildReader();
}
