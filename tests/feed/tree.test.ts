import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import type { Disk } from "../../bridge/model/disk.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import type { LogView } from "../../bridge/seal/carrier.ts";

const ROOM = "00112233445566778899aabbccddeeff";

/** A disk that counts what it is asked, and can refuse to rename. */
function countingDisk() {
  const state = { asked: 0, full: false };
  const counted =
    <A extends readonly unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      state.asked++;
      return work(...args);
    };
  const disk: Disk = {
    makeFolder: counted(systemDisk.makeFolder),
    create: counted(systemDisk.create),
    open: counted(systemDisk.open),
    read: counted(systemDisk.read),
    size: counted(systemDisk.size),
    rename: counted((from: string, to: string) =>
      state.full ? Promise.reject(new Error("no room")) : systemDisk.rename(from, to),
    ),
    link: counted(systemDisk.link),
    remove: counted(systemDisk.remove),
    list: counted(systemDisk.list),
    syncFolder: counted(systemDisk.syncFolder),
  };
  return { state, disk };
}

async function feed() {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-tree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { state, disk } = countingDisk();
  const sealed = path.join(folder, "files");
  await mkdir(sealed);
  const files: { id: string; path: string }[] = [];
  let [first, last] = [0, -1];
  const record = (seq: number) => Buffer.from(`<${seq}>`);
  const view = (): LogView => ({
    room: RoomName.parse("one"),
    roomId: ROOM,
    certs: Buffer.from("certificates"),
    head: Buffer.from(`head ${last}`),
    chains: [{ serial: 1, restart: 0, first, last }],
    records: (serial, restart, from, limit) =>
      Array.from({ length: Math.min(limit, last - from + 1) }, (_, i) => from + i).map((seq) => ({
        serial,
        restart,
        seq,
        epoch: 1,
        record: record(seq),
      })),
    isInfo: () => false,
    files: [...files],
  });
  const carrier = createTreeCarrier(disk, path.join(folder, "feed"), noFailpoints);
  const own = path.join(folder, "feed", ROOM);
  return {
    state,
    sealed,
    grow(n: number) {
      last += n;
    },
    trim(to: number) {
      first = to;
    },
    async file(id: string, there = true) {
      files.push({ id, path: path.join(sealed, id) });
      if (there) await writeFile(path.join(sealed, id), `sealed ${id}`);
    },
    forget: () => files.shift(),
    copy: () => carrier.copy(view(), new AbortController().signal),
    segments: async () => (await readdir(path.join(own, "s", "1.0"))).map(Number).toSorted((a, b) => a - b),
    files: async () => (await readdir(path.join(own, "f"))).toSorted(),
    read: (...place: readonly string[]) => readFile(path.join(own, ...place), "utf8"),
  };
}

test("a copy costs what is new, however much is there", async () => {
  const f = await feed();
  f.grow(1);
  await f.file("a");
  await f.copy();
  const cost = async (): Promise<number> => {
    const before = f.state.asked;
    f.grow(1);
    await f.copy();
    return f.state.asked - before;
  };
  const small = await cost();
  f.grow(16 * 40);
  for (let i = 0; i < 200; i++) await f.file(`f${i}`);
  await f.copy();
  expect(await cost()).toBe(small);
  expect(await f.files()).toHaveLength(201);
  expect(await f.read("s", "1.0", "40")).toBe("<640><641><642>");
});

test("what the log no longer has goes from the tree, too", async () => {
  const f = await feed();
  f.grow(50);
  await f.file("a");
  await f.file("b");
  await f.copy();
  f.trim(32);
  f.forget();
  await f.copy();
  expect(await f.segments()).toEqual([2, 3]);
  expect(await f.files()).toEqual(["b"]);
});

test("after a copy that failed all is looked at anew, and a file that was lost comes when it is there again", async () => {
  const f = await feed();
  f.grow(20);
  await f.file("a", false);
  await f.copy();
  expect(await f.files()).toEqual([]);
  await writeFile(path.join(f.sealed, "a"), "sealed a");
  f.grow(1);
  f.state.full = true;
  await expect(f.copy()).rejects.toThrow("no room");
  f.state.full = false;
  await f.copy();
  expect(await f.files()).toEqual(["a"]);
  expect(await f.read("head")).toBe("head 20");
  expect(await f.read("s", "1.0", "1")).toBe("<16><17><18><19><20>");
});
