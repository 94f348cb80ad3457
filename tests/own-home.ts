import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** What bridges keep outside their data folders (keys, witnesses) goes into a folder of the tests' own, and with them. */
export default async function ownHome(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-home-"));
  process.env.XDG_CONFIG_HOME = folder;
  return () => rm(folder, { recursive: true, force: true });
}
