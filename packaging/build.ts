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

/** Bundles the command line; what package.json lists as dependencies stays outside. */
async function bundle(outDir: string): Promise<void> {
  await build({
    configFile: false,
    envDir: false,
    publicDir: false,
    root,
    logLevel: "warn",
    plugins: [withoutBuilder],
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
