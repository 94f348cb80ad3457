import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Cursor, RoomName } from "../../bridge/model/ids.ts";
import { atomically } from "../../bridge/store/db.ts";
import { dead, deadDropCommand, deadRetryCommand } from "../../cli/commands/dead.ts";
import { openCore } from "../../cli/core.ts";
import { loadConfig } from "../../config/load.ts";
import { fakeIo, place } from "./io.helper.ts";

const ROOM = RoomName.parse("faculty");

/** A place whose rooms refused what the test says: notes, which need no source. */
async function refused(...rooms: readonly string[]) {
  const where = await place();
  const { env } = fakeIo();
  const loaded = await loadConfig({ file: where.config, env });
  if (!loaded.ok) throw new Error("the test's own settings are wrong");
  const opened = await openCore(loaded.config, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  const { store, outbox, log } = core.bridge;
  for (const room of loaded.config.rooms.keys()) atomically(core.db, () => log.create(room, randomBytes(32)));
  const [mapping] = loaded.config.mappings;
  const [source] = loaded.config.sources.keys();
  if (mapping === undefined || source === undefined) throw new Error("no mapping");
  store.sources.move(source, Cursor.parse("1"), Date.now() - 86_400_000);
  await outbox.silent(source, 86_400_000);
  for (;;) {
    const head = await outbox.claim(Date.now(), new Set());
    if ("next" in head) break;
    await outbox.settle(
      head,
      rooms.includes(head.room) ? { kind: "refused", code: "too_large" } : { kind: "sent", receipt: null },
    );
  }
  core.close();
  return where;
}

const none = { id: null, room: null, all: false };

test("the list says what was refused, where, when and why, and how to go on", async () => {
  const { asked } = await refused("faculty", "second");
  const io = fakeIo();
  expect(await dead(io, { ...asked, json: false })).toBe(0);
  expect(io.stdout()).toMatch(
    /^\d+ {2}room "faculty": a note about a gap, refused \d seconds? ago \(too_large\)\n\d+ {2}room "second"/,
  );
  expect(io.stderr()).toContain("dead retry NUMBER");
  const json = fakeIo();
  await dead(json, { ...asked, json: true });
  expect(JSON.parse(json.stdout())).toMatchObject([
    { room: "faculty", action: "note", code: "too_large", kept: true },
    { room: "second" },
  ]);
});

test("those of one room are tried again, the others stay; all are dropped", async () => {
  const { asked } = await refused("faculty", "second");
  const io = fakeIo();
  expect(await deadRetryCommand(io, { ...asked, ...none, room: "second" })).toBe(0);
  expect(io.stderr()).toMatch(/^\d+: waits in its place in the lane again\.\nThe bridge is not running/);
  const left = fakeIo();
  await dead(left, { ...asked, json: true });
  expect(JSON.parse(left.stdout())).toMatchObject([{ room: ROOM }]);
  const dropping = fakeIo();
  expect(await deadDropCommand(dropping, { ...asked, ...none, all: true })).toBe(0);
  expect(dropping.stderr()).toMatch(/^\d+: erased\.\n$/);
  const after = fakeIo();
  expect(await dead(after, { ...asked, json: false })).toBe(0);
  expect(after.stdout()).toBe("There are none: the rooms took everything.\n");
});

test("which are meant must be said, once; a number that there is not is told", async () => {
  const { asked } = await refused("faculty");
  for (const choice of [
    none,
    { ...none, id: "1", all: true },
    { ...none, id: "1x" },
    { ...none, id: "-1" },
  ]) {
    const io = fakeIo();
    expect(await deadRetryCommand(io, { ...asked, ...choice })).toBe(1);
    expect(io.stderr()).toContain("Say which");
  }
  const io = fakeIo();
  expect(await deadDropCommand(io, { ...asked, ...none, id: "4711" })).toBe(2);
  expect(io.stderr()).toContain("4711: there is none with this number");
  const badRoom = fakeIo();
  expect(await deadRetryCommand(badRoom, { ...asked, ...none, room: "Факультет" })).toBe(1);
  expect(badRoom.stderr()).toContain('There is no room "Факультет"');
});

test("without a database there are none, and none is made", async () => {
  const { asked } = await place();
  const io = fakeIo();
  expect(await dead(io, { ...asked, json: false })).toBe(0);
  expect(await deadRetryCommand(io, { ...asked, ...none, all: true })).toBe(0);
  expect(io.stdout()).toContain("There are none");
});
