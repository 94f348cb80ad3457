import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type BotReport, createBot } from "../../adapters/telegram/bot.ts";
import { ChatId } from "../../adapters/telegram/ids.ts";
import { createFrame } from "../../bridge/chat/frame.ts";
import { systemClock, systemRandom } from "../../bridge/clock.ts";
import { BotName } from "../../bridge/model/ids.ts";
import { type RunningTelegram, startTelegramSimulator } from "../../simulators/telegram/server.ts";
import { listener } from "../matrix/listener.helper.ts";
import { httpProxy, socksProxy, type TestProxy, trap, type Way } from "../max-bot/proxy.helper.ts";
import { root } from "../max-bot/tls.helper.ts";
import { FACULTY, memoryKeep, never, room } from "./bot.helper.ts";

interface Kind {
  readonly name: string;
  readonly make: (way: Way) => Promise<TestProxy>;
  readonly url: (port: number) => string;
  /** What the proxy is to be told of its user. */
  readonly known?: string;
}

const proxies: readonly Kind[] = [
  {
    name: "http",
    make: (way) => httpProxy({ secure: false, way }),
    url: (port) => `http://127.0.0.1:${port}`,
  },
  {
    name: "https with a password",
    make: (way) => httpProxy({ secure: true, way }),
    url: (port) => `https://dean:s%40cret@localhost:${port}`,
    known: `Basic ${Buffer.from("dean:s@cret").toString("base64")}`,
  },
  { name: "socks5", make: (way) => socksProxy(null, way), url: (port) => `socks5://127.0.0.1:${port}` },
  {
    name: "socks5 with a password",
    make: (way) => socksProxy("s@cret", way),
    url: (port) => `socks5://dean:s%40cret@127.0.0.1:${port}`,
    known: "dean:s@cret",
  },
];

const soon = { timeout: 5_000, interval: 10 };

describe("a bot behind a proxy", () => {
  let telegram: RunningTelegram;
  let chat: ChatId;
  let port: number;
  beforeEach(async () => {
    telegram = await startTelegramSimulator();
    onTestFinished(() => telegram.close());
    chat = ChatId.parse(telegram.control.createChat({ title: "Faculty" }).chatId);
    port = Number(new URL(telegram.url).port);
  });

  const open = (apiRoot: string, proxy: string | null) => {
    const told: BotReport[] = [];
    const bot = createBot({
      name: BotName.parse("campus"),
      token: () => telegram.token,
      settings: { apiRoot, proxy, ca: root, deadlines: { call: 5_000, file: 5_000 } },
      keep: memoryKeep(),
      rooms: [room({ chat })],
      frame: createFrame("en"),
      admins: [],
      report: (report) => told.push(report),
      clock: systemClock,
      random: systemRandom,
    });
    onTestFinished(() => bot.close());
    return { bot, told };
  };
  const text = () => ({ method: "sendMessage", payload: { chat_id: chat, text: "Exam" } });

  /** A whole life: start, text, upload, a call that failed and is repeated, shutdown. */
  async function live(apiRoot: string, proxy: string | null): Promise<void> {
    const { bot } = open(apiRoot, proxy);
    const end = new AbortController();
    const running = bot.run(end.signal);
    await vi.waitFor(() => expect(bot.place(FACULTY)).not.toBeNull(), soon);
    expect(await bot.api.call(text(), never)).toMatchObject({ kind: "ok" });
    async function* file(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 16; i++) yield new Uint8Array(2 ** 16);
    }
    // Each to a chat of its own, since one takes a message a second.
    const document = () => ({
      method: "sendDocument",
      payload: { chat_id: telegram.control.createChat({}).chatId, document: "attach://f" },
      uploads: new Map([["f", { name: "Plan.pdf", open: file }]]),
    });
    telegram.control.fault({ method: "sendDocument", fault: { kind: "dropped" } });
    expect((await bot.api.call(document(), never)).kind).toBe("lost");
    expect(await bot.api.call(document(), never)).toMatchObject({ kind: "ok" });
    end.abort();
    await running;
    bot.close();
    expect(telegram.control.chat({ chatId: chat }).messages).toHaveLength(1);
  }

  test.each(proxies)("$name: everything goes through it, nothing goes directly", async (kind) => {
    // The only address the bot is given is a trap; the proxy alone knows the way round it.
    const direct = await trap();
    const proxy = await kind.make((to) => (to === direct.port ? port : to));
    await live(`http://127.0.0.1:${direct.port}`, kind.url(proxy.port));
    expect(new Set(proxy.targets)).toEqual(new Set([`127.0.0.1:${direct.port}`]));
    expect(direct.met()).toBe(0);
    if (kind.known !== undefined) expect(new Set(proxy.credentials)).toEqual(new Set([kind.known]));
  });

  test("a bot without a proxy does go directly, so that the trap is no empty proof", async () => {
    const direct = await trap();
    await open(`http://127.0.0.1:${direct.port}`, null).bot.meet(never);
    expect(direct.met()).toBeGreaterThan(0);
    await live(telegram.url, null);
  });

  test.each([
    ["http", (way: Way) => httpProxy({ secure: false, way })],
    ["socks5", (way: Way) => socksProxy(null, way)],
    ["socks5h", (way: Way) => socksProxy(null, way)],
  ] as const)("behind a %s proxy the name of the server is resolved by the proxy", async (scheme, make) => {
    const proxy = await make(() => port);
    const { bot } = open("http://telegram.invalid", `${scheme}://127.0.0.1:${proxy.port}`);
    expect(await bot.meet(never)).toBeNull();
    expect(new Set(proxy.targets)).toEqual(new Set(["telegram.invalid:80"]));
  });

  test("a proxy that is not there, or makes no tunnel, leaves no other way: certainly nothing was sent", async () => {
    const direct = await trap();
    const apiRoot = `http://127.0.0.1:${direct.port}`;
    // It answers as Telegram would: that is not to be taken for Telegram's answer.
    const forging = await listener(() => {});
    const refusing = await httpRefusing('{"ok":true,"result":{"id":1,"username":"forged"}}');
    for (const proxy of [
      "http://127.0.0.1:1",
      "socks5://127.0.0.1:1",
      `socks5://127.0.0.1:${forging.port}`,
      `http://127.0.0.1:${refusing}`,
    ]) {
      const { bot } = open(apiRoot, proxy);
      if (!proxy.includes(String(forging.port)))
        expect(await bot.api.call(text(), never)).toEqual({ kind: "unreached", code: "proxy" });
      else expect((await bot.api.call({ ...text(), deadline: 200 }, never)).kind).not.toBe("ok");
    }
    expect(direct.met()).toBe(0);
  });

  test("a proxy that goes away takes the bot with it, and is told by its code", async () => {
    const direct = await trap();
    let there = true;
    const proxy = await httpProxy({ secure: false, way: () => (there ? port : 1) });
    const { bot, told } = open(`http://127.0.0.1:${direct.port}`, `http://127.0.0.1:${proxy.port}`);
    const end = new AbortController();
    const running = bot.run(end.signal);
    await vi.waitFor(() => expect(bot.state().heardAt).not.toBeNull(), soon);
    there = false;
    await telegram.listening(false);
    await vi.waitFor(() => expect(told.some(({ kind }) => kind === "trouble")).toBe(true), soon);
    for (let i = 0; i < 2; i++) expect((await bot.api.call(text(), never)).kind).not.toBe("ok");
    end.abort();
    await running;
    expect(direct.met()).toBe(0);
  });
});

/** A proxy that refuses every tunnel with this body. */
async function httpRefusing(body: string): Promise<number> {
  const { createServer } = await import("node:http");
  const server = createServer();
  server.on("connect", (_request, socket) => {
    socket.end(
      `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
