/**
 * Rehearses how Postern is installed, with nothing but Node, npm and npm's registry:
 * `node packaging/rehearse.ts image` replays the Dockerfile, `… package` packs and installs elsewhere. Either then
 * runs `--version` and the demo as a stranger would. Ends with 1 where something fails.
 */
import { chmod, copyFile, lchown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readDockerfile } from "./dockerfile.ts";
import { type As, networkOf, run, tryPostern } from "./process.ts";
import { replay, userOf } from "./replay.ts";

const root = path.resolve(import.meta.dirname, "..");
const tell = (line: string): void => console.log(line);
const isRoot = process.getuid?.() === 0;

/** A home and a PATH on which this Node comes first, in the folder. */
async function stranger(folder: string): Promise<Record<string, string>> {
  const bin = path.join(folder, "bin");
  const home = path.join(folder, "home");
  const tmp = path.join(folder, "tmp");
  for (const made of [bin, home, tmp]) await mkdir(made);
  // Copied: where this Node lies, another user may not look.
  await copyFile(process.execPath, path.join(bin, "node"));
  await chmod(path.join(bin, "node"), 0o755);
  return { ...networkOf(process.env), PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`, HOME: home, TMPDIR: tmp };
}

async function image(folder: string): Promise<string> {
  const env = await stranger(folder);
  const user = userOf(readDockerfile(await readFile(path.join(root, "Dockerfile"), "utf8")));
  if (isRoot) for (const name of ["HOME", "TMPDIR"]) await lchown(env[name] ?? "", user, user);
  tell(isRoot ? `as user ${user}` : "as the user who runs this: only root may become another");
  const made = await replay({ context: root, folder, env, switchUser: isRoot, tell });
  // An image's root is mounted read-only; as its user, root's files are so already.
  const writable = (how: string) =>
    run(["chmod", "-R", how, made.root], { ...made.as, cwd: "/", user: null });
  if (!isRoot) await writable("a-w");
  try {
    return await tryPostern(made.entrypoint, made.as);
  } finally {
    if (!isRoot) await writable("u+w");
  }
}

async function packed(folder: string): Promise<string> {
  const env = await stranger(folder);
  const here: As = { cwd: root, env, user: null };
  const [file = ""] = (await run(["npm", "pack", "-s", "--pack-destination", folder], here))
    .trim()
    .split("\n")
    .slice(-1);
  tell(`packed ${file}`);
  const elsewhere = path.join(folder, "elsewhere");
  await mkdir(elsewhere);
  const there: As = { ...here, cwd: elsewhere };
  await run(["npm", "install", "-s", path.join(folder, file)], there);
  tell("installed elsewhere");
  return tryPostern([path.join(elsewhere, "node_modules/.bin/postern")], there);
}

const ways = new Map([
  ["image", image],
  ["package", packed],
]);
const way = ways.get(process.argv[2] ?? "");
if (way === undefined) {
  console.error(`usage: node packaging/rehearse.ts ${[...ways.keys()].join("|")}`);
  process.exit(1);
}
const folder = await mkdtemp(path.join(tmpdir(), "postern-rehearsal-"));
try {
  await chmod(folder, 0o755);
  const about: { readonly version?: unknown } = JSON.parse(
    await readFile(path.join(root, "package.json"), "utf8"),
  );
  const version = await way(folder);
  if (version !== about.version) throw new Error(`it says it is ${version}, not ${about.version}`);
  tell(`postern ${version} runs, and so does its demo`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
