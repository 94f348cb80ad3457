import { expect, test } from "vitest";
import type { Source } from "../../bridge/model/source.ts";
import { follow, maxWorld } from "./max-bot.helper.ts";
import { httpProxy, socksProxy, type TestProxy, trap, type Way } from "./proxy.helper.ts";
import { root, tls } from "./tls.helper.ts";

type World = Awaited<ReturnType<typeof maxWorld>>;

/** Reads a post with a file, and the file. */
async function readOnce(world: World, source: Source): Promise<string> {
  const { control, chatId, clock } = world;
  const told = follow(source);
  await world.until(() => control.stats().updates.waiting > 0);
  clock.advance(1000);
  const { mediaId } = control.addMedia({ bytes: Buffer.from("план").toString("base64") });
  control.publish({
    chatId,
    text: "раз",
    attachments: [{ type: "file", media: mediaId, filename: "a.txt" }],
  });
  await world.until(() => told.texts("posted").includes("раз"));
  const file = told
    .events()
    .flatMap((e) => (e.type === "posted" ? e.post.attachments : []))
    .find((a) => a.type === "media");
  if (file?.type !== "media") throw new Error("no file");
  const opened = await source.media(file.ref, 1000, new AbortController().signal);
  await told.stop();
  if (opened.kind !== "open") return opened.kind;
  const pieces: Uint8Array[] = [];
  for await (const piece of opened.stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

interface Kind {
  readonly name: string;
  readonly make: (way?: Way) => Promise<TestProxy>;
  readonly url: (port: number) => string;
  /** What the proxy is to be told of its user. */
  readonly known?: string;
}

const proxies: readonly Kind[] = [
  {
    name: "http",
    make: (way) => httpProxy({ secure: false, ...at(way) }),
    url: (port) => `http://127.0.0.1:${port}`,
  },
  {
    name: "http with a password",
    make: (way) => httpProxy({ secure: false, ...at(way) }),
    url: (port) => `http://dean:s%40cret@127.0.0.1:${port}`,
    known: `Basic ${Buffer.from("dean:s@cret").toString("base64")}`,
  },
  {
    name: "https",
    make: (way) => httpProxy({ secure: true, ...at(way) }),
    url: (port) => `https://localhost:${port}`,
  },
  { name: "socks5", make: (way) => socksProxy(null, way), url: (port) => `socks5://127.0.0.1:${port}` },
  {
    name: "socks5 with a password",
    make: (way) => socksProxy("s@cret", way),
    url: (port) => `socks5://dean:s%40cret@127.0.0.1:${port}`,
    known: "dean:s@cret",
  },
];
const at = (way: Way | undefined) => (way === undefined ? {} : { way });

test.each(proxies)("$name proxy: questions and media go through it, nothing goes directly", async (kind) => {
  // The only address the source is given is a trap; the proxy alone knows the way round it.
  const direct = await trap();
  const world = await maxWorld({ publicUrl: `http://127.0.0.1:${direct.port}` });
  const proxy = await kind.make((port) =>
    port === direct.port ? Number(new URL(world.max.url).port) : port,
  );
  const baseUrl = `http://127.0.0.1:${direct.port}`;
  const source = world.source({ baseUrl, proxy: kind.url(proxy.port), ca: root });
  expect(await readOnce(world, source)).toBe("план");
  expect(new Set(proxy.targets)).toEqual(new Set([`127.0.0.1:${direct.port}`]));
  expect(direct.met()).toBe(0);
  if (kind.known !== undefined) expect(new Set(proxy.credentials)).toEqual(new Set([kind.known]));
  expect(world.control.stats().mediaWithToken).toBe(0);
});

test("a source without a proxy does go directly, so that the trap is no empty proof", async () => {
  const direct = await trap();
  const world = await maxWorld();
  const told = follow(world.source({ baseUrl: `http://127.0.0.1:${direct.port}` }));
  await world.until(() => told.troubles().length > 0);
  expect(direct.met()).toBeGreaterThan(0);
});

test.each(["http", "socks5"])(
  "behind a %s proxy the name of the host is resolved by the proxy",
  async (scheme) => {
    const world = await maxWorld();
    const real = Number(new URL(world.max.url).port);
    const proxy =
      scheme === "http"
        ? await httpProxy({ secure: false, way: () => real })
        : await socksProxy(null, () => real);
    const told = follow(
      world.source({ baseUrl: "http://max.invalid", proxy: `${scheme}://127.0.0.1:${proxy.port}` }),
    );
    await world.until(() => told.events().some((e) => e.type === "baseline"));
    expect(new Set(proxy.targets)).toEqual(new Set(["max.invalid:80"]));
  },
);

test.each([
  ["http", (port: number) => `http://127.0.0.1:${port}`],
  ["socks5", (port: number) => `socks5://127.0.0.1:${port}`],
])("a %s proxy that is not there is named as the trouble, and nothing goes directly", async (_name, url) => {
  const world = await maxWorld();
  const told = follow(world.source({ proxy: url(1) }));
  await world.until(() => told.troubles().length > 0);
  expect(told.troubles()[0]).toBe("proxy");
  expect(world.control.stats().requests).toBe(0);
});

test("a SOCKS5 proxy that refuses the password is named as the trouble", async () => {
  const proxy = await socksProxy("right");
  const world = await maxWorld();
  const told = follow(world.source({ proxy: `socks5://dean:wrong@127.0.0.1:${proxy.port}` }));
  await world.until(() => told.troubles().length > 0);
  expect(told.troubles()[0]).toBe("proxy");
  expect(world.control.stats().requests).toBe(0);
});

test("a private root is trusted by the source it was given to, and by no other", async () => {
  const world = await maxWorld({ tls });
  const other = follow(world.source());
  await world.until(() => other.troubles().length > 0);
  expect(other.troubles()[0]).toBe("tls");
  expect(await readOnce(world, world.source({ ca: root }))).toBe("план");
  await world.until(() => other.troubles().length > 1);
  expect(new Set(other.troubles())).toEqual(new Set(["tls"]));
  await expect(fetch(world.max.url)).rejects.toThrow();
});

test.each(proxies.filter(({ known }) => known === undefined))(
  "behind a proxy ($name) a private root is trusted, too, and only where it was given",
  async (kind) => {
    const proxy = await kind.make();
    const world = await maxWorld({ tls });
    const way = { baseUrl: world.max.url.replace("127.0.0.1", "localhost"), proxy: kind.url(proxy.port) };
    expect(await readOnce(world, world.source({ ...way, ca: root }))).toBe("план");
    const told = follow(world.source(way));
    await world.until(() => told.troubles().length > 0);
    expect(told.troubles()[0]).toBe("tls");
  },
);
