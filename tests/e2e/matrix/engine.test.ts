import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { openHomeserver } from "../../../adapters/matrix/client.ts";
import { openEngine } from "../../../adapters/matrix/engine/open.ts";
import { DeviceId, RoomId, UserId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { startReader } from "./nio.helper.ts";
import { startSecondMachine } from "./second.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 20_000, interval: 50 });
const never = new AbortController().signal;

describe.skipIf(environment === null)("the engine and clients of other makes", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("what it encrypts is opened by nio and by the engine of Element, each event once", async () => {
    const bot = await server.login(await server.register("bot"));
    const nio = await startReader({ url: server.url, account: await server.register("student") });
    onTestFinished(() => nio.close());
    const second = await startSecondMachine(server, await server.register("second"));
    onTestFinished(() => second.close());
    const way = openHomeserver({ baseUrl: server.url, proxy: null, ca: null, clock: systemClock });
    onTestFinished(() => way.close());
    const api = way.api(bot.token);
    const opened = await openEngine({
      user: UserId.parse(bot.user),
      device: DeviceId.parse(bot.device),
      store: { file: null, passphrase: "only in memory", create: true },
      api,
      clock: systemClock,
    });
    if (!opened.ok) throw new Error(opened.problem);
    const { engine } = opened;
    onTestFinished(() => engine.close());
    expect(await engine.flush(never)).toBeNull();
    const made = z.object({ room_id: RoomId }).parse(
      await bot.call("POST", "/createRoom", {
        invite: [nio.user, second.user],
        initial_state: [
          { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
        ],
      }),
    );
    const room = made.room_id;
    await nio.join(room);
    await second.join(room);
    const members = [bot.user, nio.user, second.user].map((user) => UserId.parse(user));
    const trust = { strict: false, shareHistory: true };
    for (const [i, body] of ["Экзамен 12 июня", "в 9:00", "аудитория 412"].entries()) {
      const content = { msgtype: "m.text", body };
      const made = await engine.encrypt(room, members, trust, "m.room.message", content, never);
      if ("kind" in made) throw new Error(made.code);
      const where = `/rooms/${encodeURIComponent(room)}/send/m.room.encrypted/${i}`;
      for (let time = 0; time < 2; time++) await bot.call("PUT", where, JSON.parse(made.content));
    }
    const texts = ["Экзамен 12 июня", "в 9:00", "аудитория 412"];
    await soon(async () => expect((await nio.shown(room)).map(({ body }) => body)).toEqual(texts));
    await second.sync();
    expect(await second.texts(room)).toEqual(texts);
    expect(server.search(texts)).toEqual([]);
  });
});
