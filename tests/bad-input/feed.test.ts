import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startFeedServer } from "../../adapters/web/feed/server.ts";
import { HandClock } from "../hand-clock.helper.ts";

const ROOM = "00112233445566778899aabbccddeeff";
const SECRET = "not to be served";

async function start() {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-feed-"));
  await mkdir(path.join(folder, ROOM, "s", "1.0"), { recursive: true });
  await writeFile(path.join(folder, ROOM, "head"), new Uint8Array(143));
  await writeFile(path.join(folder, ROOM, "cert"), "0123456789");
  await writeFile(path.join(folder, "secret"), SECRET);
  const feed = await startFeedServer({
    folder,
    host: "127.0.0.1",
    port: 0,
    limits: { requestsPerMinute: 1000, streams: 3 },
    trustProxy: "x-forwarded-for",
    reader: null,
    origins: [],
    clock: new HandClock(),
  });
  onTestFinished(async () => {
    await feed.close();
    await rm(folder, { recursive: true, force: true });
  });
  /** Sends bytes as they stand; gives what comes back and its status, 0 where the line was closed without one. */
  return (text: string): Promise<{ readonly status: number; readonly answer: string }> =>
    new Promise((resolve) => {
      const socket = connect(feed.port, "127.0.0.1");
      let answer = "";
      socket.on("data", (piece) => {
        answer += piece.toString("latin1");
      });
      socket.on("error", () => {});
      socket.on("close", () =>
        resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), answer }),
      );
      socket.write(text);
    });
}

const get = (place: string, ...headers: readonly string[]): string =>
  [`GET ${place} HTTP/1.1`, "host: feed", "connection: close", ...headers, "", ""].join("\r\n");
const cert = `/${ROOM}/cert`;
const write = (method: string, length: number, body: string): string =>
  get(cert, "content-type: application/json", `content-length: ${length}`).replace("GET", method) + body;

const cases: readonly (readonly [name: string, request: string, ...statuses: number[]])[] = [
  ["a path that leads up", get(`/${ROOM}/../secret`), 404],
  ["a path that leads up, escaped", get(`/${ROOM}/%2e%2e/secret`), 404],
  ["a path that leads up, escaped twice", get(`/${ROOM}/%252e%252e/secret`), 404],
  ["a path with backslashes", get(`/${ROOM}\\..\\secret`), 404],
  ["a path with a NUL", get(`/${ROOM}/cert%00.png`), 404],
  ["two slashes", get(`//${ROOM}//cert`), 404],
  ["a host in place of a path", get("http://evil.example/"), 404],
  ["brackets in place of a host", get("//["), 404],
  ["an escape that is none", get("/%"), 400, 404],
  ["an escape that is no UTF-8", get("/%ff%fe"), 400, 404],
  ["a room in capitals", get(cert.toUpperCase()), 404],
  ["a segment beyond all numbers", get(`/${ROOM}/s/99999.999/${"9".repeat(15)}`), 404],
  ["a segment of 100 digits", get(`/${ROOM}/s/1.0/${"9".repeat(100)}`), 404],
  ["a path of 10,000 characters", get(`/${"x".repeat(10_000)}`), 404],
  ["a path of 100,000 characters", get(`/${"x".repeat(100_000)}`), 431],
  ["a range from its end", get(cert, "range: bytes=-3"), 200],
  ["several ranges", get(cert, "range: bytes=0-1,3-4"), 200],
  ["a range that ends before it begins", get(cert, "range: bytes=5-2"), 200],
  ["a range beyond all numbers", get(cert, `range: bytes=${"9".repeat(15)}-`), 416],
  ["a range of 100 digits", get(cert, `range: bytes=${"9".repeat(100)}-`), 200],
  ["a range in words", get(cert, "range: lines=all"), 200],
  ["a place in words", get(`/${ROOM}/head?after=never`), 200],
  ["a place beyond all numbers", get(`/${ROOM}/head?after=99999.999.${"9".repeat(40)}`), 200],
  ["a place of a million characters", get(`/${ROOM}/head?after=${"1.".repeat(500_000)}`), 431],
  ["an address that is none", get(cert, `x-forwarded-for: ${"1,".repeat(5_000)}`), 200],
  ["a method that writes", write("PUT", 4, "evil"), 400, 404],
  ["a method that nobody knows", get(cert).replace("GET", "STEAL"), 400],
  ["a body of a gigabyte", write("POST", 1_073_741_824, "{"), 0, 404, 413],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400],
  ["two lengths", get(cert, "content-length: 1", "content-length: 2"), 400],
  ["a header of 100 KB", get(cert, `x: ${"x".repeat(100_000)}`), 431],
];

test.each(cases.map(([name, request, ...statuses]) => ({ name, request, statuses })))(
  "$name: nothing of ours is given, and others are served",
  async ({ request, statuses }) => {
    const ask = await start();
    const { status, answer } = await ask(request);
    expect(statuses).toContain(status);
    expect(answer).not.toContain(SECRET);
    // Nothing says where it runs or on what.
    expect(answer).not.toMatch(/node_modules|\/tmp\/|Error:|\bat \//);
    expect((await ask(get(cert))).answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*0123456789$/);
  },
);
