import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * What bridges keep outside their data folders (keys, witnesses) goes into a folder of the tests' own, and with them.
 * So does the command line that they build for themselves (see e2e/built.ts).
 */
export default async function ownHome(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-home-"));
  const built = path.resolve(import.meta.dirname, `../dist-tests-${process.pid}`);
  process.env.XDG_CONFIG_HOME = folder;
  process.env.POSTERN_TESTS_BUILT = built;
  return async () => {
    for (const one of [folder, built]) await rm(one, { recursive: true, force: true });
  };
}
