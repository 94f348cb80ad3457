import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const root = path.resolve(import.meta.dirname, "../..");
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ hasInstallScript: z.boolean().optional(), gypfile: z.boolean().optional() }),
  ),
});
const { packages } = Lock.parse(JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")));

test("no dependency has an install script", () => {
  expect(Object.keys(packages).filter((name) => packages[name]?.hasInstallScript === true)).toEqual([]);
});

test("npm is told not to compile better-sqlite3", () => {
  const told = packages["node_modules/better-sqlite3"]?.gypfile;
  // npm drops the line whenever it writes the lock file, and npm 11 and older then need a compiler for `npm ci`.
  expect(told, 'put `"gypfile": false` back into the entry of better-sqlite3 in package-lock.json').toBe(
    false,
  );
});
