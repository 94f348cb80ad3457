import { launch } from "./processes.ts";

let built: Promise<string> | null = null;

/**
 * The command line as a package carries it, built into dist/; its path from the project's root. It starts in a third of
 * the time that the sources need, so a long test has time for more lives of it.
 */
export function builtPostern(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const one = launch(["packaging/build.ts"]);
  const how = await one.ended;
  if (how !== 0) throw new Error(`the package was not built (${how}):\n${one.output()}`);
  return "dist/postern.mjs";
}
