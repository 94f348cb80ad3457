import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { chatLines } from "../../../bridge/chat/lines.ts";
import { startWorld } from "./bridge.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { type Reader, startReader } from "./nio.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 30_000, interval: 100 });
const says = chatLines("ru");

describe.skipIf(environment === null)("the direct chat with the bridge, against a real homeserver", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  const reader = async (name: string): Promise<Reader> => {
    const made = await startReader({ url: server.url, account: await server.register(name) });
    onTestFinished(() => made.close());
    return made;
  };
  const world = async () => {
    const w = await startWorld({ server });
    onTestFinished(() => w.close());
    const running = w.start();
    await running.line(/"account\.heard"/);
    onTestFinished(() => w.stop(running));
    return { ...w, running };
  };
  /** What the bot said in a chat, each line with whether it lay encrypted. */
  const said = async (who: Reader, room: string, bot: string) =>
    (await who.timeline(room))
      .filter((event) => event.sender === bot && (event.type === "m.room.message" || event.encrypted))
      .map((event) => [event.encrypted, event.content.body]);

  test("who runs the bridge is invited to a chat on a command, and answered there, encrypted", async () => {
    const w = await world();
    const rep = await reader("rep");
    const opened = await w.postern("matrix", "chat", rep.user);
    expect(opened).toMatchObject({ code: 0, said: expect.stringContaining(`invited ${rep.user}`) });
    const [room = ""] = await soon(async () => {
      const { invited } = await rep.rooms();
      expect(invited).toHaveLength(1);
      return invited;
    });
    await rep.join(room);
    await soon(async () => expect((await rep.rooms()).joined[room]?.encrypted).toBe(true));
    await rep.send(room, "help");
    const help = `${says.intro}\n• ${says.help}`;
    await soon(async () => expect(await said(rep, room, w.bot.user)).toEqual([[true, help]]));
    await rep.send(room, "what else?");
    await soon(async () =>
      expect(await said(rep, room, w.bot.user)).toEqual([
        [true, help],
        [true, says.unknown],
      ]),
    );
    expect(server.search([help, says.unknown])).toEqual([]);
    expect(w.running.output()).not.toContain(rep.user);

    // A chat that the rep begins takes the place of it.
    const own = await rep.create([w.bot.user], true);
    await soon(async () => {
      const events = await rep.timeline(own);
      expect(events.some((e) => e.stateKey === w.bot.user && e.content.membership === "join")).toBe(true);
    });
    await rep.send(own, "помощь");
    await soon(async () => expect(await said(rep, own, w.bot.user)).toEqual([[true, help]]));

    const ended = await w.postern("matrix", "chat", rep.user, "--end");
    expect(ended).toMatchObject({ code: 0, said: expect.stringContaining("The chat is ended") });
    await soon(async () => {
      const events = await rep.timeline(own);
      const bot = events.filter((e) => e.type === "m.room.member" && e.stateKey === w.bot.user);
      expect(bot.at(-1)?.content.membership).toBe("leave");
    });
  }, 120_000);

  test("a stranger is declined once, politely, and the bot comes into no room that it was not told of", async () => {
    const w = await world();
    const stranger = await reader("stranger");
    const first = await stranger.create([w.bot.user], true);
    const membership = async (room: string) => {
      const events = await stranger.timeline(room);
      return events
        .filter((e) => e.type === "m.room.member" && e.stateKey === w.bot.user)
        .map((e) => e.content);
    };
    await soon(async () =>
      expect((await membership(first)).at(-1)).toMatchObject({ membership: "leave", reason: says.stranger }),
    );
    const second = await stranger.create([w.bot.user], true);
    const third = await stranger.create([w.bot.user], false);
    // What comes later is heard: so the others were, too.
    const rep = await reader("rep");
    await w.postern("matrix", "chat", rep.user);
    const other = await rep.create([w.bot.user], true);
    await soon(async () => {
      const events = await rep.timeline(other);
      expect(events.some((e) => e.stateKey === w.bot.user && e.content.membership === "join")).toBe(true);
    });
    for (const room of [second, third])
      expect((await membership(room)).map((content) => content.membership)).toEqual(["invite"]);
    const hand = await server.login(w.bot);
    const { joined_rooms: joined } = z
      .object({ joined_rooms: z.array(z.string()) })
      .parse(await hand.call("GET", "/joined_rooms"));
    expect(joined).not.toEqual(expect.arrayContaining([first]));
    expect(joined).not.toEqual(expect.arrayContaining([second]));
    expect(w.running.output()).not.toContain(stranger.user);
  }, 120_000);
});
