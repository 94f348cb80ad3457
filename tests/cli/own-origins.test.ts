import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { openCore } from "../../cli/core.ts";
import { beginNewChains, WAIT } from "../../cli/new-chains.ts";
import { markFolder } from "../../cli/own-origins.ts";
import { fakeIo, place, VAULT_KEY } from "./io.helper.ts";
import { configOf } from "./running.helper.ts";

const ROOM = RoomName.parse("faculty");

/** A web server over a folder that a test may change: another name for the feed, or a copy of it. */
async function host() {
  const at = { folder: "" };
  const server = createServer((request, response) => {
    void readFile(path.join(at.folder, request.url ?? "")).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { at, origin: `127.0.0.1:${port}` };
}

/** Starts a bridge's rooms over a configuration whose room lies at `origins`, ten thousand times as fast. */
async function begin(origins: readonly string[], serve: (folder: string) => void) {
  const { asked, config } = await place((base) =>
    base.replace(
      "title: Faculty",
      `title: Faculty\n    origins: [${origins.map((o) => `"${o}"`).join(", ")}]`,
    ),
  );
  await roomInit(fakeIo(), { ...asked, room: ROOM, printCode: true });
  const loaded = await configOf(config);
  serve(loaded.feed.folder);
  const env = { POSTERN_VAULT_KEY: VAULT_KEY, POSTERN_TEST_SPEED: "9999" };
  const opened = await openCore(loaded, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  onTestFinished(() => core.close());
  const [began, waiting] = [vi.fn(), vi.fn()];
  const signal = new AbortController().signal;
  await beginNewChains(core, {
    signal,
    rooms: [ROOM],
    patience: WAIT,
    witness: null,
    began,
    waiting,
    halted: vi.fn(),
    unwitnessed: vi.fn(),
  });
  const restart = core.bridge.store.seal.get(ROOM)?.restart;
  return { began: began.mock.calls.length, waited: waiting.mock.calls.length, restart, loaded };
}

test("the own feed under another name is nobody to wait for, and no chain is begun for it", async () => {
  const own = await host();
  const { loaded, ...told } = await begin([own.origin], (folder) => {
    own.at.folder = folder;
  });
  expect(told).toEqual({ began: 0, waited: 0, restart: 0 });
  // The mark is gone again.
  expect(await readdir(loaded.feed.folder)).toEqual([]);
});

test("that the own feed answers does not stand for another place that does not", async () => {
  const own = await host();
  const told = await begin([own.origin, "127.0.0.1:9"], (folder) => {
    own.at.folder = folder;
  });
  expect(told).toMatchObject({ began: 1, restart: 1 });
});

test("a copy of the folder is not the own feed, though it was made with a mark in it", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-own-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [own, copy] = [await host(), await host()];
  own.at.folder = path.join(folder, "feed");
  copy.at.folder = path.join(folder, "copy");
  const { signal } = new AbortController();
  const before = await markFolder(own.at.folder);
  await cp(own.at.folder, copy.at.folder, { recursive: true });
  await before.close();
  const now = await markFolder(own.at.folder);
  expect([await now.has(own.origin, signal), await now.has(copy.origin, signal)]).toEqual([true, false]);
  await now.close();
  expect(await now.has(own.origin, signal)).toBe(false);
});
