/**
 * Builds what a package carries: bundled JavaScript (Node strips no types inside node_modules), the reader page as
 * files, the pictures of the demo. Run as a script: `node packaging/build.ts [outdir]`.
 *
 * The modules lie flat in one folder beside package.json, as deep as cli/ does: what they look up from their own
 * place (package.json above it, files beside it) is found in a clone and in a package alike.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, type Plugin } from "vite";
import { z } from "zod";
import { buildReader } from "../adapters/web/reader/build.ts";

const root = path.resolve(import.meta.dirname, "..");
const week = path.join(root, "simulators/max/week");

/** A package has the built page, and neither the bundler nor the sources to build another. */
const withoutBuilder: Plugin = {
  name: "without-builder",
  enforce: "pre",
  load: (id) =>
    id.endsWith("/adapters/web/reader/build.ts")
      ? 'export const buildReader = () => { throw new Error("the page is missing from this package"); };'
      : null,
};

/** The Matrix SDK lies beside the command line. */
const sdkBeside: Plugin = {
  name: "sdk-beside",
  enforce: "pre",
  resolveId: (id) => (id === "matrix-bot-sdk" ? { id: "./matrix-sdk.js", external: true } : null),
};

const common = { configFile: false, envDir: false, publicDir: false, root, logLevel: "warn" } as const;

/** Bundles the command line; what package.json lists as dependencies stays outside. */
async function bundle(outDir: string): Promise<void> {
  await build({
    ...common,
    plugins: [withoutBuilder, sdkBeside],
    ssr: { external: true },
    build: {
      ssr: true,
      target: "node24",
      outDir,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: { main: path.join(root, "cli/main.ts") },
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
}

/**
 * Bundles the Matrix SDK with all that it needs, and the licences of all that. It cannot be installed as a dependency:
 * it asks for a library that downloads another while it is installed, and only a clone's package.json can say that it
 * gets a harmless one in its place.
 */
async function sdk(outDir: string): Promise<void> {
  const names = new Set<string>();
  await build({
    ...common,
    plugins: [
      {
        name: "packages-inside",
        moduleParsed({ id }) {
          const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
          if (name !== undefined) names.add(name);
        },
      },
      {
        name: "without-unused",
        enforce: "pre",
        resolveId: (id) => (unused.test(id) ? "\0unused" : null),
        load: (id) => (id === "\0unused" ? "module.exports = {};" : null),
      },
    ],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: "node24",
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: { "matrix-sdk": path.join(root, "packaging/matrix-sdk.mjs") },
        output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  const licences = await Promise.all([...names].sort().map(licenceOf));
  await writeFile(path.join(outDir, "matrix-sdk.licences.txt"), licences.join("\n\n"));
}

/** The libraries that do the SDK's own encryption and its own requests: neither is ever used (adapters/matrix). */
const unused = /^(@matrix-org\/matrix-sdk-crypto-nodejs|request|request-promise)$/;

async function licenceOf(name: string): Promise<string> {
  const folder = path.join(root, "node_modules", name);
  const file = (await readdir(folder)).find((f) => /^licen[cs]e/i.test(f));
  const about = z
    .object({ version: z.string(), license: z.string().optional() })
    .parse(JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")));
  const text = file === undefined ? "" : `\n\n${(await readFile(path.join(folder, file), "utf8")).trim()}`;
  return `== ${name} ${about.version}: ${about.license ?? "see below"}${text}`;
}

/** The reader page, as cli/reader-page.ts looks for it. */
async function page(folder: string): Promise<void> {
  const { html, worker, manifest } = await buildReader();
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "index.html"), html);
  await writeFile(path.join(folder, "worker.js"), worker);
  await writeFile(path.join(folder, "manifest.webmanifest"), manifest);
}

const out = path.resolve(process.argv[2] ?? path.join(root, "dist"));
await rm(out, { recursive: true, force: true });
await bundle(out);
await sdk(out);
await page(path.join(out, "reader"));
for (const name of await readdir(week))
  if (name.endsWith(".png")) await copyFile(path.join(week, name), path.join(out, name));
await copyFile(path.join(root, "cli/preflight.mjs"), path.join(out, "preflight.mjs"));
const start = await readFile(path.join(root, "cli/start.mjs"), "utf8");
await writeFile(
  path.join(out, "postern.mjs"),
  `#!/usr/bin/env node\n${start.replace("./main.ts", "./main.js")}`,
  { mode: 0o755 },
);
