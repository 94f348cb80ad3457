import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { ReaderFiles } from "../adapters/web/feed/server.ts";

const root = path.resolve(import.meta.dirname, "..");

async function filesIn(folder: string): Promise<ReaderFiles | null> {
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), "utf8");
  const html = await read("index.html").catch(() => null);
  if (html === null) return null;
  return { html, worker: await read("worker.js"), manifest: await read("manifest.webmanifest") };
}

/** Tells one state of the page's sources and of the packages that build it from any other. */
async function stateOf(sources: string): Promise<string> {
  const hash = createHash("sha256");
  const names = await readdir(sources, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of [path.join(root, "package-lock.json"), ...files.toSorted()]) {
    const bytes = await readFile(file);
    hash.update(`${path.relative(root, file)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}

/**
 * Builds the page into `kept`, which is whole when it appears. A process of its own does it: the bundler takes more
 * memory than the bridge.
 */
async function build(sources: string, kept: string): Promise<void> {
  const beside = path.dirname(kept);
  await mkdir(beside, { recursive: true });
  const fresh = await mkdtemp(path.join(beside, "building-"));
  try {
    await promisify(execFile)(process.execPath, [path.join(sources, "build.ts"), fresh]);
    for (const name of await readdir(beside))
      if (name.startsWith("page-")) await rm(path.join(beside, name), { recursive: true, force: true });
    await rename(fresh, kept);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/**
 * The reader page as the feed serves it. A package carries it, built, in a folder beside its code. A clone builds it
 * when it has none of its sources as they are now, and keeps it among its packages, so that it is never older.
 */
export async function readerPage(): Promise<ReaderFiles> {
  const carried = await filesIn(path.join(import.meta.dirname, "reader"));
  if (carried !== null) return carried;
  const sources = path.join(root, "adapters/web/reader");
  const kept = path.join(root, "node_modules/.cache/postern", `page-${await stateOf(sources)}`);
  const known = await filesIn(kept);
  if (known !== null) return known;
  const built = await build(sources, kept).then(
    () => filesIn(kept),
    // Nothing can be written there, or another start was quicker.
    () => filesIn(kept),
  );
  if (built !== null) return built;
  const { buildReader } = await import("../adapters/web/reader/build.ts");
  return buildReader();
}
