import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemDisk } from "../../bridge/disk.ts";
import type { Disk } from "../../bridge/model/disk.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Carrier } from "../../bridge/seal/carrier.ts";
import { openWitness, witnessed } from "../../bridge/seal/witness.ts";
import { ROOM } from "../core.helper.ts";

const A = "a".repeat(32);
const B = "b".repeat(32);
const at = (serial: number, restart: number, seq: number) => ({ serial, restart, seq });

async function place(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-witness-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, "kept", "witness");
}

/** The disk, counting how often a file is begun. */
function counting() {
  let created = 0;
  const disk: Disk = {
    ...systemDisk,
    create(file, mode) {
      created++;
      return systemDisk.create(file, mode);
    },
  };
  return { disk, created: () => created };
}

test("what was noted is known after a new start, the highest of each room, in a file for its owner alone", async () => {
  const file = await place();
  const first = await openWitness(systemDisk, file);
  expect(first.known(A)).toBeNull();
  await first.note(A, at(1, 0, 7));
  await first.note(B, at(1, 3, 0));
  await first.note(A, at(1, 0, 5));
  const second = await openWitness(systemDisk, file);
  expect(second.known(A)).toEqual(at(1, 0, 7));
  expect(second.known(B)).toEqual(at(1, 3, 0));
  await second.note(A, at(2, 0, 0));
  expect((await openWitness(systemDisk, file)).known(A)).toEqual(at(2, 0, 0));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(["witness"]);
});

test("a hundred places noted at once cost a write or two, and one that is known costs none", async () => {
  const file = await place();
  const { disk, created } = counting();
  const witness = await openWitness(disk, file);
  await Promise.all(Array.from({ length: 100 }, (_, i) => witness.note(i % 2 === 0 ? A : B, at(1, 0, i))));
  expect(created()).toBeLessThanOrEqual(2);
  expect(witness.known(A)).toEqual(at(1, 0, 98));
  const before = created();
  await witness.note(A, at(1, 0, 98));
  await witness.note(B, at(1, 0, 3));
  expect(created()).toBe(before);
});

test("one that cannot be understood says so, and does not pass for an empty one", async () => {
  const file = await place();
  await systemDisk.makeFolder(path.dirname(file), 0o700);
  for (const text of ["", "nonsense", '{"v":2,"rooms":{}}', `{"v":1,"rooms":{"${A}":"1.0"}}`]) {
    await writeFile(file, text);
    expect((await openWitness(systemDisk, file)).damaged).toBe(true);
  }
  const mended = await openWitness(systemDisk, file);
  await mended.note(A, at(1, 0, 1));
  expect((await openWitness(systemDisk, file)).damaged).toBe(false);
});

test("a carrier shows nothing that the witness could not write down before", async () => {
  const file = await place();
  let full = true;
  const disk: Disk = {
    ...systemDisk,
    create: (name, mode) =>
      full
        ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }))
        : systemDisk.create(name, mode),
  };
  const witness = await openWitness(disk, file);
  const seen: string[] = [];
  let failed = 0;
  const carrier: Carrier = {
    name: "feed",
    async copy() {
      seen.push(await readFile(file, "utf8"));
    },
  };
  const careful = witnessed(carrier, witness, () => failed++);
  const view = (last: number, room: RoomName = ROOM) => ({
    room,
    roomId: A,
    certs: new Uint8Array(),
    head: null,
    chains: [{ serial: 1, restart: 2, first: 0, last }],
    records: () => [],
    isInfo: () => false,
    files: [],
  });
  const signal = new AbortController().signal;
  await expect(careful.copy(view(4), signal)).rejects.toThrow("full");
  expect(seen).toEqual([]);
  expect(failed).toBe(1);
  full = false;
  await careful.copy(view(4), signal);
  await careful.copy(view(9), signal);
  expect(seen).toEqual([expect.stringContaining("1.2.4"), expect.stringContaining("1.2.9")]);
});
