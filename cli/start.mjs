// What npm's scripts start: one process, so that a signal meant for Postern reaches it. The check comes first.
import module from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import "./preflight.mjs";

// The bridge's compiled code is kept for its next start, which takes half as long: code alone, and in a folder of the
// user's own, since who can write there decides what runs. Where there is no such folder nothing is kept, and nothing
// by other commands: whoever only tries the demo finds no trace of it later.
if (process.argv.includes("run")) {
  try {
    const caches = process.env.XDG_CACHE_HOME || process.env.LOCALAPPDATA || path.join(homedir(), ".cache");
    module.enableCompileCache(path.join(caches, "postern", "compiled"));
  } catch {
    // A user that the system does not know has no home.
  }
  // zod brings its messages in fifty languages, a file each, and none of them is shown: one is enough.
  const hooks = module.registerHooks({
    resolve: (name, context, next) =>
      next(name === "../locales/index.js" ? "../locales/en.js" : name, context),
  });
  await import("zod");
  hooks.deregister();
}

await import("./main.ts");
