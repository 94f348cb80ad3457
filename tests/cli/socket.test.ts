import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { Cursor } from "../../bridge/model/ids.ts";
import { scrub } from "../../bridge/pipeline/clean.ts";
import { takeRunLock } from "../../bridge/store/run-lock.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { roomLink } from "../../cli/commands/room-link.ts";
import { status } from "../../cli/commands/status.ts";
import { operation } from "../../cli/operations/operation.ts";
import { status as statusOperation } from "../../cli/operations/status.ts";
import { operations } from "../../cli/operations/table.ts";
import { postern } from "../../cli/program.ts";
import { reachBridge } from "../../cli/reach-bridge.ts";
import { connectToBridge } from "../../cli/socket/client.ts";
import { socketPlaces } from "../../cli/socket/place.ts";
import { LARGEST } from "../../cli/socket/wire.ts";
import { post } from "../core.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { fakeIo, person, place, TOKEN } from "./io.helper.ts";
import { configOf, type StandInOptions, standIn } from "./running.helper.ts";

const SECRET = "canary-of-an-announcement";

const echo = operation({
  name: "echo",
  changes: false,
  input: z.object({ text: z.string() }),
  output: z.object({ text: z.string() }),
  run: async (_at, { text }) => ({ text }),
});

const failing = operation({
  name: "failing",
  changes: true,
  input: z.object({}),
  output: z.null(),
  run: async () => {
    throw new Error(`what it was about: ${SECRET}`);
  },
});

/** A folder with a configuration, and a stand-in for the bridge that runs on it. */
async function running(o: StandInOptions = {}, yaml?: (base: string) => string) {
  const where = await place(yaml);
  const config = await configOf(where.config);
  const bridge = await standIn(config, o);
  const socket = path.join(config.data, "state", "bridge.sock");
  return { ...where, data: config.data, cfg: config, bridge, socket };
}

/** Sends bytes as they stand and gives all that comes back until the other side ends. */
function raw(file: string, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(file);
    let answer = "";
    socket.on("data", (piece) => {
      answer += piece.toString();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(answer));
    for (const piece of pieces) socket.write(piece);
  });
}

const request = (op: string, input: unknown): string => `${JSON.stringify({ v: 1, op, input })}\n`;

/** An operation that ends when a test says so. */
function held(name: string, changes: boolean) {
  const ends: (() => void)[] = [];
  const one = operation({
    name,
    changes,
    input: z.object({}),
    output: z.string(),
    run: () => new Promise<string>((resolve) => ends.push(() => resolve("done"))),
  });
  return { one, started: () => ends.length, end: () => ends.shift()?.() };
}

test("beside a running bridge no key is needed and no passphrase is asked", async () => {
  const { asked } = await running({}, (base) =>
    base.replace("data: ./data", "data: ./data\nvault: { passphrase: true }"),
  );
  const { ask } = person(() => {
    throw new Error("asked");
  });
  const env = { POSTERN_VAULT_KEY: "" };
  const io = () => fakeIo({ env, ask });
  const init = io();
  expect(await roomInit(init, { ...asked, room: "faculty", printCode: true })).toBe(0);
  expect(init.stderr()).not.toContain("does not know");
  const shown = io();
  expect(await status(shown, { ...asked, json: true })).toBe(0);
  expect(JSON.parse(shown.stdout())).toMatchObject({
    running: true,
    rooms: [{ keys: true }, { keys: false }],
  });
  const link = io();
  expect(await roomLink(link, { ...asked, room: "faculty", fromToday: false, png: null })).toBe(0);
  expect(link.stdout()).toMatch(/^https:\/\/page\.example\.org\/#j\./);
});

test("keys made while it runs are served at once; a room it does not know is told", async () => {
  const renewed = vi.fn(async () => undefined);
  const { asked, cfg, config } = await running({ live: { renew: renewed } });
  expect(await roomInit(fakeIo(), { ...asked, room: "second", printCode: true })).toBe(0);
  expect(renewed).toHaveBeenCalledTimes(1);
  const yaml = await readFile(config, "utf8");
  await writeFile(config, yaml.replace("mappings:", "  third: { type: sealed, title: Third }\nmappings:"));
  const io = fakeIo();
  expect(await roomInit(io, { ...asked, room: "third", printCode: true })).toBe(0);
  expect(io.stderr()).toContain("does not know this room yet");
  expect(cfg.rooms.size).toBe(2);
});

test("when none runs a command works on the store itself, and takes the lock only while it works", async () => {
  const { asked, config } = await place();
  expect(await roomInit(fakeIo(), { ...asked, room: "faculty", printCode: true })).toBe(0);
  const loaded = await configOf(config);
  const reach = await reachBridge(loaded, { io: fakeIo(), lang: "en", make: false });
  if (!reach.ok || reach.reached === null) throw new Error("not reached");
  const { reached } = reach;
  onTestFinished(() => reached.close());
  expect((await reached.ask(statusOperation, {})).running).toBe(false);
  // A bridge may start between two questions, and end again.
  const bridge = await standIn(loaded);
  expect((await reached.ask(statusOperation, {})).running).toBe(true);
  await bridge.stop();
  expect((await reached.ask(statusOperation, {})).running).toBe(false);
});

test("a lock that is held by something that does not answer is told", async () => {
  const { asked, config } = await place();
  await roomInit(fakeIo(), { ...asked, room: "faculty", printCode: true });
  const lock = takeRunLock((await configOf(config)).data, 0);
  onTestFinished(() => lock?.release());
  const io = fakeIo();
  expect(await status(io, { ...asked, json: false })).toBe(2);
  expect(io.stderr()).toContain("Another process holds the database");
});

test("the socket of a bridge that was killed is replaced", async () => {
  const { asked, config } = await place();
  const loaded = await configOf(config);
  const file = path.join(loaded.data, "state", "bridge.sock");
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const code = `require("net").createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(spawnSync(process.execPath, ["-e", code]).signal).toBe("SIGKILL");
  expect((await stat(file)).isSocket()).toBe(true);
  expect(await connectToBridge(loaded.data, {})).toBeNull();
  await standIn(loaded);
  const io = fakeIo();
  expect(await status(io, { ...asked, json: true })).toBe(0);
  expect(JSON.parse(io.stdout()).running).toBe(true);
});

test("a folder's path that is too long for a socket is no hindrance", async () => {
  const deep = "a-folder-with-a-long-name".repeat(4);
  const runtime = await mkdtemp(path.join(tmpdir(), "postern-runtime-"));
  onTestFinished(() => rm(runtime, { recursive: true, force: true }));
  const env = { XDG_RUNTIME_DIR: runtime };
  const { asked, data } = await running({ env }, (base) => base.replace("./data", `./${deep}`));
  const places = socketPlaces(data, env);
  for (const one of places) expect(Buffer.byteLength(one.path)).toBeLessThanOrEqual(107);
  expect(places[0]?.path.startsWith(`${runtime}/postern-`)).toBe(true);
  const io = fakeIo({ env });
  expect(await status(io, { ...asked, json: true })).toBe(0);
  expect(JSON.parse(io.stdout()).running).toBe(true);
  expect((await stat(path.dirname(places[0]?.path ?? ""))).mode & 0o777).toBe(0o700);
  // By another name of the folder it is the same place.
  const other = path.join(runtime, "link");
  await symlink(data, other);
  expect(socketPlaces(other, env)).toEqual(places);
});

test("a socket in a folder that is open to others is not spoken to", async () => {
  const { config } = await place();
  const { data } = await configOf(config);
  const state = path.join(data, "state");
  await mkdir(state, { recursive: true, mode: 0o700 });
  const heard: unknown[] = [];
  const server = createServer((socket) => void heard.push(socket.end()));
  await new Promise<void>((resolve) => server.listen(path.join(state, "bridge.sock"), resolve));
  onTestFinished(() => void server.close());
  for (const mode of [0o755, 0o770, 0o701]) {
    await chmod(state, mode);
    expect(await connectToBridge(data, {})).toBeNull();
  }
  await chmod(state, 0o700);
  // Nor one to which a link leads.
  await rename(state, `${state}-elsewhere`);
  await symlink(`${state}-elsewhere`, state);
  expect(await connectToBridge(data, {})).toBeNull();
  await rm(state);
  await rename(`${state}-elsewhere`, state);
  const trusted = await connectToBridge(data, {});
  expect(trusted).not.toBeNull();
  trusted?.destroy();
  await vi.waitFor(() => expect(heard).toHaveLength(1));
});

test("whatever is sent, it answers with a code and goes on", async () => {
  const { socket } = await running({ answers: [echo] });
  const codes = /^(\{"v":1,"ok":false,"code":"(bad_request|unknown_operation)"\}\n)?$/;
  const fine = () => raw(socket, request("echo", { text: "да" }));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((j) => Buffer.from(j)),
      ),
      async (bytes) => {
        expect(await raw(socket, bytes, "\n")).toMatch(codes);
      },
    ),
    { seed: 7, numRuns: 100 },
  );
  const wrong = [
    "\n",
    "null\n",
    `${"[".repeat(500_000)}\n`,
    `{"a":${'{"a":'.repeat(100_000)}\n`,
    // A length that cannot be compared.
    `{"v":1,"op":{"length":{"valueOf":1,"toString":1}},"input":null}\n`,
    `{"v":1,"op":{"length":${"[".repeat(20_000)}${"]".repeat(20_000)}},"input":null}\n`,
    request("echo", { text: 5 }),
    request("echo", null),
    request("constructor", {}),
    request("__proto__", {}),
    request("echo", { text: "a" }).replace('"v":1', '"v":2'),
    Buffer.from([0xff, 0xfe, 0x0a]),
  ];
  for (const bytes of wrong) expect(await raw(socket, bytes)).toMatch(codes);
  expect(await fine()).toBe('{"v":1,"ok":true,"output":{"text":"да"}}\n');
  // In pieces that part a letter, and with more behind it than was asked for.
  const bytes = Buffer.from(request("echo", { text: "да" }));
  expect(
    await raw(socket, ...[...bytes.subarray(0, 46)].map((b) => Uint8Array.of(b)), bytes.subarray(46), bytes),
  ).toBe(await fine());
});

test("a request larger than 1 MiB is refused, and one of just that size is not", async () => {
  const { socket } = await running({ answers: [echo] });
  const empty = request("echo", { text: "" }).length - 1;
  expect(await raw(socket, request("echo", { text: "a".repeat(LARGEST - empty + 1) }))).toBe(
    '{"v":1,"ok":false,"code":"too_large"}\n',
  );
  expect(await raw(socket, "a".repeat(2 * LARGEST))).toBe('{"v":1,"ok":false,"code":"too_large"}\n');
  // The answer is no smaller than the request here, and just fits.
  const fits = request("echo", { text: "a".repeat(LARGEST - 60) });
  expect((await raw(socket, fits)).length).toBeGreaterThan(LARGEST - 60);
});

test("who sends nothing is let go after a while, and who waits for too long is told", async () => {
  const clock = new HandClock();
  const never = held("never", false);
  const { socket } = await running({ answers: [never.one, echo], clock });
  const silent = raw(socket, '{"v":1,');
  const waiting = raw(socket, request("never", {}));
  await vi.waitFor(() => expect(never.started()).toBe(1));
  // Those that wait hold up nobody else.
  expect(await raw(socket, request("echo", { text: "a" }))).toContain('"ok":true');
  clock.advance(10_000);
  expect(await silent).toBe("");
  clock.advance(20_000);
  expect(await waiting).toBe('{"v":1,"ok":false,"code":"timeout"}\n');
});

test("what changes something runs one after another, what only looks at any time", async () => {
  const change = held("change", true);
  const look = held("look", false);
  const { socket } = await running({ answers: [change.one, look.one] });
  const [first, second] = [raw(socket, request("change", {})), raw(socket, request("change", {}))];
  const looks = [raw(socket, request("look", {})), raw(socket, request("look", {}))];
  await vi.waitFor(() => expect([change.started(), look.started()]).toEqual([1, 2]));
  look.end();
  look.end();
  await Promise.all(looks);
  expect(change.started()).toBe(1);
  change.end();
  await Promise.race([first, second]);
  await vi.waitFor(() => expect(change.started()).toBe(1));
  change.end();
  expect([await first, await second]).toEqual(Array(2).fill('{"v":1,"ok":true,"output":"done"}\n'));
});

test("at its end it answers what is under way and takes no more", async () => {
  const change = held("change", true);
  const { socket, bridge } = await running({ answers: [change.one] });
  const answer = raw(socket, request("change", {}));
  const idle = raw(socket);
  await vi.waitFor(() => expect(change.started()).toBe(1));
  const closed = bridge.server.close();
  expect(await idle).toBe("");
  expect(await raw(socket, request("change", {}))).toBe("");
  change.end();
  expect(await answer).toContain('"done"');
  await closed;
});

test("errors carry codes and a place, never what was sent or what it was about", async () => {
  const { socket } = await running({ answers: [failing, ...operations.values()] });
  expect(await raw(socket, request("failing", {}))).toMatch(
    /^\{"v":1,"ok":false,"code":"internal","bug":"Error[^"]*"\}\n$/,
  );
  expect(await raw(socket, request("failing", {}))).not.toContain(SECRET);
  for (const { name } of operations.values()) {
    const answer = await raw(
      socket,
      request(name, { room: `${SECRET} `, seed: SECRET, code: SECRET, id: SECRET }),
    );
    expect(answer, name).not.toContain(SECRET);
    expect(answer, name).not.toContain(TOKEN);
  }
});

test("what is answered over the socket holds no text of any announcement", async () => {
  const { socket, bridge } = await running();
  const { core } = bridge;
  const { db } = core;
  // Queued, dead and sent parts, with everything that a row of theirs may hold in clear form.
  await raw(
    socket,
    request("room.init", { room: "faculty", seed: Buffer.alloc(32, 1).toString("base64url") }),
  );
  const [mapping] = core.config.mappings;
  if (mapping === undefined) throw new Error("no mapping");
  const about = post(1, `${SECRET} 12 июня`, { channel: mapping.channel });
  const { clean } = scrub(about, { lang: "ru", timezone: "Europe/Moscow" });
  await core.bridge.outbox.accept({
    source: mapping.source,
    cursor: Cursor.parse(SECRET),
    readAt: Date.now(),
    arrivals: [
      {
        type: "posted",
        channel: about.channel,
        foreignId: about.foreignId,
        postedAt: about.postedAt,
        at: about.postedAt,
        fingerprint: SECRET,
        clean,
        media: [],
        replyTo: null,
        routes: mapping.rooms.map((room) => ({ room, mapping: mapping.name, urgent: false, pin: false })),
      },
    ],
  });
  expect(db.prepare("SELECT count(*) AS n FROM deliveries").get()).toEqual({ n: 2 });
  const looks = [...operations.values()].filter((one) => !one.changes);
  expect(looks.length).toBeGreaterThan(3);
  for (const { name } of looks) {
    const input = {
      room: "faculty",
      page: "https://page.example.org/",
      origins: [],
      fromToday: false,
      head: "",
    };
    const answer = await raw(socket, request(name, input));
    for (const secret of [SECRET, TOKEN, "июня"]) expect(answer, name).not.toContain(secret);
  }
});

test("a bridge of another version, or with a bug, is told in plain words", async () => {
  const { config } = await running({ answers: [echo] });
  const io = fakeIo();
  expect(await postern(["--config", config, "status"], io)).toBe(2);
  expect(io.stderr()).toMatch(/is another version than this command.*Restart the bridge/);
  const broken = operation({
    name: "status",
    changes: false,
    input: z.object({}),
    output: z.null(),
    run: async () => {
      throw new TypeError(SECRET);
    },
  });
  const second = await running({ answers: [broken] });
  const told = fakeIo({ env: { LANG: "ru_RU.UTF-8" } });
  expect(await postern(["--config", second.config, "--lang", "ru", "status"], told)).toBe(2);
  expect(told.stderr()).toMatch(/внутренняя ошибка \(TypeError.*Объявления идут/);
  expect(told.stderr()).not.toContain(SECRET);
});
