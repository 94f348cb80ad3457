import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { startWorld, type World } from "./bridge.helper.ts";
import { faults } from "./faults.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { type Reader, startReader } from "./nio.helper.ts";
import { startSecondMachine } from "./second.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 60_000, interval: 100 });
const HOUR = 3_600_000;

describe.skipIf(environment === null)("who comes and goes", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  const member = async (world: World, name: string): Promise<Reader> => {
    const nio = await startReader({ url: server.url, account: await server.register(name) });
    onTestFinished(() => nio.close());
    await world.invite(nio.user);
    await nio.join(world.room);
    return nio;
  };
  const bodies = async (nio: Reader, world: World) => (await nio.shown(world.room)).map(({ body }) => body);

  test("after a removal, a ban and a departure the next event has a new key, which they do not hold", async () => {
    const world = await startWorld({ server, mapping: "silence: off" });
    onTestFinished(() => world.close());
    const [stays, removed, banned, leaves, between] = await Promise.all(
      ["stays", "removed", "banned", "leaves", "between"].map((name) => member(world, name)),
    );
    if (!(stays && removed && banned && leaves && between)) throw new Error("five were made");
    const running = world.start();
    await world.reading();
    const room = encodeURIComponent(world.room);
    const rep = await world.hand();
    const raw = (event: string) => rep.call("GET", `/rooms/${room}/event/${encodeURIComponent(event)}`);

    let n = 0;
    const posted: string[] = [];
    const post = async () => {
      posted.push(`Пост ${++n}`);
      world.publish(`Пост ${n}`);
      await soon(async () => expect(await bodies(stays, world)).toEqual(posted));
      const told = (await stays.timeline(world.room)).findLast(({ content }) => content.body === `Пост ${n}`);
      if (told?.session == null) throw new Error("it is not encrypted");
      return { session: told.session, event: await raw(told.event) };
    };
    let before = await post();
    for (const gone of [removed, banned, leaves, between])
      await soon(async () => expect(await gone.opens(world.room, before.event)).toBe(true));
    const go = [
      [removed, () => rep.call("POST", `/rooms/${room}/kick`, { user_id: removed.user })],
      [banned, () => rep.call("POST", `/rooms/${room}/ban`, { user_id: banned.user })],
      [leaves, () => leaves.leave(world.room)],
    ] as const;
    for (const [who, away] of go) {
      const heard = [...running.output().matchAll(/account\.heard/g)].length;
      await away();
      // What is sent before the bridge hears of it may be encrypted for them still: nobody can know better.
      await soon(async () =>
        expect([...running.output().matchAll(/account\.heard/g)].length).toBeGreaterThan(heard),
      );
      const after = await post();
      expect(after.session).not.toBe(before.session);
      expect(await who.opens(world.room, after.event)).toBe(false);
      expect(await who.sessions(world.room)).not.toContain(after.session);
      before = after;
    }

    // What is encrypted already when somebody goes has the key that they hold: it is made anew.
    const full = world.proxy.lay({ method: "PUT", path: /m\.room\.encrypted/, fault: faults.limited(500) });
    const after = post();
    await soon(async () => expect(full.hits).toBeGreaterThan(0));
    const heard = [...running.output().matchAll(/account\.heard/g)].length;
    await rep.call("POST", `/rooms/${room}/kick`, { user_id: between.user });
    await soon(async () =>
      expect([...running.output().matchAll(/account\.heard/g)].length).toBeGreaterThan(heard),
    );
    full.lift();
    const { session, event } = await after;
    expect(session).not.toBe(before.session);
    expect(await between.opens(world.room, event)).toBe(false);
    await world.stop(running);
  }, 300_000);

  test("who comes late reads what history promises and nothing older: nio by the digest, others by the keys", async () => {
    const world = await startWorld({
      server,
      mapping: "silence: off",
      room: "history: 2",
      deadline: "10m",
    });
    onTestFinished(() => world.close());
    const early = await member(world, "early");
    const first = world.start();
    await world.reading();
    world.publish("Старое: экзамен 1 июня");
    await soon(async () => expect(await bodies(early, world)).toEqual(["Старое: экзамен 1 июня"]));
    await world.stop(first);
    await server.outage(73 * HOUR);
    // 60 times as fast, since a digest waits for others who come.
    const running = world.start(undefined, undefined, 60);
    await running.line(/The bridge runs/);
    world.publish("Новое: экзамен 12 июня");
    await soon(async () => expect(await bodies(early, world)).toHaveLength(2));

    const nio = await startReader({ url: server.url, account: await server.register("late") });
    onTestFinished(() => nio.close());
    const second = await startSecondMachine(server, await server.register("second"));
    onTestFinished(() => second.close());
    // Bundles go between devices alone that their owners have signed.
    await second.publishIdentity();
    for (const user of [nio.user, second.user]) {
      const invited = await world.postern("matrix", "invite", "class", user);
      expect(invited, invited.said).toMatchObject({ code: 0 });
      expect(invited.said).toContain("a digest of the last 2 days is posted");
      if (user === second.user) expect(invited.said).toContain("go the keys of the last 2 days");
    }
    await second.sync();
    await second.join(world.room);
    expect(await second.takeBundle(world.room, world.bot.user)).toBe(true);
    expect(await second.texts(world.room)).toEqual([null, "Новое: экзамен 12 июня"]);

    await nio.join(world.room);
    await soon(async () => {
      const open = (await nio.shown(world.room)).filter(({ kind }) => kind !== "does not open");
      expect(open.map(({ body }) => body).join("\n")).toMatch(/Новое: экзамен 12 июня/);
    });
    expect((await bodies(nio, world)).join("\n")).not.toMatch(/Старое/);
    const seen = await nio.shown(world.room);
    expect(seen.filter(({ kind }) => kind === "does not open")).toHaveLength(2);
    await world.stop(running);
  }, 300_000);
});
