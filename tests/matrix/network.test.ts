import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openHomeserver } from "../../adapters/matrix/client.ts";
import { login, logout } from "../../adapters/matrix/login.ts";
import { createMembers } from "../../adapters/matrix/members.ts";
import { path } from "../../adapters/matrix/path.ts";
import { createRoom } from "../../adapters/matrix/rooms-api.ts";
import { createSync } from "../../adapters/matrix/sync.ts";
import { systemClock, systemRandom } from "../../bridge/clock.ts";
import { environment, type Homeserver, startHomeserver } from "../e2e/matrix/homeserver.helper.ts";
import { httpProxy, socksProxy, type TestProxy, trap, type Way } from "../max-bot/proxy.helper.ts";
import { root } from "../max-bot/tls.helper.ts";
import { got, never, soon, wish } from "./world.helper.ts";

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

describe.skipIf(environment === null)("an account behind a proxy, on a real homeserver", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  /** A whole life of an account at `baseUrl`: login, room, sync, upload, send and its repeat, shutdown. */
  async function live(baseUrl: string, proxy: string | null): Promise<void> {
    const { user, password } = await server.register("bot");
    const way = openHomeserver({ baseUrl, proxy, ca: root, clock: systemClock });
    onTestFinished(() => way.close());
    const o = { deviceName: "Laptop", random: systemRandom, known: null };
    const session = got(await login(way, { kind: "password", user, password }, o, never));
    const api = way.api(session.token);
    const room = got(await createRoom(api, session.user, wish, never));
    let place: string | null = null;
    let heard = 0;
    const end = new AbortController();
    const run = createSync({
      api,
      bot: session.user,
      engine: { receive: async () => {}, flush: async () => null, rotate: async () => {} },
      members: createMembers(api, session.user, systemClock),
      place: {
        get: () => place,
        put: (next) => {
          place = next;
        },
      },
      rooms: () => new Set([room]),
      chats: () => new Set(),
      listener: {
        status: (status) => {
          if (status.kind === "heard") heard++;
        },
        room: async () => {},
        invitation: async () => {},
        chat: async () => {},
      },
      clock: systemClock,
      random: systemRandom,
    }).run(end.signal);
    await soon(() => expect(heard).toBeGreaterThan(0));
    // The server holds a sync meanwhile: it must not stand in the way of the others.
    async function* file(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 32; i++) yield new Uint8Array(2 ** 16);
    }
    const stream = { from: file(), size: 2 ** 21, type: "application/octet-stream" };
    expect(await api.call({ method: "POST", path: "/_matrix/media/v3/upload", stream }, never)).toMatchObject(
      {
        kind: "ok",
      },
    );
    const at = path`/_matrix/client/v3/rooms/${room}/send/m.room.encrypted/${"t"}`;
    const sent = await Promise.all(
      [1, 2].map(() => api.call({ method: "PUT", path: at, body: { ciphertext: "…" } }, never)),
    );
    expect(sent[0]).toMatchObject({ kind: "ok", body: { event_id: expect.stringMatching(/^\$/) } });
    expect(sent[1]).toEqual(sent[0]);
    const before = heard;
    await api.call({ method: "PUT", path: `${at}2`, body: { ciphertext: "…" } }, never);
    await soon(() => expect(heard).toBeGreaterThan(before));
    end.abort();
    expect(await run).toBe("stopped");
    got(await logout(api, never));
    await way.close();
    expect(await api.call({ method: "GET", path: "/_matrix/client/versions" }, never)).toMatchObject({
      kind: "lost",
    });
  }

  test.each(proxies)("$name: everything goes through it, nothing goes directly", async (kind) => {
    // The only address the account is given is a trap; the proxy alone knows the way round it.
    const direct = await trap();
    const proxy = await kind.make((port) => (port === direct.port ? server.port : port));
    await live(`http://127.0.0.1:${direct.port}`, kind.url(proxy.port));
    expect(new Set(proxy.targets)).toEqual(new Set([`127.0.0.1:${direct.port}`]));
    expect(direct.met()).toBe(0);
    if (kind.known !== undefined) expect(new Set(proxy.credentials)).toEqual(new Set([kind.known]));
  });

  test("an account without a proxy does go directly, so that the trap is no empty proof", async () => {
    const direct = await trap();
    const way = openHomeserver({
      baseUrl: `http://127.0.0.1:${direct.port}`,
      proxy: null,
      ca: null,
      clock: systemClock,
    });
    onTestFinished(() => way.close());
    await way.api("t").call({ method: "GET", path: "/_matrix/client/versions" }, never);
    expect(direct.met()).toBeGreaterThan(0);
    await live(server.url, null);
  });

  test.each([
    ["http", (way: Way) => httpProxy({ secure: false, way })],
    ["socks5", (way: Way) => socksProxy(null, way)],
  ] as const)("behind a %s proxy the name of the server is resolved by the proxy", async (scheme, make) => {
    const proxy = await make(() => server.port);
    await live("http://matrix.invalid", `${scheme}://127.0.0.1:${proxy.port}`);
    expect(new Set(proxy.targets)).toEqual(new Set(["matrix.invalid:80"]));
  });

  test("a proxy that goes away takes the account with it: nothing finds another way", async () => {
    const direct = await trap();
    let there = true;
    const proxy = await httpProxy({ secure: false, way: () => (there ? server.port : 1) });
    const way = openHomeserver({
      baseUrl: `http://127.0.0.1:${direct.port}`,
      proxy: `http://127.0.0.1:${proxy.port}`,
      ca: null,
      clock: systemClock,
    });
    onTestFinished(() => way.close());
    const ask = () => way.api(null).call({ method: "GET", path: "/_matrix/client/versions" }, never);
    expect(await ask()).toMatchObject({ kind: "ok" });
    there = false;
    await server.stop();
    await soon(async () => expect(await ask()).toMatchObject({ kind: "lost" }));
    for (let i = 0; i < 5; i++) expect(await ask()).toMatchObject({ kind: "lost" });
    expect(direct.met()).toBe(0);
    await server.start();
  });
});
