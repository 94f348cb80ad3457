import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type BackupResult, makeBackup } from "../../bridge/backup/backup.ts";
import { isEmptyFolder, openBackup } from "../../bridge/backup/restore.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { checkInstance, markInstance } from "../../bridge/instance.ts";
import type { Disk } from "../../bridge/model/disk.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { openDatabase } from "../../bridge/store/db.ts";
import { createVault } from "../../bridge/vault/vault.ts";
import { core, media, open, post, ROOM, soon, start, type TestCore, texts } from "../core.helper.ts";
import { searchFolder } from "../leak/search.helper.ts";

const KEY = new Uint8Array(32).fill(42);
const TEXT = "Канарейка в объявлении 6c1e";
const SETTINGS = "version: 1\n# canary-in-settings-77b2\n";
const SECOND = RoomName.parse("second");
const codeOf = (room: number): Uint8Array => new Uint8Array(32).fill(room);

/** A core with one post and its file, which two rooms with different recovery codes have. */
async function filled(): Promise<TestCore> {
  const c = await core({ rooms: [ROOM, SECOND] });
  c.source.files.set("ref", () => open(Buffer.alloc(150_000, "план занятий ")));
  const runtime = start(c);
  c.source.tell({ type: "posted", at: c.clock.now(), post: post(1, TEXT, { attachments: [media("ref")] }) });
  await soon(() => expect(texts(c)).toEqual([TEXT]));
  await soon(() => expect(c.bridge.store.seal.fileIds(ROOM)).toHaveLength(1));
  await runtime.stop();
  await markInstance(c.db, c.folder);
  return c;
}

const write = (c: TestCore, file: string, disk: Disk = systemDisk): Promise<BackupResult> =>
  makeBackup({
    lib: c.lib,
    disk,
    db: c.db,
    seal: c.bridge.store.seal,
    dataFolder: c.folder,
    roomFile: (room, id) => c.bridge.files.path(room, id),
    vaultKey: KEY,
    settings: new TextEncoder().encode(SETTINGS),
    file,
    now: c.clock.now(),
  });

/** The backup of a filled core, beside its folder. */
async function backedUp() {
  const c = await filled();
  const away = path.join(c.folder, "away");
  await mkdir(away);
  const file = path.join(away, "backup");
  const made = await write(c, file);
  return { c, away, file, made };
}

async function restored(c: TestCore, file: string, to: string, code = codeOf(1)): Promise<string> {
  const opened = await openBackup(c.lib, systemDisk, file, code);
  if (!opened.ok) return opened.code;
  const unpacked = await opened.backup.unpack(to);
  if (unpacked === "done") await opened.backup.finish(to);
  else await opened.backup.discard(to);
  await opened.backup.close();
  return unpacked;
}

test("either of two recovery codes brings back database, files, settings and the vault's key", async () => {
  const { c, away, file, made } = await backedUp();
  expect(made).toMatchObject({ ok: true, opens: [[ROOM], [SECOND]], closed: [] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  for (const [i, code] of [codeOf(1), codeOf(2)].entries()) {
    const opened = await openBackup(c.lib, systemDisk, file, code);
    if (!opened.ok) throw new Error(opened.code);
    expect(opened.backup.manifest).toMatchObject({ made: c.clock.now(), rooms: [ROOM, SECOND] });
    expect(new Uint8Array(opened.backup.vaultKey)).toEqual(KEY);
    expect(Buffer.from(opened.backup.settings ?? []).toString()).toBe(SETTINGS);
    await opened.backup.close();
    const to = path.join(away, `restored-${i}`);
    expect(await restored(c, file, to, code)).toBe("done");
    const db = openDatabase(path.join(to, "postern.db"), createVault(c.lib, KEY));
    if (!db.ok) throw new Error(db.problem.code);
    expect(await checkInstance(db.db, to)).toBe("restored");
    db.db.close();
    const again = await core({ folder: to, rooms: [ROOM, SECOND] });
    expect(texts(again)).toEqual([TEXT]);
    for (const room of [ROOM]) {
      const [id] = again.bridge.store.seal.fileIds(room);
      if (id === undefined) throw new Error("no file");
      expect(await readFile(again.bridge.files.path(room, id))).toEqual(
        await readFile(c.bridge.files.path(room, id)),
      );
    }
  }
});

test("nothing in it is clear, the folder's mark is not in it, and no copy of the database stays behind", async () => {
  const { c, away } = await backedUp();
  const mark = await readFile(path.join(c.folder, "state", "instance"));
  expect(searchFolder(away, [TEXT, "canary-in-settings-77b2", "план занятий", "postern.db", ROOM])).toEqual(
    [],
  );
  expect((await readFile(path.join(away, "backup"))).includes(mark)).toBe(false);
  expect(await readdir(path.join(c.folder, "state"))).toEqual(["instance"]);
  expect(await readdir(away)).toEqual(["backup"]);
});

test("another recovery code does not open it", async () => {
  const { c, file, away } = await backedUp();
  expect(await restored(c, file, path.join(away, "to"), codeOf(9))).toBe("wrong_code");
  expect(existsSync(path.join(away, "to"))).toBe(false);
});

test("with any byte changed, cut off or added, it is refused and nothing of it stays", async () => {
  const { c, file, away } = await backedUp();
  const whole = await readFile(file);
  const to = path.join(away, "to");
  const places = [
    ...Array.from({ length: 9 + 160 + 24 + 40 }, (_, i) => i),
    ...Array.from({ length: 60 }, (_, i) => Math.floor((whole.length / 60) * i)),
    ...[65_536, 65_553, 65_554, 65_570].map((n) => n + 193),
    ...Array.from({ length: 20 }, (_, i) => whole.length - 1 - i),
  ].filter((n) => n < whole.length);
  const bad = path.join(away, "bad");
  const refused = async (bytes: Buffer, how: string) => {
    await writeFile(bad, bytes);
    expect(await restored(c, bad, to), how).toMatch(/^(damaged|wrong_code|not_a_backup)$/);
    expect(existsSync(to) ? await readdir(to) : [], how).toEqual([]);
  };
  for (const n of new Set(places)) {
    const bytes = Buffer.from(whole);
    bytes[n] = (bytes[n] ?? 0) ^ 1;
    await refused(bytes, `byte ${n}`);
  }
  for (const n of [0, 5, 9, 100, 193, 194, 210, 1000, 65_730, whole.length - 1])
    await refused(whole.subarray(0, n), `cut at ${n}`);
  await refused(Buffer.concat([whole, Buffer.from([0])]), "one byte more");
  await writeFile(bad, whole);
  expect(await restored(c, bad, to)).toBe("done");
});

test("it never takes the place of a file, and a disk without room leaves nothing behind", async () => {
  const { c, file, away } = await backedUp();
  const before = await readFile(file);
  expect(await write(c, file)).toEqual({ ok: false, code: "exists" });
  expect(await readFile(file)).toEqual(before);
  const small: Disk = {
    ...systemDisk,
    async create(name, mode) {
      const handle = await systemDisk.create(name, mode);
      let left = 100_000;
      return {
        ...handle,
        async write(bytes) {
          left -= bytes.length;
          if (left < 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
          await handle.write(bytes);
        },
      };
    },
  };
  expect(await write(c, path.join(away, "second"), small)).toEqual({ ok: false, code: "no_space" });
  expect(await write(c, path.join(away, "none", "second"))).toEqual({ ok: false, code: "unwritable" });
  expect(await readdir(away)).toEqual(["backup"]);
  expect(await readdir(path.join(c.folder, "state"))).toEqual(["instance"]);
  const opened = await openBackup(c.lib, small, file, codeOf(1));
  if (!opened.ok) throw new Error(opened.code);
  const to = path.join(away, "to");
  expect(await opened.backup.unpack(to)).toBe("no_space");
  await opened.backup.discard(to);
  expect(await isEmptyFolder(systemDisk, to)).toBe(true);
});

test("a disk that gives back something else than was written is found out before the backup has its name", async () => {
  const { c, away } = await backedUp();
  const lying: Disk = {
    ...systemDisk,
    async open(name) {
      const reader = await systemDisk.open(name);
      if (!name.endsWith(".part")) return reader;
      let read = 0;
      return {
        ...reader,
        async read(n) {
          const bytes = new Uint8Array(await reader.read(n));
          read += bytes.length;
          if (read > 70_000 && bytes.length > 0) bytes[0] = (bytes[0] ?? 0) ^ 1;
          return bytes;
        },
      };
    },
  };
  expect(await write(c, path.join(away, "second"), lying)).toEqual({ ok: false, code: "not_verified" });
  expect(await readdir(away)).toEqual(["backup"]);
});

test("without keys, and of rooms whose backup key was never kept, there is none; one of several is told apart", async () => {
  const c = await filled();
  const file = path.join(c.folder, "backup");
  const rootOf = (room: RoomName) => c.bridge.store.seal.get(room)?.rootPk;
  c.db.prepare("DELETE FROM seal_backups WHERE root_pk = ?").run(rootOf(SECOND));
  expect(await write(c, file)).toMatchObject({ ok: true, opens: [[ROOM]], closed: [SECOND] });
  expect(await restored(c, file, path.join(c.folder, "to"), codeOf(2))).toBe("wrong_code");
  c.db.prepare("DELETE FROM seal_backups").run();
  expect(await write(c, `${file}2`)).toEqual({ ok: false, code: "no_code" });
  const none = await core({ rooms: [] });
  expect(await write(none, path.join(none.folder, "backup"))).toEqual({ ok: false, code: "no_rooms" });
});

test("a backup while posts come in is of one moment, and does not hold them up", async () => {
  const c = await filled();
  const runtime = start(c);
  const file = path.join(c.folder, "backup");
  const making = write(c, file);
  for (let n = 2; n < 40; n++)
    c.source.tell({ type: "posted", at: c.clock.now(), post: post(n, `Пост ${n}`) });
  expect(await making).toMatchObject({ ok: true });
  await soon(() => expect(texts(c)).toHaveLength(39));
  await runtime.stop();
  const to = path.join(c.folder, "to");
  expect(await restored(c, file, to)).toBe("done");
  const again = await core({ folder: to, rooms: [ROOM, SECOND] });
  const then = texts(again);
  expect(then.length).toBeGreaterThan(0);
  expect(texts(c).slice(0, then.length)).toEqual(then);
});
