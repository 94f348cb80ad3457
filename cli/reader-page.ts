import { buildReader } from "../adapters/web/reader/build.ts";

/** The reader page as the feed serves it. */
export async function readerPage(): Promise<{ readonly html: string; readonly worker: string }> {
  const { html, worker } = await buildReader();
  return { html, worker };
}
