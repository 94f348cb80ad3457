import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { tryPostern } from "../../packaging/process.ts";

const root = path.resolve(import.meta.dirname, "../..");
const exec = promisify(execFile);
const About = z.object({
  version: z.string(),
  bin: z.object({ postern: z.string() }),
  dependencies: z.record(z.string(), z.string()),
});

let folder = "";
let installed = "";
let about: z.infer<typeof About>;

/** PATH on which Node is the one that runs this. */
const env = {
  ...process.env,
  PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ""}`,
};

// What `npm install FILE` does, without the network: unpacks, and gives it what it lists as dependencies, no more.
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "postern-pack-"));
  const packed = await exec("npm", ["pack", "-s", "--pack-destination", folder], { cwd: root, env });
  const modules = path.join(folder, "node_modules");
  installed = path.join(modules, "postern");
  await mkdir(installed, { recursive: true });
  const file = packed.stdout.trim().split("\n").at(-1) ?? "";
  await exec("tar", ["-xzf", path.join(folder, file), "--strip-components=1", "-C", installed]);
  about = About.parse(JSON.parse(await readFile(path.join(installed, "package.json"), "utf8")));
  for (const name of Object.keys(about.dependencies)) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(root, "node_modules", name), path.join(modules, name));
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a package installed elsewhere knows its version, and its demo serves the page that was built with it", async () => {
  const program = [process.execPath, path.join(installed, about.bin.postern)];
  const tmp = path.join(folder, "tmp");
  await mkdir(tmp);
  const version = await tryPostern(program, {
    cwd: folder,
    env: { PATH: env.PATH ?? "", HOME: tmp, TMPDIR: tmp },
    user: null,
  });
  expect(version).toBe(about.version);
  expect(await readdir(tmp)).toEqual([]);
});

test("a package names its commands as a package has them", async () => {
  const asked = exec(process.execPath, [path.join(installed, about.bin.postern), "no-such-command"], {
    env: { LANG: "en_US.UTF-8" },
  });
  await expect(asked).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(": postern --help\n"),
  });
});

test("a package brings what its texts name and nothing of what only building needs", async () => {
  for (const file of [
    "LICENSE",
    "README.md",
    "README.ru.md",
    "docs/lost-key.md",
    "packaging/postern.service",
  ])
    expect(existsSync(path.join(installed, file)), file).toBe(true);
  const files = await readdir(installed, { recursive: true });
  expect(files.filter((file) => /\.tsx?$|^(tests|bench|secrets|data)\b/.test(file))).toEqual([]);
  expect(
    Object.keys(about.dependencies).filter((name) => /vite|preact|^@noble\/|matrix-bot-sdk/.test(name)),
  ).toEqual([]);
});

test("a package has the Matrix SDK inside, and nothing of it looks for what it would download", async () => {
  const dist = path.join(installed, "dist");
  for (const file of (await readdir(dist)).filter((name) => name.endsWith(".js")))
    expect(await readFile(path.join(dist, file), "utf8"), file).not.toMatch(
      /(from|import\(|require\() ?["'](matrix-bot-sdk|@matrix-org\/matrix-sdk-crypto-nodejs|request)["']/,
    );
  const named = "import('./matrix-sdk.js').then((sdk) => console.log(Object.keys(sdk).sort().join()))";
  const loaded = await exec(process.execPath, ["--no-deprecation", "--eval", named], { cwd: dist });
  expect(loaded).toEqual({ stdout: "LogService,MatrixClient,setRequestFn\n", stderr: "" });
});

test("a Node that is too old says so in one line of each language, and starts nothing", async () => {
  const old = await readFile(path.join(installed, "dist/preflight.mjs"), "utf8");
  // The same check, told that this Node is 20.
  const asOld = old.replaceAll("process.versions.node", '"20.20.0"');
  expect(asOld).not.toBe(old);
  const ended = exec(process.execPath, ["--input-type=module", "--eval", asOld]);
  await expect(ended).rejects.toMatchObject({ code: 1, stdout: "" });
  await expect(ended).rejects.toMatchObject({
    stderr: expect.stringMatching(/^Postern needs Node\.js 24 or newer; this is 20\.20\.0\..*\n.*24.*\n$/),
  });
  const start = await readFile(path.join(installed, about.bin.postern), "utf8");
  expect(start.indexOf("preflight.mjs")).toBeGreaterThan(0);
  expect(start.indexOf("preflight.mjs")).toBeLessThan(start.indexOf("main.js"));
});
