import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

const script = path.resolve(import.meta.dirname, "../../packaging/link-node.mjs");
const windows = process.platform === "win32";
const program = windows ? "node.exe" : "node";

/** A folder node_modules with files in it, after the script ran. */
async function linked(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-link-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, held] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), held);
  }
  execFileSync(process.execPath, [script, folder]);
  return {
    bin: () => readFile(path.join(folder, ".bin", program), "utf8"),
    all: () => readdir(folder),
  };
}

const own = `node-${windows ? "win" : process.platform}-${process.arch}/bin/${program}`;

test("where npm left out the Node that it brought, scripts find it all the same", async () => {
  const { bin } = await linked({ [own]: "brought", "node-aix-ppc64/bin/node": "of another machine" });
  expect(await bin()).toBe("brought");
});

test("a Node that npm linked stays, and where none was brought nothing is made", async () => {
  const { bin } = await linked({ [own]: "brought", [`.bin/${program}`]: "linked by npm" });
  expect(await bin()).toBe("linked by npm");
  const { all } = await linked({ "node-aix-ppc64/bin/node": "of another machine" });
  expect(await all()).toEqual(["node-aix-ppc64"]);
});
