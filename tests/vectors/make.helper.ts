import { bundle } from "../../bridge/seal/bundle.ts";
import { makeCert } from "../../bridge/seal/cert.ts";
import { sealFile } from "../../bridge/seal/file.ts";
import { makeHead } from "../../bridge/seal/head.ts";
import { commitment, nextDay, postKey, roomId, rootPair } from "../../bridge/seal/keys.ts";
import { type JoinSecret, joinLink, locator, renewal } from "../../bridge/seal/link.ts";
import { recordHash, sealRecord } from "../../bridge/seal/record.ts";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { bytes, fileContent, hex, inputs, payloads } from "./inputs.helper.ts";
import { makeRefused } from "./refused.helper.ts";

interface Place {
  readonly roomId: Uint8Array;
  readonly serial: number;
  readonly restart: number;
  readonly seq: number;
}

/** All that writes PSR1, over one library or another. Keys that sign are seeds of 32 bytes. */
export interface Maker {
  publicKey(seed: Uint8Array): Uint8Array;
  roomId(rootPk: Uint8Array, salt: Uint8Array): Uint8Array;
  nextDay(key: Uint8Array): Uint8Array;
  postKey(key: Uint8Array): Uint8Array;
  commit(key: Uint8Array, room: Uint8Array, epoch: number): Uint8Array;
  cert(c: {
    readonly rootSeed: Uint8Array;
    readonly serial: number;
    readonly onlinePk: Uint8Array;
    readonly notBefore: number;
    readonly notAfter: number;
  }): Uint8Array;
  record(
    r: Place & {
      readonly epoch: number;
      readonly prev: Uint8Array;
      readonly key: Uint8Array;
      readonly nonce: Uint8Array;
      readonly onlineSeed: Uint8Array;
      readonly json: string;
    },
  ): Uint8Array;
  recordHash(record: Uint8Array): Uint8Array;
  head(
    h: Place & {
      readonly hash: Uint8Array;
      readonly first: number;
      readonly made: number;
      readonly seen: number;
      readonly onlineSeed: Uint8Array;
    },
  ): Uint8Array;
  file(
    content: Uint8Array,
    secrets: { readonly id: Uint8Array; readonly key: Uint8Array },
  ): Promise<{ readonly carried: Uint8Array; readonly hash: Uint8Array }>;
  joinLink(page: string, secret: JoinSecret, origins: readonly string[]): string;
  locator(page: string, at: Place, hash: Uint8Array): string;
  renewal(page: string, cert: Uint8Array): string;
  bundle(cert: Uint8Array, records: readonly Uint8Array[]): Uint8Array;
}

/** The bridge's own writer, over libsodium. */
export async function libsodium(): Promise<Maker> {
  const lib = await ready();
  const secret = (seed: Uint8Array) => lib.crypto_sign_seed_keypair(seed).privateKey;
  return {
    publicKey: (seed) => rootPair(lib, seed).publicKey,
    roomId: (root, salt) => roomId(lib, root, salt),
    nextDay: (key) => nextDay(lib, key),
    postKey: (key) => postKey(lib, key),
    commit: (key, room, epoch) => commitment(lib, key, room, epoch),
    cert: (c) => makeCert(lib, { ...c, rootSecret: secret(c.rootSeed) }),
    record: (r) => sealRecord(lib, { ...r, onlineSecret: secret(r.onlineSeed) }, r.nonce),
    recordHash: (record) => recordHash(lib, record),
    head: (h) => makeHead(lib, { ...h, onlineSecret: secret(h.onlineSeed) }),
    async file(content, secrets) {
      const carried: Uint8Array[] = [];
      const whole = (async function* () {
        yield content;
      })();
      const write = async (piece: Uint8Array) => void carried.push(piece.slice());
      const sealed = await sealFile(lib, whole, content.length, write, secrets);
      if (!sealed.ok) throw new Error(sealed.error);
      return { carried: new Uint8Array(Buffer.concat(carried)), hash: sealed.hash };
    },
    joinLink: (page, j, origins) => joinLink(lib, page, j, origins),
    locator,
    renewal,
    bundle,
  };
}

/** The vectors as one writer makes them, with every input that leads to them. */
export async function makeVectors(make: Maker) {
  const rootPk = make.publicKey(inputs.rootSeed);
  const onlinePk = make.publicKey(inputs.onlineSeed);
  const room = make.roomId(rootPk, inputs.salt);
  const { serial, restart, epoch, onlineSeed } = inputs;
  const dayKey = (day: number): Uint8Array => {
    let key = inputs.key;
    for (let e: number = epoch; e < day; e++) key = make.nextDay(key);
    return key;
  };
  const { notBefore, notAfter } = inputs;
  const cert = make.cert({ rootSeed: inputs.rootSeed, serial, onlinePk, notBefore, notAfter });
  let prev: Uint8Array = new Uint8Array(32);
  const sealed: Uint8Array[] = [];
  const records = payloads.map((json, seq) => {
    const day = seq < 8 ? epoch : epoch + 3;
    const nonce = bytes(24, 11 * seq);
    const key = dayKey(day);
    const place = { serial, restart, roomId: room, epoch: day, seq };
    const record = make.record({ ...place, prev, key, nonce, onlineSeed, json });
    const before = prev;
    prev = make.recordHash(record);
    sealed.push(record);
    return {
      seq,
      epoch: day,
      prev: hex(before),
      key: hex(key),
      nonce: hex(nonce),
      json,
      record: hex(record),
      hash: hex(prev),
    };
  });
  const at = { roomId: room, serial, restart, seq: records.length - 1 };
  const times = { first: 0, made: 1_790_000_100, seen: 1_790_000_050 };
  const head = make.head({ ...at, ...times, hash: prev, onlineSeed });
  const file = await make.file(fileContent(inputs.fileSize), { id: inputs.fileId, key: inputs.fileKey });
  const secret = { rootPk, salt: inputs.salt, serial, restart, epoch, key: inputs.key };
  return {
    about:
      "Test vectors of PSR1, see docs/psr1.md. Bytes are in hex, lower case; links are as typed. Everything follows from the inputs beside it: make it anew and compare, then open it. No key here may be used for a real room.",
    root: {
      seed: hex(inputs.rootSeed),
      public: hex(rootPk),
      recovery_code: recoveryCode(inputs.rootSeed),
    },
    online: { seed: hex(onlineSeed), public: hex(onlinePk) },
    room: { salt: hex(inputs.salt), id: hex(room) },
    days: [0, 1, 2, 3, 30].map((n) => {
      const key = dayKey(epoch + n);
      return {
        epoch: epoch + n,
        key: hex(key),
        post_key: hex(make.postKey(key)),
        commit: hex(make.commit(key, room, epoch + n)),
      };
    }),
    certificate: { serial, not_before: notBefore, not_after: notAfter, bytes: hex(cert) },
    chain: { serial, restart },
    records,
    head: { seq: at.seq, hash: hex(prev), ...times, bytes: hex(head) },
    file: {
      content: "byte i is i mod 251",
      size: inputs.fileSize,
      id: hex(inputs.fileId),
      key: hex(inputs.fileKey),
      carried_length: file.carried.length,
      carried_first_64: hex(file.carried.subarray(0, 64)),
      carried_last_64: hex(file.carried.subarray(-64)),
      sha256: hex(file.hash),
    },
    bundle: { records: [0, 1], bytes: hex(make.bundle(cert, sealed.slice(0, 2))) },
    link: {
      page: inputs.page,
      epoch,
      key: hex(inputs.key),
      origins: [...inputs.origins],
      text: make.joinLink(inputs.page, secret, inputs.origins),
      text_without_origins: make.joinLink(inputs.page, secret, []),
    },
    locator: { seq: at.seq, text: make.locator(inputs.page, at, prev) },
    renewal: make.renewal(inputs.page, cert),
    refused: makeRefused(make, room),
  };
}
