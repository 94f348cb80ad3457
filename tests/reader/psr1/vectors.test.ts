import { expect, test } from "vitest";
import { CERT_LENGTH, readCert } from "../../../adapters/web/reader/psr1/cert.ts";
import { commitment, nextDay, postKey, roomIdOf } from "../../../adapters/web/reader/psr1/crypto.ts";
import { carriedLength, fileIdOf, openFile } from "../../../adapters/web/reader/psr1/file.ts";
import { headFault, parseHead } from "../../../adapters/web/reader/psr1/head.ts";
import { readLink } from "../../../adapters/web/reader/psr1/link.ts";
import { decodePayload } from "../../../adapters/web/reader/psr1/payload.ts";
import { openRecord, parseRecord, recordFault } from "../../../adapters/web/reader/psr1/record.ts";
import { Book } from "../../../adapters/web/reader/room/book.ts";
import { cutParcel } from "../../../adapters/web/reader/room/parcel.ts";
import { fileContent, inputs } from "../../vectors/inputs.helper.ts";
import { libsodium } from "../../vectors/make.helper.ts";
import { vectors as v } from "../../vectors/read.helper.ts";

const hex = (b: Uint8Array) => Buffer.from(b).toString("hex");
const cert = readCert(v.certificate.bytes, v.root.public);
if (cert === null) throw new Error("the certificate of the vectors is refused");

test("room id, day steps, sealing keys and commitments", () => {
  expect(roomIdOf(v.root.public, v.room.salt)).toEqual(v.room.id);
  let key: Uint8Array = v.days[0]?.key ?? new Uint8Array();
  let epoch = v.days[0]?.epoch ?? 0;
  for (const day of v.days) {
    for (; epoch < day.epoch; epoch++) key = nextDay(key);
    expect(key).toEqual(day.key);
    expect(postKey(key)).toEqual(day.post_key);
    expect(commitment(key, v.room.id, epoch)).toEqual(day.commit);
  }
});

test("the certificate", () => {
  expect(cert).toMatchObject({
    serial: v.certificate.serial,
    onlinePk: v.online.public,
    notBefore: v.certificate.not_before,
    notAfter: v.certificate.not_after,
  });
});

test("records of every kind and of every size are verified, opened and understood", () => {
  const sizes = new Set<number>();
  const kinds = new Set<string>();
  for (const r of v.records) {
    const record = parseRecord(r.record);
    if (record === null) throw new Error(`record ${r.seq} is no record`);
    expect(record).toMatchObject({
      ...v.chain,
      seq: r.seq,
      epoch: r.epoch,
      prev: hex(r.prev),
      hash: hex(r.hash),
    });
    expect(recordFault(record, cert)).toBeNull();
    expect(openRecord(record, r.key)).toEqual({ ok: true, text: r.json });
    kinds.add(decodePayload(r.json)?.k ?? "refused");
    sizes.add(r.record.length - 208);
  }
  expect([...sizes].toSorted((a, b) => a - b)).toEqual([512, 1024, 2048, 4096, 8192, 16_384, 32_768]);
  expect([...kinds].toSorted()).toEqual(["digest", "edit", "info", "note", "other", "post", "retract"]);
});

test("the head", () => {
  const head = parseHead(v.head.bytes);
  if (head === null) throw new Error("no head");
  const { bytes: _, ...told } = v.head;
  expect(head).toMatchObject({ ...v.chain, ...told, roomId: v.room.id });
  expect(headFault(head, cert)).toBeNull();
});

test("the file, as libsodium seals it", async () => {
  const { size, id, key, sha256 } = v.file;
  const { carried } = await (await libsodium()).file(fileContent(size), { id, key });
  expect(carriedLength(size)).toBe(v.file.carried_length);
  expect(fileIdOf(carried)).toEqual(id);
  const opened = await openFile(carried, { id, key, hash: sha256, size }, async () => {});
  expect(Buffer.from(opened ?? []).equals(fileContent(size))).toBe(true);
});

test("join link with and without origins, locator and renewal", () => {
  const secret = {
    kind: "join",
    rootPk: v.root.public,
    salt: v.room.salt,
    ...v.chain,
    epoch: v.link.epoch,
    key: v.link.key,
  };
  expect(readLink(v.link.text)).toEqual({ ...secret, origins: v.link.origins });
  expect(readLink(v.link.text_without_origins)).toEqual({ ...secret, origins: [] });
  const last = v.records.at(-1);
  expect(readLink(v.locator.text)).toEqual({
    kind: "locator",
    roomId: hex(v.room.id),
    ...v.chain,
    seq: v.locator.seq,
    hash: hex(last?.hash.slice(0, 8) ?? new Uint8Array()),
  });
  expect(readLink(v.renewal)).toEqual({ kind: "renewal", cert: v.certificate.bytes });
});

test("the bundle: its certificate, then its records, and nothing torn", () => {
  expect(cutParcel(v.bundle.bytes)).toEqual({
    certs: [v.certificate.bytes],
    records: v.bundle.records.map((i) => v.records[i]?.record),
    torn: false,
  });
  expect(v.certificate.bytes).toHaveLength(CERT_LENGTH);
});

test("a device with the link takes every record of the vectors and the head", () => {
  const book = new Book(v.root.public, v.room.salt);
  book.addKey({ ...v.chain, epoch: v.link.epoch, key: v.link.key });
  expect(book.addCert(v.certificate.bytes)).toBe("added");
  for (const r of v.records)
    expect(book.addRecord(r.record)).toMatchObject({ ok: true, entry: { fault: null } });
  expect(book.addHead(v.head.bytes).ok).toBe(true);
});

test.each(v.refused.map((r) => [r.what, r] as const))("refused, at the right check: %s", (_, r) => {
  const book = new Book(v.root.public, v.room.salt);
  book.addKey({ ...v.chain, epoch: v.link.epoch, key: inputs.key });
  book.addCert(v.certificate.bytes);
  const added = book.addRecord(r.record);
  expect(added.ok ? added.entry.fault : added.fault).toBe(r.fault);
  // What passes up to the certificate's validity counts by header and hash; the rest leaves no trace.
  const counts = ["older-than-link", "commit", "sealed", "padding", "text"].includes(r.fault);
  expect(added.ok).toBe(counts);
  expect(book.entries.size).toBe(counts ? 1 : 0);
});
