// npm runs this after `npm ci`, on whatever Node there is: plain JavaScript. Packages for several machines bring a
// program `node`; npm 10 and older take its link away again with those that do not fit. Then this makes it.
// Argument: the folder node_modules, for tests.
import { existsSync, linkSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const modules = process.argv[2] ?? fileURLToPath(new URL("../node_modules", import.meta.url));
const windows = process.platform === "win32";
const program = windows ? "node.exe" : "node";
const brought = path.join(`node-${windows ? "win" : process.platform}-${process.arch}`, "bin", program);
const folder = path.join(modules, ".bin");
const there = ["node", "node.cmd", "node.exe"].some((name) => existsSync(path.join(folder, name)));
if (!there && existsSync(path.join(modules, brought))) {
  mkdirSync(folder, { recursive: true });
  // Windows lets only some people make symbolic links.
  if (windows) linkSync(path.join(modules, brought), path.join(folder, program));
  else symlinkSync(path.join("..", brought), path.join(folder, program));
}
