import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { carriedLength, fileIdOf, LARGEST_FILE, openFile } from "../../../adapters/web/reader/psr1/file.ts";
import { LARGEST_CONTENT, sealFile } from "../../../bridge/seal/file.ts";
import { ready } from "../../../bridge/seal/sodium.ts";
import { fileContent } from "../../vectors/inputs.helper.ts";

const lib = await ready();
const CHUNK = 65_552;
const HEADER = 24;
const breathe = async () => {};
const sha = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());

async function sealed(content: Uint8Array) {
  const pieces: Uint8Array[] = [];
  const whole = (async function* () {
    yield content;
  })();
  const answer = await sealFile(lib, whole, content.length, async (p) => void pieces.push(p.slice()));
  if (!answer.ok) throw new Error(answer.error);
  return { carried: new Uint8Array(Buffer.concat(pieces)), about: { ...answer, size: content.length } };
}

test("files of every awkward size, sealed by libsodium, are opened whole by noble", async () => {
  for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 200_001]) {
    const content = fileContent(size);
    const { carried, about } = await sealed(content);
    expect(carried).toHaveLength(carriedLength(size));
    expect(fileIdOf(carried)).toEqual(about.id);
    const opened = await openFile(carried, about, breathe);
    expect(opened !== null && Buffer.from(opened).equals(content)).toBe(true);
  }
});

test("a file that is cut, extended, re-ordered, turned by a bit or told another size is refused", async () => {
  const { carried, about } = await sealed(fileContent(200_000));
  const swapped = carried.slice();
  swapped.set(carried.subarray(HEADER + CHUNK, HEADER + 2 * CHUNK), HEADER);
  swapped.set(carried.subarray(HEADER, HEADER + CHUNK), HEADER + CHUNK);
  const turned = carried.slice();
  turned[HEADER + 5] = (turned[HEADER + 5] ?? 0) ^ 1;
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["cut by a byte", carried.slice(0, -1)],
    ["cut by a chunk", carried.slice(0, HEADER + 2 * CHUNK)],
    ["extended", new Uint8Array([...carried, 0])],
    ["re-ordered", swapped],
    ["turned by a bit", turned],
    ["nothing", new Uint8Array()],
  ];
  for (const [what, bad] of cases) {
    expect(await openFile(bad, about, breathe), what).toBeNull();
    // Even where the post itself tells the hash of the bad bytes.
    expect(await openFile(bad, { ...about, hash: sha(bad) }, breathe), what).toBeNull();
  }
  expect(await openFile(carried, { ...about, size: 199_999 }, breathe)).toBeNull();
  expect(await openFile(carried, { ...about, id: new Uint8Array(16) }, breathe)).toBeNull();
  expect(await openFile(carried, { ...about, key: new Uint8Array(32) }, breathe)).toBeNull();
  expect(await openFile(carried, { ...about, hash: new Uint8Array(32) }, breathe)).toBeNull();
});

test("padding that is not zero is refused", async () => {
  const content = new Uint8Array(65_536);
  content[40_000] = 1;
  const { carried, about } = await sealed(content);
  expect(await openFile(carried, { ...about, size: 40_000 }, breathe)).toBeNull();
  expect(await openFile(carried, { ...about, size: 40_001 }, breathe)).not.toBeNull();
});

test("a last chunk that is not marked as the last, or another that is, is refused", async () => {
  const { carried, about } = await sealed(fileContent(131_072));
  const shorter = carried.slice(0, HEADER + CHUNK);
  const told = { ...about, hash: sha(shorter), size: 65_536 };
  expect(shorter).toHaveLength(carriedLength(65_536));
  expect(await openFile(shorter, told, breathe)).toBeNull();
});

test("no file is larger as carried than the protocol's limit", () => {
  expect(carriedLength(LARGEST_CONTENT)).toBeLessThanOrEqual(LARGEST_FILE);
  expect(carriedLength(LARGEST_CONTENT + 1)).toBeGreaterThan(LARGEST_FILE);
});
