import { expect, test } from "vitest";
import { killOneStore } from "./kills.helper.ts";

/** `npm run soak -- matrix-store` does it 500 times. */
test("a bot killed 12 times with -9 in the midst of its store goes on: its peers read all, no index comes twice", {
  timeout: 180_000,
}, async () => {
  // In this seed it is killed while it takes in a key that came, in a message that cannot be read twice.
  const done = await killOneStore(20_261_142, 12);
  expect(done.wrong).toEqual([]);
  expect(done.kills).toBe(12);
  expect(done.said).toBeGreaterThan(4);
  expect(done.heard).toBeGreaterThan(1);
});

test("so does one in a room of a hundred, whose sessions are compressed and patched in its store", {
  timeout: 180_000,
}, async () => {
  const done = await killOneStore(20_261_131, 9);
  expect(done.wrong).toEqual([]);
  expect(done.kills).toBe(9);
  expect(done.said).toBeGreaterThan(5);
  expect(done.compressed, "starts over a session that was compressed, then patched").toBeGreaterThan(0);
});
