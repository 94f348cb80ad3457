import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type FeedServerOptions, startFeedServer } from "../../adapters/web/feed/server.ts";
import { HandClock } from "../hand-clock.helper.ts";

const ROOM = "00112233445566778899aabbccddeeff";
const FILE = "ffeeddccbbaa99887766554433221100";

/** A head's bytes at a place, as far as the server looks at them. */
function head(serial: number, restart: number, seq: number): Uint8Array {
  const bytes = new Uint8Array(143);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, serial);
  view.setUint8(6, restart);
  view.setBigUint64(23, BigInt(seq));
  return bytes;
}

async function start(options: Partial<FeedServerOptions> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-feed-"));
  const own = path.join(folder, ROOM);
  await mkdir(path.join(own, "s", "1.0"), { recursive: true });
  await mkdir(path.join(own, "f"));
  await writeFile(path.join(own, "head"), head(1, 0, 4));
  await writeFile(path.join(own, "cert"), "certificates");
  await writeFile(path.join(own, "s", "1.0", "0"), "0123456789");
  await writeFile(path.join(own, "f", FILE), "sealed file");
  await writeFile(path.join(folder, "secret"), "not to be served");
  const clock = new HandClock();
  const feed = await startFeedServer({
    folder,
    host: "127.0.0.1",
    port: 0,
    limits: { requestsPerMinute: 100, streams: 3 },
    trustProxy: null,
    reader: { html: "<!doctype html>page", worker: "worker", manifest: "{}" },
    origins: [],
    clock,
    ...options,
  });
  onTestFinished(async () => {
    await feed.close();
    await rm(folder, { recursive: true, force: true });
  });
  const base = `http://127.0.0.1:${feed.port}`;
  return { feed, folder, own, clock, base, get: (p: string, init?: RequestInit) => fetch(base + p, init) };
}

test("the tree is served to any page, with no cookie and nothing that names the server", async () => {
  const { get } = await start();
  for (const [place, text] of [
    [`/${ROOM}/cert`, "certificates"],
    [`/${ROOM}/s/1.0/0`, "0123456789"],
    [`/${ROOM}/f/${FILE}`, "sealed file"],
  ] as const) {
    const answer = await get(place);
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("server")).toBeNull();
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("no answer says what serves here or repeats what was asked, whatever was asked", async () => {
  const { feed } = await start();
  const asked = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(feed.port, "127.0.0.1", () => socket.write(bytes));
      let answer = "";
      socket.setEncoding("latin1");
      socket.on("data", (piece: string) => {
        answer += piece;
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(answer));
    });
  const request = (line: string, more = "") =>
    `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${more}\r\n`;
  const answers = await Promise.all(
    [
      request("GET /%ff-canary"),
      request("GET /canary"),
      request("POST /canary"),
      request("DELETE /canary"),
      `${request("POST /canary", "content-type: text/canary\r\ncontent-length: 2\r\n")}{}`,
      request("GET /", `x: ${"canary".repeat(20_000)}\r\n`),
      "canary\r\n\r\n",
    ].map(asked),
  );
  expect(answers.map((a) => Number(/^HTTP\/1\.1 (\d+)/.exec(a)?.[1]))).toEqual([
    400, 404, 404, 404, 404, 431, 400,
  ]);
  for (const answer of answers)
    expect(answer).not.toMatch(/canary|fst_|fastify|statusCode|application\/json/i);
});

test("requests that cannot be read count for the limit of their address too", async () => {
  const { get } = await start({ limits: { requestsPerMinute: 3, streams: 3 } });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await get("/%ff")).status);
  expect(statuses).toEqual([400, 400, 400, 429, 429]);
});

test("a range from N on gives the bytes from N, and beyond the end says that there is nothing new", async () => {
  const { get } = await start();
  const from = (n: number) => get(`/${ROOM}/s/1.0/0`, { headers: { range: `bytes=${n}-` } });
  const part = await from(4);
  expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([
    206,
    "456789",
    "bytes 4-9/10",
  ]);
  expect((await from(10)).status).toBe(416);
});

test("nothing outside the tree can be reached", async () => {
  const { get } = await start();
  for (const place of [
    "/secret",
    `/${ROOM}/../secret`,
    `/${ROOM}/..%2fsecret`,
    `/${ROOM}/s/1.0/..`,
    `/${ROOM}/`,
    "/../etc/passwd",
  ])
    expect((await get(place)).status, place).toBe(404);
});

test("a question for what comes after the head is held until the head has moved on", async () => {
  const { get, own, feed } = await start();
  expect((await get(`/${ROOM}/head?after=1.0.3`)).status).toBe(200);
  const held = get(`/${ROOM}/head?after=1.0.4`);
  const other = get(`/${ROOM}/cert`);
  expect((await other).status).toBe(200);
  await writeFile(path.join(own, "head"), head(1, 1, 0));
  // Told until it answers: the request may still be on its way when the first word is said.
  const ringing = setInterval(() => feed.changed(ROOM), 5);
  const bytes = new Uint8Array(await (await held).arrayBuffer());
  clearInterval(ringing);
  expect(bytes).toEqual(head(1, 1, 0));
});

test("an address that asks too often or holds too much is told to wait, others are served", async () => {
  const { base, clock } = await start({
    limits: { requestsPerMinute: 5, streams: 2 },
    trustProxy: "x-real-ip",
  });
  const ask = (ip: string) => fetch(`${base}/${ROOM}/cert`, { headers: { "x-real-ip": ip } });
  for (let i = 0; i < 5; i++) expect((await ask("192.0.2.1")).status).toBe(200);
  const refused = await ask("192.0.2.1");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask("192.0.2.2")).status).toBe(200);
  clock.advance(60_000);
  expect((await ask("192.0.2.1")).status).toBe(200);
});

test("readers leave no trace: no file is written and nothing is printed", async () => {
  const written: string[] = [];
  const restore = [process.stdout, process.stderr].map((stream) => {
    const before = stream.write;
    stream.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0;
    return () => {
      stream.write = before;
    };
  });
  try {
    const { get, folder } = await start();
    const before = await readdir(folder, { recursive: true });
    await get(`/${ROOM}/cert`);
    await get(`/${ROOM}/nonsense`);
    await get("/");
    expect(await readdir(folder, { recursive: true })).toEqual(before);
    expect(written.join("")).not.toMatch(/127\.0\.0\.1|cert|nonsense/);
  } finally {
    for (const undo of restore) undo();
  }
});

test("the page is served with the headers that no meta element can give, and only where it is wanted", async () => {
  const origins = ["https://mirror.example.org/room", "https://mirror.example.org", "http://127.0.0.1:1/x"];
  const { get } = await start({ origins });
  const page = await get("/");
  expect(await page.text()).toContain("page");
  expect(page.headers.get("content-security-policy")).toBe(
    "frame-ancestors 'none'; connect-src 'self' https://mirror.example.org http://127.0.0.1:1",
  );
  expect(page.headers.get("referrer-policy")).toBe("no-referrer");
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect((await get("/worker.js")).headers.get("content-type")).toContain("javascript");
  expect((await get("/manifest.webmanifest")).headers.get("content-type")).toContain("manifest+json");
  const bare = await start({ reader: null });
  expect((await bare.get("/")).status).toBe(404);
});
