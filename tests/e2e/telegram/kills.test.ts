import { expect, test } from "vitest";
import { killed } from "./kills.helper.ts";

test("a bridge that is killed after Telegram took a post and before it knew loses nothing, and doubles nothing that it can look for", async () => {
  const done = await killed(2);
  expect(done).toMatchObject({ killed: 2, wrong: [] });
  // Where nothing is looked for it is sent again: so the other was found, not lucky.
  expect(done.doubles).toBe(1);
}, 200_000);
