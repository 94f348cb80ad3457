import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { libsodium, makeVectors } from "./make.helper.ts";
import { noble } from "./noble.helper.ts";

const committed = await readFile(new URL("psr1.json", import.meta.url), "utf8");

test.each([
  ["libsodium, in the bridge", await libsodium()],
  ["noble, apart from the bridge's code", noble],
])("the vectors in the project are what %s makes of their inputs", async (_, make) => {
  expect(`${JSON.stringify(await makeVectors(make), null, 2)}\n` === committed).toBe(true);
});
