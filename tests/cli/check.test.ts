import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RoomName, SourceName } from "../../bridge/model/ids.ts";
import type { Source } from "../../bridge/model/source.ts";
import type { BridgeCommands, OpenBridge } from "../../cli/bridge-api.ts";
import { type CheckParts, check } from "../../cli/commands/check.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { openCore } from "../../cli/core.ts";
import { openBridge } from "../../cli/open-bridge.ts";
import { sourcesOf } from "../../cli/sources.ts";
import { loadConfig } from "../../config/load.ts";
import { startMaxSimulator } from "../../simulators/max/server.ts";
import { type FakeIo, fakeIo, place, TOKEN, VAULT_KEY } from "./io.helper.ts";
import { configOf, standIn } from "./running.helper.ts";

const ROOM = RoomName.parse("faculty");
const CHANNEL = "-70801090403050";

const parts = (over: Partial<CheckParts> = {}): CheckParts => ({
  open: openBridge,
  sources: async () => [],
  deadline: 10_000,
  sourceDeadline: 30_000,
  ...over,
});

/** A web server for the test; `listener` may be changed while it runs. */
async function web(listener: RequestListener) {
  const served = { listener };
  const server = createServer((request, response) => served.listener(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { served, origin: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}` };
}

const answer =
  (
    status: number,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>> = {},
  ): RequestListener =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
const open = { "access-control-allow-origin": "*" };

/** A room with keys at the origins given, its page on a host of the test. `head` is what a copy of it would show. */
async function room(origins: readonly string[], more: (base: string) => string = (base) => base) {
  const page = await web((request, response) => {
    const found = request.url === "/";
    answer(found ? 200 : 404, "<!doctype html>", { "content-type": "text/html" })(request, response);
  });
  const where = await place((base) =>
    more(
      base
        .replace(/ {2}second:\n.*\n.*\n/, "")
        .replace("[faculty, second]", "[faculty]")
        .replace("https://page.example.org", page.url)
        .replace("title: Faculty", `title: Faculty\n    origins: [${origins.join(", ")}]`),
    ),
  );
  expect(await roomInit(fakeIo(), { ...where.asked, room: "faculty", printCode: true })).toBe(0);
  const { env } = fakeIo();
  const loaded = await loadConfig({ file: where.config, env });
  if (!loaded.ok) throw new Error("the test's own settings are wrong");
  const opened = await openCore(loaded.config, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { bridge } = opened.core;
  const head = bridge.log.head(ROOM, Math.floor(Date.now() / 1000)) ?? new Uint8Array();
  const roomId = Buffer.from(bridge.store.seal.get(ROOM)?.roomId ?? []).toString("hex");
  opened.core.close();
  return { ...where, page, head, roomId, feed: path.join(loaded.config.feed.folder, roomId) };
}

/** What is said where nobody but the log is told of troubles. */
const alone = expect.stringContaining("Set notices.command or notices.webhook");

/** The lines of a check by their marks. */
function lines(io: FakeIo, mark: "✓" | "!" | "✗"): readonly string[] {
  return io
    .stdout()
    .split("\n")
    .filter((line) => line.startsWith(`  ${mark} `))
    .map((line) => line.slice(4));
}

test("where all is well it says so, and what could be better", async () => {
  const max = await startMaxSimulator({ port: 0, token: TOKEN });
  onTestFinished(() => max.close());
  max.control.createChannel({ chatId: CHANNEL });
  const place = await web(answer(404, ""));
  const { asked, head, roomId } = await room([place.origin], (base) =>
    base.replace("http://127.0.0.1:9", max.url).replace("channel: -100", `channel: ${CHANNEL}`),
  );
  place.served.listener = (request, response) => {
    const found = request.url === `/${roomId}/head`;
    answer(found ? 200 : 404, found ? head : "", open)(request, response);
  };
  const io = fakeIo();
  expect(await check(io, asked, parts({ sources: sourcesOf }))).toBe(0);
  expect(lines(io, "✗")).toEqual([]);
  expect(lines(io, "!")).toEqual([alone, expect.stringContaining("one place in origins")]);
  expect(lines(io, "✓")).toEqual([
    expect.stringContaining("postern.yaml is fine"),
    "the vault's key opens the database",
    'the room "faculty" has keys',
    "faculty: the token is accepted",
    `faculty: channel ${CHANNEL}: posts can be read`,
    expect.stringContaining("Let it lie elsewhere than the bridge"),
    `"faculty" can be read at ${place.url}`,
  ]);
  expect(io.stdout()).toMatch(/\nAll is well\.\n$/);
  expect(io.stderr()).toBe("");
  expect(io.stdout()).not.toMatch(new RegExp(`${TOKEN}|${VAULT_KEY}`));
  expect(max.control.stats().writes).toBe(0);
});

test("what keeps the bot from reading is told in plain words, and what to do", async () => {
  const max = await startMaxSimulator({ port: 0, token: TOKEN });
  onTestFinished(() => max.close());
  const { asked } = await place((base) =>
    base.replace("http://127.0.0.1:9", max.url).replace("channel: -100", `channel: ${CHANNEL}`),
  );
  const told = async (env: Readonly<Record<string, string>> = {}) => {
    const io = fakeIo({ env });
    expect(await check(io, asked, parts({ sources: sourcesOf }))).toBe(2);
    return lines(io, "✗").filter((line) => line.startsWith("faculty: "));
  };
  expect(await told()).toEqual([
    expect.stringMatching(/^faculty: channel -\d+: the bot is not in this channel/),
  ]);
  max.control.createChannel({ chatId: CHANNEL, bot: { admin: false } });
  expect(await told()).toEqual([
    expect.stringContaining("no administrator, so it sees no posts. Ask the channel's admins"),
  ]);
  max.control.setBot({ chatId: CHANNEL, admin: true, permissions: ["write"] });
  expect(await told()).toEqual([expect.stringContaining("may not read all messages (read_all_messages)")]);
  max.control.setBot({ chatId: CHANNEL, member: false });
  expect(await told()).toEqual([expect.stringContaining(`channel ${CHANNEL}: the bot `)]);
  expect(await told({ POSTERN_FACULTY_TOKEN: "another" })).toEqual([
    "faculty: the token is refused: get a new one from the bot's maker",
  ]);
  max.control.fault({ path: "*", times: 9, fault: { kind: "html" } });
  expect(await told()).toEqual(["faculty: a web page came instead of an answer: check base_url and proxy"]);
});

test("a source that hangs or breaks holds up no other, and nothing hangs", async () => {
  const { asked } = await room([]);
  const source = (name: string, checked: Source["check"]): Source => ({
    name: SourceName.parse(name),
    events: async function* () {},
    media: async () => ({ kind: "gone" }),
    gone: async () => "unknown",
    check: checked,
  });
  const io = fakeIo();
  const sources = async () => [
    source("hangs", () => new Promise(() => {})),
    source("breaks", async () => {
      throw new Error(`${TOKEN} in an error`);
    }),
    source("odd", async () => [{ ok: false, code: "never_heard_of" }]),
    source("fine", async () => [{ ok: true, code: "token_accepted" }]),
  ];
  expect(await check(io, asked, parts({ sources, sourceDeadline: 50 }))).toBe(2);
  expect(lines(io, "✗")).toEqual([
    "hangs: the source did not answer in time",
    "breaks: the source could not be checked",
    "odd: the check says: never_heard_of",
  ]);
  expect(lines(io, "✓")).toContain("fine: the token is accepted");
  expect(io.stdout()).not.toContain(TOKEN);
});

test("rooms without keys are told, and looking makes nothing", async () => {
  const { asked, folder } = await place((base) => base.replace(/ {2}public_url: .*\n/, ""));
  const io = fakeIo();
  expect(await check(io, asked, parts())).toBe(2);
  expect(lines(io, "✗")).toEqual([
    expect.stringContaining("npm run -s postern -- room init faculty"),
    expect.stringContaining("npm run -s postern -- room init second"),
  ]);
  expect(lines(io, "!")).toEqual([
    alone,
    expect.stringContaining("there is no database yet"),
    expect.stringContaining("the bridge itself serves the page: http://127.0.0.1:8080/"),
  ]);
  expect(io.stdout()).toMatch(/\nNot well: 2 items marked ✗\.\n$/);
  expect(await readdir(folder)).toEqual(["postern.yaml"]);
});

test("a place that holds the room, or not, or in a wrong way is told apart", async () => {
  const place = await web(answer(404, "", open));
  const { asked, head, feed } = await room([`${place.origin}/copy`, "127.0.0.1:9"]);
  const told = async (listener: RequestListener, now = Date.now(), deadline = 10_000) => {
    place.served.listener = listener;
    const io = fakeIo({ now: () => now });
    await check(io, asked, parts({ deadline }));
    return io
      .stdout()
      .split("\n")
      .filter((line) => line.includes(place.url) && line.includes('"faculty"'))
      .map((line) => line.trim());
  };
  const late = Date.now() + 5 * 3_600_000;
  expect(await told(answer(200, head, open))).toEqual([`✓ "faculty" can be read at ${place.url}/copy`]);
  expect(await told(answer(200, head))).toEqual([
    expect.stringMatching(/^✗ .*Access-Control-Allow-Origin: \*$/),
  ]);
  expect(await told(answer(404, "", open))).toEqual([
    expect.stringMatching(/^! .*since the bridge has not written it yet/),
  ]);
  await mkdir(feed, { recursive: true });
  await writeFile(path.join(feed, "head"), head);
  expect(await told(answer(404, "", open))).toEqual([
    expect.stringMatching(/^✗ .*Copy all of the feed's folder there/),
  ]);
  expect(await told(answer(200, "<html>", open))).toEqual([
    expect.stringMatching(/^✗ .*is not the room "faculty"/),
  ]);
  const forged = Buffer.from(head).fill(7, head.length - 64);
  expect(await told(answer(200, forged, open))).toEqual([
    expect.stringMatching(/^✗ .*is not the room "faculty"/),
  ]);
  expect(await told(answer(503, ""))).toEqual([expect.stringMatching(/^✗ .* answers 503 /)]);
  expect(await told(answer(302, "", { location: "/elsewhere" }))).toEqual([
    expect.stringMatching(/^✗ .* redirects elsewhere/),
  ]);
  expect(await told(() => {}, Date.now(), 50)).toEqual([
    expect.stringMatching(/^✗ .* did not answer within/),
  ]);
  expect(await told(answer(200, head, open), late)).toEqual([
    expect.stringMatching(/^! .*the last update there was 5 hours ago/),
  ]);
});

test("a copy that stands still while the bridge runs is wrong", async () => {
  const place = await web(answer(404, "", open));
  const { asked, head } = await room([place.origin]);
  place.served.listener = answer(200, head, open);
  await standIn(await configOf(asked.config));
  const io = fakeIo({ now: () => Date.now() + 4 * 3_600_000 });
  expect(await check(io, asked, parts())).toBe(2);
  expect(lines(io, "✗")).toEqual([
    expect.stringContaining("Is the feed's folder copied there every few minutes?"),
  ]);
});

test("the bridge's own feed is asked only while the bridge runs", async () => {
  const feed = await web(answer(404, "", open));
  const { asked, head } = await room([feed.origin, "127.0.0.1:9"], (base) =>
    base.replace("listen: 127.0.0.1:8080", `listen: ${feed.origin}`),
  );
  feed.served.listener = answer(200, head, open);
  const stopped = fakeIo();
  await check(stopped, asked, parts());
  expect(lines(stopped, "!")).toEqual([alone, expect.stringContaining("the bridge is not running")]);
  await standIn(await configOf(asked.config));
  const running = fakeIo();
  await check(running, asked, parts());
  expect(lines(running, "✓")).toContain(`"faculty" can be read at ${feed.url}`);
});

test("a page that is not there, or is something else, is told", async () => {
  const { asked, page } = await room(["127.0.0.1:9"]);
  const told = async (listener: RequestListener, deadline = 10_000) => {
    page.served.listener = listener;
    const io = fakeIo();
    await check(io, asked, parts({ deadline }));
    return io
      .stdout()
      .split("\n")
      .filter((line) => line.includes(page.url))
      .map((line) => line.trim());
  };
  expect(await told(answer(404, ""))).toEqual([expect.stringMatching(/^✗ .*answers 404/)]);
  expect(await told(answer(200, "{}", { "content-type": "application/json" }))).toEqual([
    expect.stringMatching(/^✗ .*there is no page for reading/),
  ]);
  expect(await told(() => {}, 50)).toEqual([expect.stringMatching(/^✗ the page .* did not answer/)]);
});

test("places that only this machine can open are wrong once readers open the page elsewhere", async () => {
  const { asked } = await room(["localhost:9", "127.0.0.1:9"], (base) =>
    base.replace(/public_url: .*/, "public_url: https://localhost:9"),
  );
  const io = fakeIo();
  expect(await check(io, asked, parts())).toBe(2);
  expect(lines(io, "✗").filter((line) => line.includes("opens on this machine only")).length).toBe(2);
});

test("a certificate that will end, or has ended, is told in time", async () => {
  const { asked } = await room([]);
  const open =
    (ends: number): OpenBridge =>
    async (config, options) => {
      const opened = await openBridge(config, options);
      if (!opened.ok) return opened;
      const { rooms } = opened.bridge;
      const state: BridgeCommands["rooms"]["state"] = async (name) => {
        const known = await rooms.state(name);
        return known === null ? null : { ...known, certificateEnds: ends };
      };
      return { ok: true, bridge: { ...opened.bridge, rooms: { ...rooms, state } } };
    };
  const DAY = 86_400_000;
  const now = Date.UTC(2026, 10, 2);
  const told = async (days: number, mark: "!" | "✗") => {
    const io = fakeIo({ now: () => now });
    await check(io, asked, parts({ open: open(now + days * DAY) }));
    return lines(io, mark).filter((line) => line.includes("certificate"));
  };
  expect(await told(31, "!")).toEqual([]);
  expect(await told(30, "!")).toEqual([expect.stringContaining("will work for another 30 days")]);
  expect(await told(0, "✗")).toEqual([expect.stringContaining("has ended")]);
});

test("a key that does not open the database is told, and the sources are asked all the same", async () => {
  const { asked } = await room([]);
  const io = fakeIo({ env: { POSTERN_VAULT_KEY: "1".repeat(64) } });
  const asksFine = async () => {
    const fine: Source = {
      name: SourceName.parse("faculty"),
      events: async function* () {},
      media: async () => ({ kind: "gone" }),
      gone: async () => "unknown",
      check: async () => [{ ok: true, code: "token_accepted" }],
    };
    return [fine];
  };
  expect(await check(io, asked, parts({ sources: asksFine }))).toBe(2);
  expect(lines(io, "✗")).toEqual([expect.stringContaining("This key does not open this database")]);
  expect(lines(io, "✓")).toContain("faculty: the token is accepted");
});

test("settings that are wrong end it at once, with their places", async () => {
  const { asked } = await place((base) => base.replace("channel: -100", "chanel: -100"));
  const io = fakeIo();
  expect(await check(io, asked, parts())).toBe(1);
  expect(io.stdout()).toBe("");
  expect(io.stderr()).toMatch(/postern\.yaml:\d+: mappings\[0\]\.chanel: /);
});

test("asked to end, it ends", async () => {
  const { asked } = await room([]);
  const ending = new AbortController();
  const io = fakeIo({ signal: ending.signal });
  const sources = async () => {
    setImmediate(() => ending.abort());
    return [];
  };
  expect(await check(io, asked, parts({ sources, deadline: 60_000 }))).toBe(2);
  expect(io.stdout()).not.toContain("All is well");
});
