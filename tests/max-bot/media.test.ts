import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import type { z } from "zod";
import { MediaRef } from "../../bridge/model/ids.ts";
import type { RawMedia } from "../../bridge/model/post.ts";
import type { MediaOutcome } from "../../bridge/model/source.ts";
import type { PublishInput } from "../../simulators/max/inputs.ts";
import { maxWorld } from "./max-bot.helper.ts";

type Attachments = NonNullable<z.input<typeof PublishInput>["attachments"]>;
type World = Awaited<ReturnType<typeof maxWorld>>;
const signal = () => new AbortController().signal;

/** Publishes a post with attachments and reads it. */
async function posted(world: World, attachments: Attachments, over: object = {}) {
  const told = await world.started();
  const { mid } = world.control.publish({ chatId: world.chatId, text: "раз", attachments, ...over });
  await world.until(() => told.texts("posted").length === 1);
  const [event] = told.events().flatMap((e) => (e.type === "posted" ? [e] : []));
  const all = [...(event?.post.attachments ?? []), ...(event?.post.forward?.attachments ?? [])];
  const media = all.filter((a): a is RawMedia => a.type === "media");
  const [first] = media;
  if (first === undefined) throw new Error("no media");
  return { told, mid, media, first };
}

async function read(outcome: MediaOutcome): Promise<number | string> {
  if (outcome.kind !== "open") return outcome.kind;
  let size = 0;
  for await (const piece of outcome.stream) size += piece.length;
  return size;
}

const add = (world: World, size: number) =>
  world.control.addMedia({ generated: { size, seed: size } }).mediaId;
const large = 10_000;

test("an expired link is fetched anew by its message, with the same bytes; a message that is gone has none", async () => {
  const world = await maxWorld();
  const { first, mid } = await posted(world, [{ type: "file", media: add(world, 700) }]);
  const source = world.source();
  world.control.expireMedia({});
  expect(await read(await source.media(first.ref, large, signal()))).toBe(700);
  expect(world.control.requests({ path: `/messages/${mid}` })).toHaveLength(1);
  world.control.expireMedia({});
  world.control.remove({ mid });
  expect(await read(await source.media(first.ref, large, signal()))).toBe("gone");
});

test("without rights for a while, an attachment whose link expired comes when they are back", async () => {
  const world = await maxWorld();
  const { first } = await posted(world, [{ type: "file", media: add(world, 700) }]);
  const source = world.source();
  world.control.expireMedia({});
  world.control.setBot({ chatId: world.chatId, admin: false });
  expect((await source.media(first.ref, large, signal())).kind).toBe("retry");
  world.control.setBot({ chatId: world.chatId, admin: true });
  expect(await read(await source.media(first.ref, large, signal()))).toBe(700);
});

test.each(["image", "audio", "file"] as const)(
  "the page of a proxy in place of a medium (%s) is no medium: it is asked for again",
  async (type) => {
    const world = await maxWorld();
    const { first } = await posted(world, [{ type, media: add(world, 700) }]);
    world.control.fault({ path: "/media/*", fault: { kind: "html" } });
    const source = world.source();
    expect((await source.media(first.ref, large, signal())).kind).toBe("retry");
    expect(await read(await source.media(first.ref, large, signal()))).toBe(700);
  },
);

test("a file that is a page itself is taken", async () => {
  const world = await maxWorld();
  const page = new TextEncoder().encode("<!doctype html><p>План");
  const { mediaId } = world.control.addMedia({ bytes: page, contentType: "text/html" });
  const { first } = await posted(world, [{ type: "file", media: mediaId }]);
  expect(await read(await world.source().media(first.ref, large, signal()))).toBe(page.length);
});

test("of several attachments the right one is fetched anew", async () => {
  const world = await maxWorld();
  const sizes = [100, 200, 300];
  const { media } = await posted(
    world,
    sizes.map((size) => ({ type: "image", media: add(world, size) })),
  );
  world.control.expireMedia({});
  const source = world.source();
  const got = await Promise.all(media.map(async (m) => read(await source.media(m.ref, large, signal()))));
  expect(got).toEqual(sizes);
});

test("what a forward brings is fetched anew by the outer message, with and without a body", async () => {
  for (const bodiless of [false, true]) {
    const world = await maxWorld();
    const attachments: Attachments = [{ type: "file", media: add(world, 700) }];
    const told = await world.started();
    world.control.publish({
      chatId: world.chatId,
      forward: { chatId: "-5", text: "чужое", attachments },
      bodiless,
    });
    await world.until(() => told.events().some((e) => e.type === "posted"));
    const event = told.events().find((e) => e.type === "posted");
    const file = event?.type === "posted" ? event.post.forward?.attachments[0] : undefined;
    if (file?.type !== "media") throw new Error("no file");
    world.control.expireMedia({});
    expect(await read(await world.source().media(file.ref, large, signal()))).toBe(700);
  }
});

test("of a video the best quality within the limit is taken", async () => {
  const world = await maxWorld();
  const qualities = {
    mp4_144: add(world, 100),
    mp4_1080: add(world, 4000),
    mp4_480: add(world, 900),
    hls: add(world, 5),
  };
  const { first } = await posted(world, [{ type: "video", media: add(world, 1), qualities }]);
  const source = world.source();
  const within = async (limit: number) => read(await source.media(first.ref, limit, signal()));
  expect(await within(large)).toBe(4000);
  expect(await within(3999)).toBe(900);
  expect(await within(900)).toBe(900);
  expect(await within(100)).toBe(100);
  expect(await within(99)).toBe("too_large");
});

test("a video that MAX is still preparing is asked for later", async () => {
  const world = await maxWorld();
  const { first } = await posted(world, [{ type: "video", media: add(world, 50) }]);
  world.control.set({ videoUrls: false });
  const source = world.source();
  const outcome = await source.media(first.ref, large, signal());
  expect(outcome).toEqual({ kind: "retry", at: world.clock.now() + 30_000 });
  world.control.set({ videoUrls: true });
  expect(await read(await source.media(first.ref, large, signal()))).toBe(50);
  world.control.fault({
    path: "/videos/*",
    fault: { kind: "status", status: 400, code: "attachment.not.ready" },
  });
  expect((await source.media(first.ref, large, signal())).kind).toBe("retry");
});

test("a file larger than the limit is not begun", async () => {
  const world = await maxWorld();
  const { first } = await posted(world, [{ type: "file", media: add(world, 700), size: 5 }]);
  expect(await world.source().media(first.ref, 699, signal())).toEqual({ kind: "too_large", size: 700 });
});

test.each([
  ["rate_limit", { kind: "rate_limit", retryAfter: 90 }, 90_000],
  ["500", { kind: "status", status: 500 }, 5000],
  ["reset", { kind: "reset" }, 5000],
] as const)("%s on a media link: later, never gone", async (_name, fault, wait) => {
  const world = await maxWorld();
  const { first } = await posted(world, [{ type: "file", media: add(world, 700) }]);
  const source = world.source();
  world.control.fault({ path: "/media/*", fault });
  expect(await source.media(first.ref, large, signal())).toEqual({
    kind: "retry",
    at: world.clock.now() + wait,
  });
  expect(await read(await source.media(first.ref, large, signal()))).toBe(700);
});

test.each([
  ["before the first byte", { kind: "hang" }, "retry"],
  ["in the middle", { kind: "slow", chunk: 300, pauseMs: 1e9 }, "broken off"],
] as const)(
  "a media link that falls silent %s is given up after half a minute",
  async (_name, fault, end) => {
    const world = await maxWorld();
    const { first } = await posted(world, [{ type: "file", media: add(world, 700) }]);
    world.control.fault({ path: "/media/*", fault });
    let ended: number | string = "";
    const reading = world.source().media(first.ref, large, signal());
    const outcome = reading.then(read).catch(() => "broken off");
    void outcome.then((how) => {
      ended = how;
    });
    await world.control.whenRequested("/media/*", 1);
    if (fault.kind === "slow") await reading;
    for (let i = 0; i < 29; i++) {
      world.clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(ended).toBe("");
    await world.until(() => {
      world.clock.advance(1000);
      return ended !== "";
    });
    expect(ended).toBe(end);
  },
);

test("a link that expires while MAX cannot be asked is tried again later", async () => {
  const world = await maxWorld();
  const { first } = await posted(world, [{ type: "file", media: add(world, 700) }]);
  world.control.expireMedia({});
  world.control.fault({ path: "/messages/*", fault: { kind: "status", status: 503 } });
  expect((await world.source().media(first.ref, large, signal())).kind).toBe("retry");
});

/** A server that redirects, and notes what it was told. */
async function redirecting(to: (path: string) => string) {
  const tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(302, { location: to(request.url ?? "/") }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, tokens };
}

test("redirects are followed a few steps, and the token goes to MAX alone", async () => {
  const world = await maxWorld();
  const { first } = await posted(world, [{ type: "file", media: add(world, 700) }]);
  const source = world.source();
  const link = /"url":"([^"]+)"/.exec(first.ref)?.[1] ?? "";
  const at = (url: string) => ({ ...first, ref: MediaRef.parse(first.ref.replace(link, url)) });
  const once = await redirecting(() => link);
  expect(await read(await source.media(at(`${once.url}/a`).ref, large, signal()))).toBe(700);
  const twice = await redirecting(() => `${once.url}/b`);
  expect(await read(await source.media(at(`${twice.url}/a`).ref, large, signal()))).toBe(700);
  const round = await redirecting((path) => `${path}x`);
  expect(await read(await source.media(at(`${round.url}/a`).ref, large, signal()))).toBe("gone");
  expect(round.tokens.length).toBeLessThan(6);
  const elsewhere = await redirecting(() => "file:///etc/hostname");
  expect(await read(await source.media(at(`${elsewhere.url}/a`).ref, large, signal()))).toBe("gone");
  for (const { tokens } of [once, twice, round, elsewhere])
    expect(new Set(tokens)).toEqual(new Set([undefined]));
  expect(world.control.stats().mediaWithToken).toBe(0);
});

test("a video without a token is not taken for the page that plays it", async () => {
  const world = await maxWorld();
  const json = { type: "video", payload: { url: `${world.max.url}/watch/1` } };
  const { first } = await posted(world, [{ type: "raw", json }]);
  expect(await read(await world.source().media(first.ref, large, signal()))).toBe("gone");
});
