import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("a panic rejects what is under way and all that follows, in every engine of the process, and prints nothing", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    path.join(import.meta.dirname, "panicking.helper.ts"),
    "panic",
  ]);
  expect(JSON.parse(stdout)).toEqual(Array.from({ length: 4 }, () => "EngineBroken panic"));
  expect(stderr).toBe("");
});
