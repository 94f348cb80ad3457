import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { EngineBroken } from "../../../adapters/matrix/engine/broken.ts";
import { type EngineOptions, openEngine } from "../../../adapters/matrix/engine/open.ts";
import type { StoreFailpoint } from "../../../adapters/matrix/engine/store/file.ts";
import { DeviceId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import {
  BOT,
  EVERYBODY,
  encrypted,
  folder,
  member,
  never,
  ROOM,
  STUDENT,
  say,
  sync,
} from "./engines.helper.ts";
import { keyServer } from "./key-server.helper.ts";
import { storedIn } from "./stored.helper.ts";

const PASSPHRASE = "a passphrase made by a machine";

/** A bot's store on the disk, with a session in it, closed. */
async function written() {
  const server = keyServer();
  const file = path.join(await folder(), "matrix", "store.db");
  const bot = await member(server, BOT, { file, passphrase: PASSPHRASE });
  const student = await member(server, STUDENT);
  await sync(server, student);
  await sync(server, bot);
  await say(bot, [BOT, STUDENT], "Экзамен");
  await bot.close();
  return { server, file };
}

type Opening = Partial<Omit<EngineOptions, "store">> & { readonly store?: Partial<EngineOptions["store"]> };

async function open(file: string, o: Opening = {}) {
  const device = o.device ?? DeviceId.parse("BOT1");
  const opened = await openEngine({
    user: o.user ?? BOT,
    device,
    api: keyServer().api(BOT, device),
    clock: systemClock,
    store: { file, passphrase: PASSPHRASE, create: false, ...o.store },
  });
  if (opened.ok) onTestFinished(() => opened.engine.close());
  return opened.ok ? "opened" : opened.problem;
}

test("a store opens with its own passphrase alone, and a wrong one changes nothing", async () => {
  const { file } = await written();
  const before = readFileSync(file);
  expect(await open(file, { store: { passphrase: "another" } })).toBe("wrong_passphrase");
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(await open(file)).toBe("opened");
});

test("a store that should be there and is not is no new one", async () => {
  const missing = path.join(await folder(), "store.db");
  expect(await open(missing)).toBe("store_missing");
  expect(await open(missing, { store: { create: true } })).toBe("opened");
});

test("a store serves the device that it was made for", async () => {
  const { file } = await written();
  expect(await open(file, { device: DeviceId.parse("OTHER") })).toBe("other_device");
  expect(await open(file, { user: STUDENT })).toBe("other_device");
  expect(await open(file)).toBe("opened");
});

test("only one engine at a time has a store", async () => {
  const { file } = await written();
  expect(await open(file)).toBe("opened");
  expect(await open(file)).toBe("in_use");
});

test("what is no store, or was tampered with, is told as damaged", async () => {
  const other = path.join(await folder(), "store.db");
  await writeFile(other, "no database at all, but long enough to be read as the head of one".repeat(20));
  expect(await open(other)).toBe("damaged");

  const { file } = await written();
  const db = new Database(file);
  db.exec("UPDATE records SET record_sealed = zeroblob(200)");
  db.close();
  expect(await open(file)).toBe("damaged");
});

test("what a record has become since does not open with what another record became", async () => {
  const { file } = await written();
  const db = new Database(file);
  const count = db.prepare<[], number>("SELECT count(*) FROM patches").pluck().get() ?? 0;
  expect(count).toBeGreaterThan(0);
  db.exec(
    "UPDATE patches SET record = (SELECT max(id) FROM records) WHERE record = (SELECT min(record) FROM patches)",
  );
  db.close();
  expect(await open(file)).toBe("damaged");
});

/** A text as bytes may have it: as it is, with two bytes a letter, in base64 beginning at any byte of three. */
function formsOf(text: string): readonly Buffer[] {
  const clear = Buffer.from(text);
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), clear]);
    // What stays the same whatever comes before and after.
    const part = [Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6)] as const;
    return (["base64", "base64url"] as const).map((how) => Buffer.from(whole.toString(how).slice(...part)));
  });
  return [clear, Buffer.from(text, "utf16le"), ...inBase64];
}

const told = (bytes: Buffer, texts: readonly string[]): readonly string[] =>
  texts.filter((text) => formsOf(text).some((form) => bytes.includes(form)));

test("nothing in the store's files tells who is in the room", async () => {
  const { file } = await written();
  const names = [STUDENT, BOT, ROOM];
  const beneath = Buffer.concat(storedIn(file, PASSPHRASE).map(({ value }) => value));
  expect(told(beneath, names), "the search finds what the seal hides").toEqual(names);
  const again = Buffer.from(`..${beneath.toString("base64url")}`);
  expect(told(again, names), "and would in base64").toEqual(names);

  const files = readdirSync(path.dirname(file));
  expect(files).toContain("store.db");
  for (const name of files) {
    const bytes = readFileSync(path.join(path.dirname(file), name));
    expect(told(bytes, [...names, "student", "Экзамен", PASSPHRASE]), name).toEqual([]);
  }
});

test("a commit that the disk refuses breaks the engine: nothing that it would have encrypted comes out", async () => {
  const { server, file } = await written();
  let fails = false;
  const failpoints = (at: StoreFailpoint): void => {
    if (fails && at === "commit.inside") throw new Error("no room on the disk");
  };
  const device = DeviceId.parse("BOT1");
  const opened = await openEngine({
    user: BOT,
    device,
    api: server.api(BOT, device),
    clock: systemClock,
    store: { file, passphrase: PASSPHRASE, create: false, failpoints },
  });
  if (!opened.ok) throw new Error(opened.problem);
  const { engine } = opened;
  encrypted(await engine.encrypt(ROOM, [STUDENT], EVERYBODY, "m.room.message", { body: "да" }, never));
  fails = true;
  const send = () => engine.encrypt(ROOM, [STUDENT], EVERYBODY, "m.room.message", { body: "нет" }, never);
  await expect(send()).rejects.toThrow(EngineBroken);
  await expect(engine.broken).rejects.toMatchObject({ code: "store" });
  fails = false;
  await expect(send(), "not even when there is room again").rejects.toThrow(EngineBroken);
  await engine.close();
  expect(await open(file), "the next start goes on from what the disk has").toBe("opened");
});
