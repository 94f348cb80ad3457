import { once } from "node:events";
import { connect, createServer } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Api } from "../../adapters/telegram/api.ts";
import { createTelegramCarrier } from "../../adapters/telegram/carrier.ts";
import { createClient } from "../../adapters/telegram/client.ts";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { systemClock } from "../../bridge/clock.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { startTelegramSimulator } from "../../simulators/telegram/server.ts";
import {
  accepted,
  core,
  edited,
  mapping,
  media,
  open,
  post,
  posted,
  ROOM,
  removed,
  sender,
  soon,
  start,
  waiting,
} from "../core.helper.ts";
import { searchBytes } from "../leak/search.helper.ts";
import { CHANNEL_CHAT, chatIn, simulated, TOKEN } from "./simulated.helper.ts";

const TEXT = "КанареечныйТекстОбъявления-7f3a";
const OLD = "ПрежнийТекстКанарейки-51bd";
const NAME = "расписание_для_канарейки_c2d9.pdf";
const CONTENT = "canary-inside-the-file-9e41-0123456789";
const SENDER = "sender-canary-80412673";
const TITLE = "Расписание";
const all = [TEXT, OLD, NAME, CONTENT, SENDER, TITLE];

/** A simulated Telegram, and all bytes that were ever sent to it. */
async function recorded(telegram: ReturnType<typeof simulated>) {
  const running = await startTelegramSimulator({ telegram });
  const pieces: Buffer[] = [];
  const to = new URL(running.url);
  const server = createServer((from) => {
    const on = connect(Number(to.port), to.hostname);
    from.on("data", (piece) => pieces.push(piece));
    from.pipe(on);
    on.pipe(from);
    for (const end of [from, on])
      end.on("error", () => {
        from.destroy();
        on.destroy();
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const root = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const client = createClient({
    token: () => TOKEN,
    root,
    proxy: null,
    ca: null,
    deadlines: { call: 30_000, file: 120_000 },
    clock: systemClock,
  });
  onTestFinished(async () => {
    client.close();
    server.close();
    await running.close();
  });
  return { client, bytes: () => Buffer.concat(pieces) };
}

test("nothing of a sealed room's announcements is in any byte that Telegram is sent", async () => {
  const c = await core({ mappings: [mapping({ senders: [sender(SENDER)] })] });
  const telegram = simulated(c.clock);
  const chat = chatIn(telegram, CHANNEL_CHAT);
  const { client, bytes } = await recorded(telegram);
  let fail = true;
  const api: Api = {
    async call(call, signal) {
      const answer = await client.call(call, signal);
      // Each request once more, as after a lost answer.
      fail = !fail;
      return fail ? answer : { kind: "lost", code: "no_answer" };
    },
  };
  const carrier = createTelegramCarrier({
    name: "telegram.bot",
    api,
    keep: c.bridge.store.kept.of("telegram.bot"),
    chats: [
      {
        room: ROOM,
        home: CHANNEL_CHAT,
        place: () => ({ chat: CHANNEL_CHAT, topic: null }),
        lang: "ru",
        page: () => "https://reader.example/",
      },
    ],
    lib: c.lib,
    disk: systemDisk,
    clock: c.clock,
    limit: 50_000_000,
    failpoints: noFailpoints,
  });
  c.source.files.set("ref", () => open(Buffer.from(`${CONTENT}\n`.repeat(4_000))));
  const tree = createTreeCarrier(systemDisk, path.join(c.folder, "feed"), noFailpoints);
  start(c, {}, [tree, carrier]);
  const about = { sender: sender(SENDER), attachments: [media("ref", { name: NAME })] };
  const settled = async (): Promise<void> => {
    await accepted(c);
    await soon(() => {
      c.clock.advance(1_000);
      expect(waiting(c)).toBe(0);
    });
    const newest = c.bridge.view(ROOM)?.chains.at(-1)?.last;
    await soon(() => {
      c.clock.advance(10_000);
      const buttons = [...chat.messages.values()].map(({ markup }) => JSON.stringify(markup));
      expect(buttons.some((markup) => markup.includes(`.1.0.${newest}.`))).toBe(true);
    });
  };
  c.source.tell(posted(post(1, OLD, about)));
  await settled();
  c.source.tell(edited(1, TEXT, 60_000, about));
  await settled();
  c.source.tell(removed(1));
  await settled();
  await soon(() => {
    c.clock.advance(10_000);
    expect(telegram.journal.entries.some(({ method }) => method === "deleteMessage")).toBe(true);
  });
  const sent = bytes();
  expect(sent.includes("post.psr") && sent.includes("file.psr")).toBe(true);
  expect(searchBytes("telegram", sent, all)).toEqual([]);
  // What goes there in the clear would be seen.
  const { signal } = new AbortController();
  await client.call({ method: "sendMessage", payload: { chat_id: CHANNEL_CHAT, text: TEXT } }, signal);
  expect(searchBytes("telegram", bytes(), all).map(({ canary }) => canary)).toContain(TEXT);
});
