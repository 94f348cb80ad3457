import { expect, onTestFinished, test, vi } from "vitest";
import { startWorld } from "./bridge.helper.ts";
import { startHomeserver } from "./homeserver.helper.ts";
import { startReader } from "./nio.helper.ts";

test("t", async () => {
  let t = performance.now();
  const lap = (what: string) => {
    console.log(what, Math.round(performance.now() - t));
    t = performance.now();
  };
  const server = await startHomeserver();
  lap("start");
  onTestFinished(() => server.remove());
  const world = await startWorld({ server });
  lap("world");
  onTestFinished(() => world.close());
  const nio = await startReader({ url: server.url, account: await server.register("student") });
  lap("reader");
  onTestFinished(() => nio.close());
  const bot = await server.login(world.bot);
  await bot.call("POST", `/rooms/${encodeURIComponent(world.room)}/invite`, { user_id: nio.user });
  await nio.join(world.room);
  lap("join");
  const running = world.start();
  try {
    await running.line(/The bridge runs/);
    lap("runs");
    await vi.waitFor(
      () => expect(world.max.control.requests({ path: "/updates" }).length).toBeGreaterThan(1),
      { timeout: 20_000 },
    );
    lap("polled");
    world.publish("Экзамен 12 июня");
    world.publish("Экзамен 13 июня");
    await vi.waitFor(
      async () =>
        expect((await nio.shown(world.room)).map((m) => m.body)).toEqual([
          "Экзамен 12 июня",
          "Экзамен 13 июня",
        ]),
      { timeout: 20_000 },
    );
    lap("shown");
    running.process.kill("SIGTERM");
    await running.ended;
    lap("stopped");
  } finally {
    console.log(running.output());
    console.log(JSON.stringify(await nio.shown(world.room), null, 1));
  }
});
