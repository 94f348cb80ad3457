import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRecord as openWithNoble, parseRecord } from "../../adapters/web/reader/psr1/record.ts";
import { readCert } from "../../bridge/seal/cert.ts";
import { openFile } from "../../bridge/seal/file.ts";
import { readHead } from "../../bridge/seal/head.ts";
import { readJoinLink } from "../../bridge/seal/link.ts";
import { openRecord } from "../../bridge/seal/record.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { fileContent } from "../vectors/inputs.helper.ts";
import { libsodium } from "../vectors/make.helper.ts";
import { noble } from "../vectors/noble.helper.ts";
import { vectors as v } from "../vectors/read.helper.ts";

const lib = await ready();
const sodium = await libsodium();

test("what noble made, the bridge's libsodium reads: certificate, records, head and link", () => {
  const rootPk = noble.publicKey(v.root.seed);
  const { not_before: notBefore, not_after: notAfter, serial } = v.certificate;
  const onlinePk = noble.publicKey(v.online.seed);
  const cert = noble.cert({ rootSeed: v.root.seed, serial, onlinePk, notBefore, notAfter });
  expect(readCert(lib, cert, rootPk)).toEqual({ rootPk, serial, onlinePk, notBefore, notAfter });
  let prev: Uint8Array = new Uint8Array(32);
  for (const r of v.records) {
    const place = { ...v.chain, roomId: v.room.id, seq: r.seq, epoch: r.epoch };
    const record = noble.record({ ...r, ...place, prev, onlineSeed: v.online.seed });
    const opened = openRecord(lib, record, onlinePk, r.key);
    expect(opened).toEqual({ ok: true, header: { ...place, prev }, json: r.json });
    prev = noble.recordHash(record);
  }
  const { bytes: _, ...told } = v.head;
  const place = { ...v.chain, roomId: v.room.id, ...told };
  const head = noble.head({ ...place, onlineSeed: v.online.seed });
  expect(readHead(lib, head, onlinePk)).toEqual(place);
  const secret = { rootPk, salt: v.room.salt, ...v.chain, epoch: v.link.epoch, key: v.link.key };
  const link = noble.joinLink("https://reader.example/", secret, v.link.origins);
  expect(readJoinLink(lib, link)).toEqual({ secret, origins: v.link.origins });
});

test("a file that noble sealed, the bridge opens", async () => {
  for (const size of [0, 1, 65_536, 200_000]) {
    const content = fileContent(size);
    const { carried, hash } = await noble.file(content, v.file);
    expect(new Uint8Array(createHash("sha256").update(carried).digest())).toEqual(hash);
    const opened = openFile(lib, carried, { ...v.file, size, hash });
    expect(Buffer.from(opened ?? [1]).equals(content)).toBe(true);
  }
});

test("refused by the bridge too: all that the vectors name as badly laid out, signed, sealed or padded", () => {
  const checked = v.refused.filter((r) =>
    ["layout", "signature", "commit", "sealed", "padding"].includes(r.fault),
  );
  for (const r of checked)
    expect(openRecord(lib, r.record, v.online.public, v.link.key), r.what).toEqual({
      ok: false,
      fault: r.fault,
    });
  expect(checked.length).toBeGreaterThan(10);
});

test("any text, in any place and under any key: one library seals it and the other opens it, to the same bytes", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const any = fc.record({
    serial: fc.integer({ min: 1, max: 65_535 }),
    restart: fc.integer({ min: 0, max: 255 }),
    roomId: bytes(16),
    epoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    seq: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    prev: bytes(32),
    key: bytes(32),
    nonce: bytes(24),
    onlineSeed: bytes(32),
    json: fc.string({ unit: "binary", maxLength: 9000, size: "max" }).map((s) => s.toWellFormed()),
  });
  fc.assert(
    fc.property(any, (r) => {
      const record = sodium.record(r);
      expect(Buffer.from(noble.record(r)).equals(record)).toBe(true);
      const parsed = parseRecord(record);
      if (parsed === null) throw new Error("no record");
      expect(openWithNoble(parsed, r.key)).toEqual({ ok: true, text: r.json });
      expect(openRecord(lib, record, noble.publicKey(r.onlineSeed), r.key)).toMatchObject({ json: r.json });
    }),
    { seed: 1, numRuns: 60 },
  );
});

test("both halves take no record of serial 0", () => {
  const [first] = v.records;
  const record = noble.record({
    ...(first ?? expect.fail("the vectors hold no record")),
    ...v.chain,
    serial: 0,
    roomId: v.room.id,
    prev: new Uint8Array(32),
    onlineSeed: v.online.seed,
  });
  const onlinePk = noble.publicKey(v.online.seed);
  expect(parseRecord(record)).toBeNull();
  expect(openRecord(lib, record, onlinePk, first?.key ?? new Uint8Array(32))).toEqual({
    ok: false,
    fault: "layout",
  });
});
