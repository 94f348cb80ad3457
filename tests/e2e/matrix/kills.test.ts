import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { trials } from "./trials.helper.ts";

const SEED = 20_261_124;

describe.skipIf(environment === null)("a bridge that is killed while it sends", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("at eight places, over outages and new logins, loses and doubles nothing, and nio opens all of it", async () => {
    const done = await trials({ server, seed: SEED, trials: 8, lanes: 2, say: () => {} });
    expect(done).toMatchObject({ trials: 8, wrong: [], closed: 0, repeated: 0 });
    expect(done.outages).toBeGreaterThan(0);
    expect(done.logins).toBeGreaterThan(0);
  }, 300_000);
});
