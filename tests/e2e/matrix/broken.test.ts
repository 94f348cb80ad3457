import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startWorld } from "./bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { startReader } from "./nio.helper.ts";

describe.skipIf(environment === null)("a bridge whose engine breaks", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("ends with a line that says so and an exit code, and the next start brings what was announced", async () => {
    const w = await startWorld({ server });
    onTestFinished(() => w.close());
    const student = await startReader({ url: server.url, account: await server.register("student") });
    onTestFinished(() => student.close());
    await w.invite(student.user);
    await vi.waitFor(async () => expect((await student.rooms()).invited).toContain(w.room), 20_000);
    await student.join(w.room);

    const first = w.start(undefined, "panicking.preload.ts");
    await first.line(/"bridge\.started"/);
    await w.reading();
    w.publish("Экзамен 14 июня, аудитория 214.");
    expect(await first.ended).toBe(2);
    const said = first.output();
    expect(said).toMatch(/"account":"campus","reason":"panic","event":"account\.broken"/);
    expect(said).toContain('"event":"bridge.failed"');
    expect(said).toContain("The bridge stopped because of a fault");
    expect(said).not.toMatch(/Экзамен|unreachable|wasm/);

    const second = w.start();
    await vi.waitFor(
      async () =>
        expect((await student.shown(w.room)).map(({ body }) => body)).toEqual([
          "Экзамен 14 июня, аудитория 214.",
        ]),
      { timeout: 60_000, interval: 200 },
    );
    await w.stop(second);
  }, 180_000);
});
