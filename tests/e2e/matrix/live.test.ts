import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { matrixInvite } from "../../../cli/commands/matrix-invite.ts";
import { matrixLogin } from "../../../cli/commands/matrix-login.ts";
import { matrixLogout } from "../../../cli/commands/matrix-logout.ts";
import { roomInit } from "../../../cli/commands/room-init.ts";
import { status } from "../../../cli/commands/status.ts";
import { fakeIo, person } from "../../cli/io.helper.ts";
import { startWorld } from "./bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { startReader } from "./nio.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 60_000, interval: 200 });

describe.skipIf(environment === null)("a running bridge with Matrix rooms", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("is logged in anew, given another room and new settings while it runs, and loses and doubles nothing", async () => {
    const w = await startWorld({ server });
    onTestFinished(() => w.close());
    const student = await startReader({ url: server.url, account: await server.register("student") });
    onTestFinished(() => student.close());
    await w.invite(student.user);
    await soon(async () => expect((await student.rooms()).invited).toContain(w.room));
    await student.join(w.room);
    const config = path.join(w.folder, "postern.yaml");
    const asked = { config, lang: "en" } as const;
    const running = w.start();
    onTestFinished(() => w.stop(running));
    await w.reading();
    const shown = async (room: string) => (await student.shown(room)).map(({ body }) => body);
    w.publish("Первое");
    await soon(async () => expect(await shown(w.room)).toEqual(["Первое"]));

    const who = person((q) => {
      if (q.kind === "secret") return w.bot.password;
      return q.kind === "line" ? w.bot.user : q.kind === "choose" ? "password" : "yes";
    });
    const again = fakeIo({ ask: who.ask });
    expect([await matrixLogin(again, { ...asked, account: null }), again.stderr()]).toEqual([
      0,
      expect.stringContaining("its device is confirmed by its owner"),
    ]);
    w.publish("Второе");
    await soon(async () => expect(await shown(w.room)).toEqual(["Первое", "Второе"]));
    const hand = await server.login(w.bot, "LOOKER");
    const { devices } = z
      .object({ devices: z.array(z.object({ display_name: z.string().nullish() })) })
      .parse(await hand.call("GET", "/devices"));
    expect(devices.filter(({ display_name }) => display_name === "Laptop")).toHaveLength(1);

    const yaml = (await readFile(config, "utf8"))
      .replace("title: Расписание", "title: Экзамены")
      .replace("rooms:\n", "rooms:\n  other: { type: matrix, account: campus, title: Другая }\n")
      .replace("rooms: [class]", "rooms: [class, other]");
    await writeFile(config, yaml);
    const early = fakeIo();
    expect(await roomInit(early, { ...asked, room: "other", printCode: false })).toBe(2);
    expect(early.stderr()).toContain("have it read the settings again");
    const reloaded = await w.postern("reload");
    expect(reloaded).toMatchObject({ code: 0, said: expect.stringContaining("room init other") });
    const made = fakeIo();
    expect([await roomInit(made, { ...asked, room: "other", printCode: false }), made.stderr()]).toEqual([
      0,
      expect.stringContaining('The room "other" is made'),
    ]);
    expect(await matrixInvite(fakeIo(), { ...asked, room: "other", user: student.user })).toBe(0);
    const [other = ""] = await soon(async () => {
      const { invited } = await student.rooms();
      expect(invited).toHaveLength(1);
      return invited;
    });
    await student.join(other);
    w.publish("Третье");
    await soon(async () => expect(await shown(other)).toEqual(["Третье"]));
    await soon(async () => expect(await shown(w.room)).toEqual(["Первое", "Второе", "Третье"]));
    await soon(async () => expect((await student.rooms()).joined[w.room]?.name).toBe("Экзамены"));

    const io = fakeIo();
    await status(io, { ...asked, json: true });
    expect(JSON.parse(io.stdout())).toMatchObject({
      running: true,
      accounts: [{ name: "campus", state: "in", trouble: null, confirmed: true }],
      rooms: [
        { name: "other", type: "matrix", keys: true, held: null, failed: 0 },
        { name: "class", type: "matrix", keys: true, held: null, failed: 0 },
      ],
    });
    expect(running.output()).not.toMatch(/Первое|Второе|Третье/);
  }, 240_000);

  test("keeps what is announced while its account is logged out, and sends it once after the next login", async () => {
    const w = await startWorld({ server });
    onTestFinished(() => w.close());
    const student = await startReader({ url: server.url, account: await server.register("waits") });
    onTestFinished(() => student.close());
    await w.invite(student.user);
    await soon(async () => expect((await student.rooms()).invited).toContain(w.room));
    await student.join(w.room);
    const asked = { config: path.join(w.folder, "postern.yaml"), lang: "en" } as const;
    const running = w.start();
    onTestFinished(() => w.stop(running));
    await w.reading();
    const shown = async () => (await student.shown(w.room)).map(({ body }) => body);
    w.publish("Первое");
    await soon(async () => expect(await shown()).toEqual(["Первое"]));

    const out = fakeIo();
    const choice = { account: null, forgetIdentity: false, yes: true };
    expect([await matrixLogout(out, { ...asked, ...choice }), out.stderr()]).toEqual([
      0,
      expect.stringContaining("is logged out"),
    ]);
    expect(await readdir(path.join(w.folder, "data/matrix/campus"))).toEqual([]);
    w.publish("Второе");
    await soon(async () => {
      const io = fakeIo();
      await status(io, { ...asked, json: true });
      expect(JSON.parse(io.stdout())).toMatchObject({
        running: true,
        accounts: [{ name: "campus", state: "out", trouble: "no_session" }],
        rooms: [{ name: "class", queued: 1 }],
      });
    });
    // Whoever else is told of troubles hears of it, too: nobody may think that there was nothing to announce.
    expect(running.output()).toContain('The bridge cannot work with the account "campus"');
    const who = person((q) => {
      if (q.kind === "secret") return w.bot.password;
      return q.kind === "line" ? w.bot.user : q.kind === "choose" ? "password" : "yes";
    });
    expect(await matrixLogin(fakeIo({ ask: who.ask }), { ...asked, account: null })).toBe(0);
    await soon(async () => expect(await shown()).toEqual(["Первое", "Второе"]));
    expect(running.output()).toContain('The bridge works with the account "campus" again');
    w.publish("Третье");
    await soon(async () => expect(await shown()).toEqual(["Первое", "Второе", "Третье"]));
  }, 240_000);

  test("says why nothing goes when its bot is put out of a room, and goes on when it is invited again", async () => {
    const w = await startWorld({ server });
    onTestFinished(() => w.close());
    const config = path.join(w.folder, "postern.yaml");
    const hand = await w.hand();
    const admin = await server.login(await server.register("admin"));
    const room = encodeURIComponent(w.room);
    await hand.call("POST", `/rooms/${room}/invite`, { user_id: admin.user });
    await admin.call("POST", `/rooms/${room}/join`, {});
    const levels = z
      .record(z.string(), z.unknown())
      .parse(await hand.call("GET", `/rooms/${room}/state/m.room.power_levels/`));
    const users = { [admin.user]: 100 };
    await hand.call("PUT", `/rooms/${room}/state/m.room.power_levels/`, { ...levels, users });
    await hand.call("POST", `/rooms/${room}/leave`, {});
    const running = w.start();
    onTestFinished(() => w.stop(running));
    await w.reading();
    await running.line(/"reason":"out","event":"room\.held"/);
    w.publish("Пока никого");
    const io = fakeIo();
    await soon(async () => {
      await status(io, { config, lang: "en", json: false });
      expect(io.stdout()).toContain("nothing is sent there now: the bridge's account is not in it");
    });
    expect(running.output()).toContain('Nothing is sent to the room "class"');
    await admin.call("POST", `/rooms/${room}/invite`, { user_id: w.bot.user });
    await soon(async () => {
      const members = z
        .object({ joined: z.record(z.string(), z.unknown()) })
        .parse(await admin.call("GET", `/rooms/${room}/joined_members`));
      expect(Object.keys(members.joined)).toContain(w.bot.user);
    });
    await running.line(/"event":"room\.held"[\s\S]*"event":"room\.back"/);
    await running.line(/"event":"delivery\.sent"/);
  }, 240_000);
});
