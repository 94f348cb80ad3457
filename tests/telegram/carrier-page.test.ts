import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createTelegramCarrier } from "../../adapters/telegram/carrier.ts";
import { type FeedServer, startFeedServer } from "../../adapters/web/feed/server.ts";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { type BuiltReader, buildReader } from "../../adapters/web/reader/build.ts";
import { systemClock } from "../../bridge/clock.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { joinLink } from "../../bridge/seal/link.ts";
import { seenChat } from "../../simulators/telegram/seen.ts";
import { chromium, launch } from "../chromium.helper.ts";
import { core, media, open, post, posted, ROOM, soon, start } from "../core.helper.ts";
import { violations, watchPolicy } from "../reader/ui/watch.helper.ts";
import { apiOf, CHANNEL_CHAT, chatIn, simulated } from "./simulated.helper.ts";

/** The page alone, as a static host has it: no log beside it. */
async function hosted(built: BuiltReader): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url !== "/") return void response.writeHead(404).end();
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(built.html);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
}

const fileContent = randomBytes(5_000);

/** A room that the feed and a channel carry, with what a member sees in the channel. */
async function carriedRoom(built: BuiltReader) {
  const c = await core();
  const telegram = simulated(c.clock);
  const chat = chatIn(telegram, CHANNEL_CHAT);
  const page = await hosted(built);
  const folder = path.join(c.folder, "feed");
  const limits = { requestsPerMinute: 100_000, streams: 100 };
  const feed: FeedServer = await startFeedServer({
    folder,
    host: "127.0.0.1",
    port: 0,
    limits,
    trustProxy: null,
    reader: null,
    origins: [],
    clock: systemClock,
  });
  let up = true;
  const feedOff = async (): Promise<void> => {
    if (up) await feed.close();
    up = false;
  };
  onTestFinished(feedOff);
  const carrier = createTelegramCarrier({
    name: "telegram.bot",
    api: apiOf(telegram, c.clock),
    keep: c.bridge.store.kept.of("telegram.bot"),
    chats: [
      {
        room: ROOM,
        home: CHANNEL_CHAT,
        place: () => ({ chat: CHANNEL_CHAT, topic: null }),
        lang: "ru",
        page: () => page,
      },
    ],
    lib: c.lib,
    disk: systemDisk,
    clock: c.clock,
    limit: 50_000_000,
    failpoints: noFailpoints,
  });
  const roomId = c.bridge.view(ROOM)?.roomId ?? "";
  start(c, {}, [createTreeCarrier(systemDisk, folder, noFailpoints), carrier], {
    copied: () => feed.changed(roomId),
  });
  c.source.files.set("plan", () => open(fileContent));
  const members = () => seenChat(chat).messages.filter(({ kind }) => kind === "media");
  const documents = () =>
    [...chat.messages.values()].flatMap(({ content }) =>
      content.kind === "media" ? [content.media.file] : [],
    );
  return {
    feedOff,
    link(): string {
      const state = c.bridge.store.seal.get(ROOM);
      if (state === null) throw new Error("no keys");
      const { rootPk, salt, serial, keyEpoch, key } = state;
      const secret = { rootPk, salt, serial, restart: 0, epoch: keyEpoch, key };
      return joinLink(c.lib, page, secret, [`127.0.0.1:${feed.port}`]);
    },
    /** Posts, and answers the button under it in the channel. */
    async say(n: number, text: string, attached = false): Promise<string> {
      const before = members().length;
      c.source.tell(posted(post(n, text, attached ? { attachments: [media("plan")] } : {})));
      return soon(() => {
        c.clock.advance(1_000);
        const last = members().at(-1);
        const url = last?.buttons[0]?.[0]?.url ?? null;
        if (members().length < before + (attached ? 2 : 1) || url === null) throw new Error("not there yet");
        return url;
      });
    },
    /** What a member saves out of the channel, by its place in it. */
    saved: () =>
      documents().map((file) => ({
        name: file.name,
        mimeType: file.mime,
        buffer: Buffer.from(file.bytes ?? []),
      })),
  };
}

describe.skipIf(chromium === null)("a sealed room over Telegram, in a browser", () => {
  let browser: Browser;
  let built: BuiltReader;
  beforeAll(async () => {
    [browser, built] = await Promise.all([launch(), buildReader()]);
  }, 120_000);
  afterAll(() => browser?.close());

  const fresh = async (link: string): Promise<Page> => {
    const context = await browser.newContext({ locale: "ru-RU" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.addInitScript(watchPolicy);
    await page.goto(link);
    await page.waitForSelector("#title");
    return page;
  };
  const shows = (page: Page, text: string): Promise<unknown> =>
    page.getByText(text, { exact: true }).first().waitFor({ timeout: 20_000 });
  const give = (page: Page, files: readonly { name: string; mimeType: string; buffer: Buffer }[]) =>
    page
      .locator("input[type=file]")
      .first()
      .setInputFiles([...files]);

  test("a member presses the button under a message and reads it", async () => {
    const room = await carriedRoom(built);
    await room.say(1, "Консультация в среду");
    const page = await fresh(room.link());
    await shows(page, "Консультация в среду");
    const button = await room.say(2, "Экзамен в пятницу");
    const other = await page.context().newPage();
    await other.addInitScript(watchPolicy);
    await other.goto(button);
    await shows(other, "Экзамен в пятницу");
    // It was taken out of the address bar, and nothing is said to be missing.
    expect(other.url()).not.toContain("#p.");
    await other.getByText("Этого сообщения здесь ещё нет").waitFor({ state: "detached" });
    expect(await violations(other)).toEqual([]);
  }, 60_000);

  test("with every origin switched off a member reads from the files of the channel, and is told what is lacking", async () => {
    const room = await carriedRoom(built);
    const first = await room.say(1, "Консультация в среду", true);
    await room.feedOff();
    const page = await fresh(room.link());
    // The button leads to what is not here: the page says so, and asks for the file.
    await page.goto(first);
    await page.getByText("Этого сообщения здесь ещё нет").waitFor({ timeout: 20_000 });
    const all = room.saved();
    const sealed = all.filter(({ name }) => name === "file.psr");
    expect(sealed).toHaveLength(1);
    await give(page, sealed);
    await page.getByText("Это вложение, а его объявления здесь нет.").waitFor();
    await give(page, all);
    await shows(page, "Консультация в среду");
    await page.getByText("Этого сообщения здесь ещё нет").waitFor({ state: "detached" });
    const download = page.waitForEvent("download");
    await page
      .getByRole("button", { name: /Скачать/ })
      .first()
      .click();
    const stream = await (await download).createReadStream();
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).equals(fileContent)).toBe(true);
    // Dropped anywhere on the page, several at once.
    await room.say(2, "Экзамен в пятницу");
    const bytes = room
      .saved()
      .slice(-2)
      .map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") }));
    await page.evaluate((given) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of given)
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: transfer }));
    }, bytes);
    await shows(page, "Экзамен в пятницу");
    expect(await violations(page)).toEqual([]);
  }, 90_000);
});
