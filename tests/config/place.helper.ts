import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Lang } from "../../config/config.ts";
import type { Finding } from "../../config/findings.ts";
import { type LoadOptions, type LoadResult, loadConfig } from "../../config/load.ts";
import { describe } from "../../config/texts.ts";

/** A configuration with nothing wrong in it. Tests count on its lines. */
export const good = `version: 1
lang: ru
data: ./data
sources:
  faculty:
    type: max-bot
    token_file: ./token
rooms:
  faculty:
    type: sealed
    title: Расписание
mappings:
  - source: faculty
    channel: -70801090403050
    rooms: [faculty]
feed:
  listen: 127.0.0.1:8080
`;

/** A folder of the test's own with a token file that only its owner can read. */
export async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-config-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = async (name: string, content: string | Uint8Array, mode = 0o600): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    await chmod(file, mode);
    return file;
  };
  await write("token", "token-of-the-bot\n");
  const load = (options: Partial<LoadOptions> = {}): Promise<LoadResult> =>
    loadConfig({ file: path.join(folder, "postern.yaml"), env: {}, ...options });
  /** What is said of a file, each line without the folder. */
  const said = (findings: readonly Finding[], lang: Lang): readonly string[] =>
    findings.map((finding) => describe(finding, lang).replaceAll(`${folder}/`, ""));
  return { folder, write, load, said };
}
