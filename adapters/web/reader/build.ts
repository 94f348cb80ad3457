/**
 * Builds the reader page: one self-contained HTML file, its service worker and its manifest, the same bytes
 * on every run. Run as a script: `node adapters/web/reader/build.ts [outdir]`.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { blake2b } from "@noble/hashes/blake2.js";
import { build } from "vite";

const here = import.meta.dirname;

/** The page, its worker and its manifest together, gzipped, at most this many bytes. */
export const READER_LIMIT = 60 * 1024;

export interface BuiltReader {
  readonly html: string;
  readonly worker: string;
  readonly manifest: string;
  /** Hex, of the HTML's UTF-8 bytes. */
  readonly sha256: string;
  /** Hex, BLAKE2b-256 of the same bytes. */
  readonly blake2b: string;
  /** Page, worker and manifest, each gzipped, added up. */
  readonly gzipBytes: number;
}

const manifest = `${JSON.stringify({
  name: "Объявления",
  short_name: "Объявления",
  start_url: "./",
  scope: "./",
  display: "standalone",
  background_color: "#f6f3ec",
  theme_color: "#f6f3ec",
})}\n`;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The policy of the page, as PSR1 states it. */
export function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "img-src blob:",
    "media-src blob:",
    "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types postern-worker",
  ].join("; ");
}

/** Smaller, not cleverer: comments, line ends and spaces around punctuation go. */
function shortCss(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/;}/g, "}")
    .replace(/: /g, ":")
    .trim();
}

async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    envDir: false,
    publicDir: false,
    root: here,
    mode: "production",
    logLevel: "warn",
    define: { "process.env.NODE_ENV": '"production"' },
    // The same whatever NODE_ENV says: the page's hash is told to people.
    resolve: { conditions: ["module", "browser", "production"] },
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    build: {
      write: false,
      minify: true,
      sourcemap: false,
      target: "es2022",
      reportCompressedSize: false,
      lib: { entry, formats: ["iife"], name: "reader", fileName: () => "reader.js" },
    },
  });
  for (const output of Array.isArray(built) ? built : [built]) {
    if (!("output" in output)) continue;
    for (const chunk of output.output) if (chunk.type === "chunk") return chunk.code.trim();
  }
  throw new Error("the bundler gave no script");
}

/**
 * Builds the reader.
 *
 * @param options.entry another entry in place of `main.tsx` (tests draw fixtures with it)
 * @throws when page, worker and manifest together are above {@link READER_LIMIT}
 */
export async function buildReader(options: { readonly entry?: string } = {}): Promise<BuiltReader> {
  // What would end the script element, or hide its end, inside a string is written with an escape.
  const script = (await bundle(options.entry ?? path.join(here, "main.tsx")))
    .replaceAll(/<\/(script)/gi, "<\\/$1")
    .replaceAll("<!--", "\\x3c!--");
  const sheets = ["style.css", "room.css"].map((name) => readFile(path.join(here, "ui", name), "utf8"));
  const style = shortCss((await Promise.all(sheets)).join("\n"));
  const worker = await readFile(path.join(here, "worker.js"), "utf8");
  const parts: Record<string, string> = {
    "%policy%": policyOf(script, style),
    "/* style */": style,
    "/* script */": script,
  };
  const html = (await readFile(path.join(here, "index.html"), "utf8")).replaceAll(
    /%policy%|\/\* (?:style|script) \*\//g,
    (place) => parts[place] ?? "",
  );
  const gzipBytes = [html, worker, manifest].reduce(
    (sum, text) => sum + gzipSync(text, { level: 9 }).length,
    0,
  );
  if (gzipBytes > READER_LIMIT)
    throw new Error(`the reader page has ${gzipBytes} bytes gzipped; at most ${READER_LIMIT} are allowed`);
  const bytes = Buffer.from(html);
  return {
    html,
    worker,
    manifest,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    blake2b: Buffer.from(blake2b(bytes, { dkLen: 32 })).toString("hex"),
    gzipBytes,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = path.resolve(process.argv[2] ?? path.join(here, "dist"));
  const reader = await buildReader();
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "index.html"), reader.html);
  await writeFile(path.join(folder, "worker.js"), reader.worker);
  await writeFile(path.join(folder, "manifest.webmanifest"), reader.manifest);
  console.log(`${folder}\n${reader.gzipBytes} bytes gzipped (at most ${READER_LIMIT})`);
  console.log(`SHA-256  ${reader.sha256}\nBLAKE2b  ${reader.blake2b}`);
}
