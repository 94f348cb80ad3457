import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { launch } from "./processes.ts";

let built: Promise<string> | null = null;

/**
 * The command line as a package carries it, built once into a folder of this run of the tests (without one: into
 * dist/); its path. It starts in a third of the time that the sources need, so a long test has time for more lives of
 * it.
 */
export function builtPostern(): Promise<string> {
  const own = process.env.POSTERN_TESTS_BUILT;
  built ??= own === undefined ? build("dist") : once(own);
  return built;
}

async function build(folder: string): Promise<string> {
  const one = launch(["packaging/build.ts", folder]);
  const how = await one.ended;
  if (how !== 0) throw new Error(`the package was not built (${how}):\n${one.output()}`);
  return path.join(folder, "postern.mjs");
}

/** The longest that another process's build is waited for, ms. */
const LONGEST = 120_000;

/** Builds it, or waits for the process that does. */
async function once(folder: string): Promise<string> {
  const done = path.join(folder, "built");
  const first = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (first) {
    const program = await build(folder);
    await writeFile(done, program);
    return program;
  }
  const until = performance.now() + LONGEST;
  while ((await stat(done).catch(() => null)) === null) {
    if (performance.now() > until) throw new Error("the package was not built by the test that began to");
    await pause(100);
  }
  return path.join(folder, "postern.mjs");
}
