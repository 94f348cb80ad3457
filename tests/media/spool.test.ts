import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { systemDisk } from "../../bridge/disk.ts";
import { type Failpoints, noFailpoints } from "../../bridge/failpoint.ts";
import { createSpool, rechunk } from "../../bridge/media/spool.ts";
import { MediaId } from "../../bridge/model/ids.ts";
import { ready } from "../../bridge/seal/sodium.ts";

const lib = await ready();
const ID = MediaId.parse("AAAAAAAAAAA");
const OTHER = MediaId.parse("BBBBBBBBBBB");
const key = new Uint8Array(32).fill(7);

async function spool(failpoints: Failpoints = noFailpoints) {
  const parent = await mkdtemp(path.join(tmpdir(), "postern-spool-"));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = path.join(parent, "spool");
  return { folder, spool: createSpool(lib, systemDisk, folder, failpoints), file: path.join(folder, ID) };
}
async function* pieces(...parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}
async function all(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}
const noise = (n: number): Buffer =>
  Buffer.from(Array.from({ length: n }, (_, i) => (i * 2_654_435_761) >>> 24));

test.each([0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])(
  "a file of %i bytes comes back as it went in, and lies sealed for its owner alone",
  async (size) => {
    const s = await spool();
    const content = noise(size);
    expect(await s.spool.write(ID, key, pieces(content.subarray(0, 10), content.subarray(10)))).toBe(size);
    expect((await all(s.spool.read(ID, key))).equals(content)).toBe(true);
    const raw = await readFile(s.file);
    if (size > 64) expect(raw.includes(content.subarray(0, 32))).toBe(false);
    if (process.platform === "win32") return;
    expect((await stat(s.file)).mode & 0o777).toBe(0o600);
    expect((await stat(s.folder)).mode & 0o777).toBe(0o700);
  },
);

test("with another key, a flipped bit, a torn end or chunks in another order it throws and never ends as if whole", async () => {
  const s = await spool();
  await s.spool.write(ID, key, pieces(noise(150_000)));
  const raw = await readFile(s.file);
  await expect(all(s.spool.read(ID, new Uint8Array(32)))).rejects.toThrow();
  const sealed = 65_536 + 17;
  const changed = [
    ...[0, 30, 70_000, raw.length - 1].map((at) => {
      const copy = Buffer.from(raw);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    }),
    raw.subarray(0, 24),
    raw.subarray(0, 24 + sealed),
    raw.subarray(0, raw.length - 5),
    Buffer.concat([
      raw.subarray(0, 24),
      raw.subarray(24 + sealed, 24 + 2 * sealed),
      raw.subarray(24, 24 + sealed),
    ]),
  ];
  for (const bytes of changed) {
    await writeFile(s.file, bytes);
    await expect(all(s.spool.read(ID, key))).rejects.toThrow();
  }
  await s.spool.remove(ID);
  await expect(all(s.spool.read(ID, key))).rejects.toThrow();
});

test("a stream that breaks, and a crash in the middle, leave no file under the name; a later try succeeds", async () => {
  let crash = true;
  const s = await spool((name) => {
    if (name === "media.middle" && crash) throw new Error("crash");
  });
  const broken = (async function* () {
    yield noise(70_000);
    throw new Error("reset");
  })();
  await expect(s.spool.write(ID, key, pieces(noise(70_000)))).rejects.toThrow("crash");
  expect(await readdir(s.folder)).toEqual([]);
  crash = false;
  await expect(s.spool.write(ID, key, broken)).rejects.toThrow("reset");
  expect(await readdir(s.folder)).toEqual([]);
  await s.spool.write(ID, key, pieces(noise(70_000)));
  expect((await all(s.spool.read(ID, key))).equals(noise(70_000))).toBe(true);
});

test("sweeping removes what nobody needs, parts of files among it, and keeps the rest", async () => {
  const s = await spool();
  await s.spool.sweep(new Set());
  await s.spool.write(ID, key, pieces(noise(10)));
  await s.spool.write(OTHER, key, pieces(noise(10)));
  await writeFile(path.join(s.folder, `${ID}.part`), "left by a crash");
  await s.spool.sweep(new Set([ID]));
  expect(await readdir(s.folder)).toEqual([ID]);
});

test("a stream is cut into pieces of one size whatever pieces it came in; only the last is shorter and says so", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 33 }),
      async (parts, size) => {
        const out: { readonly bytes: Uint8Array; readonly last: boolean }[] = [];
        for await (const piece of rechunk(pieces(...parts), size)) out.push(piece);
        expect(Buffer.concat(out.map((p) => p.bytes)).equals(Buffer.concat(parts))).toBe(true);
        expect(out.map((p) => p.last)).toEqual(out.map((_, i) => i === out.length - 1));
        for (const piece of out.slice(0, -1)) expect(piece.bytes.length).toBe(size);
        if (out.length > 1) expect(out.at(-1)?.bytes.length).toBeGreaterThan(0);
      },
    ),
    { seed: 20261102, numRuns: 300 },
  );
});
