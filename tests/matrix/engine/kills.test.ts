import { expect, test } from "vitest";
import { killOneStore } from "./kills.helper.ts";

/** `npm run soak -- matrix-store` does it 500 times. */
test("a bot killed 25 times with -9 in the midst of its store goes on: its peers read all, no index comes twice", {
  timeout: 180_000,
}, async () => {
  // In this seed it is killed while it takes in a key that came, in a message that cannot be read twice.
  const done = await killOneStore(20_261_142, 25);
  expect(done.wrong).toEqual([]);
  expect(done.kills).toBe(25);
  expect(done.said).toBeGreaterThan(20);
  expect(done.heard).toBeGreaterThan(5);
});

test("so does one in a room of a hundred, whose sessions are compressed and patched in its store", {
  timeout: 180_000,
}, async () => {
  const done = await killOneStore(20_261_131, 15);
  expect(done.wrong).toEqual([]);
  expect(done.kills).toBe(15);
  expect(done.said).toBeGreaterThan(10);
  expect(done.compressed, "starts over a session that was compressed, then patched").toBeGreaterThan(0);
});
