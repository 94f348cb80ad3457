import { rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { keptOf } from "../../../adapters/matrix/kept.ts";
import { startWorld, type World } from "./bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { startReader } from "./nio.helper.ts";
import { type SecondMachine, startSecondMachine } from "./second.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 60_000, interval: 100 });

describe.skipIf(environment === null)("whom a client that trusts identities believes", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  const second = async (world: World): Promise<SecondMachine> => {
    const made = await startSecondMachine(server, await server.register("second"));
    onTestFinished(() => made.close());
    await world.invite(made.user);
    await made.join(world.room);
    return made;
  };
  const device = (world: World): Promise<string> =>
    world.within(
      async (core) => keptOf(core.bridge.store.kept.of("matrix.campus")).session.get()?.device ?? "",
    );

  test("the bot's device is signed by its owner, and by the same one when all but the recovery code was lost", async () => {
    const world = await startWorld({ server, mapping: "silence: off" });
    onTestFinished(() => world.close());
    const student = await second(world);
    const before = await device(world);
    const seen = await student.sees(world.bot.user, before);
    expect(seen).toMatchObject({ known: true, identity: true, crossSigned: true });

    const running = world.start();
    await world.reading();
    world.publish("Экзамен 12 июня");
    const signed = async (): Promise<readonly unknown[]> => {
      await student.sync();
      const events = await student.events(world.room, true);
      return events.filter(({ type }) => type === "m.room.message").map(({ content }) => content?.body);
    };
    await soon(async () => expect(await signed()).toEqual(["Экзамен 12 июня"]));
    const { said } = await world.postern("status");
    expect(said).toMatch(/device is confirmed/);
    await world.stop(running);

    await rm(path.join(world.folder, "data", "matrix"), { recursive: true });
    await world.within(async (core) => {
      keptOf(core.bridge.store.kept.of("matrix.campus")).identity.drop();
    });
    await world.login();
    const after = await device(world);
    expect(after).not.toBe(before);
    expect(await student.sees(world.bot.user, after)).toEqual(seen);
    const again = world.start();
    world.publish("Экзамен перенесён");
    await soon(async () => expect(await signed()).toEqual(["Экзамен 12 июня", "Экзамен перенесён"]));
    await world.stop(again);
  }, 300_000);

  test("a strict room gives its keys to devices alone that their owners signed, and the status says what that costs", async () => {
    const world = await startWorld({ server, mapping: "silence: off", room: "trust: strict" });
    onTestFinished(() => world.close());
    const student = await second(world);
    await student.publishIdentity();
    const nio = await startReader({ url: server.url, account: await server.register("student") });
    onTestFinished(() => nio.close());
    await world.invite(nio.user);
    await nio.join(world.room);
    const running = world.start();
    await world.reading();
    world.publish("Экзамен 12 июня");
    await soon(async () => {
      await student.sync();
      expect(await student.texts(world.room)).toEqual(["Экзамен 12 июня"]);
    });
    expect(await nio.shown(world.room)).toMatchObject([{ kind: "does not open" }]);
    const { said } = await world.postern("status");
    expect(said).toMatch(/confirmed devices alone/);
    expect(said).toMatch(/devices that get no keys: \d/);
    await world.stop(running);
  }, 300_000);
});
