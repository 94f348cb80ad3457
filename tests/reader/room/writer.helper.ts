import { makeCert } from "../../../bridge/seal/cert.ts";
import { makeHead } from "../../../bridge/seal/head.ts";
import { dayKey, roomId, rootPair } from "../../../bridge/seal/keys.ts";
import { joinLink } from "../../../bridge/seal/link.ts";
import { recordHash, sealRecord } from "../../../bridge/seal/record.ts";
import { ready } from "../../../bridge/seal/sodium.ts";

const lib = await ready();

/** The moment at which tests begin, unix seconds, and its UTC day. */
export const NOW = Date.UTC(2026, 10, 2, 9) / 1000;
export const TODAY = Math.floor(NOW / 86_400);
const YEAR = 365 * 86_400;

export const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n);
export const hashOf = (record: Uint8Array): Uint8Array => recordHash(lib, record);
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** An announcement's id. */
export const idOf = (n: number): string =>
  Buffer.from([0, 0, 0, 0, 0, 0, n >> 8, n & 255]).toString("base64url");

/** Bytes with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const bad = bytes.slice();
  bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bad;
}

export type Words = Readonly<Record<string, unknown>>;

export const post = (n: number, text: string, more: Words = {}): Words => ({
  k: "post",
  id: idOf(n),
  rev: 0,
  text,
  marks: [],
  ...more,
});
export const edit = (n: number, rev: number, text: string, more: Words = {}): Words =>
  post(n, text, { k: "edit", rev, ...more });
export const retract = (n: number): Words => ({ k: "retract", id: idOf(n) });
export const note = (text: string): Words => ({ k: "note", text, why: "rep" });

/** Where the pieces of a record may be set by hand, to make ones that no honest writer makes. */
export interface Place {
  readonly epoch?: number;
  readonly t?: number;
  readonly seq?: number;
  readonly prev?: Uint8Array;
  /** The key of the record's day. */
  readonly key?: Uint8Array;
  readonly signer?: Uint8Array;
  readonly roomId?: Uint8Array;
  /** In place of the JSON of the payload. */
  readonly json?: string;
}

/** One chain of a room as a bridge writes it. */
export class Chain {
  readonly writer: RoomWriter;
  readonly serial: number;
  readonly restart: number;
  readonly records: Uint8Array[] = [];
  /** The seq that the next chain follows, as the database of the bridge knows it. */
  closedAt: number | null = null;
  #prev: Uint8Array;
  #epoch = 0;
  constructor(writer: RoomWriter, serial: number, restart: number, prev: Uint8Array) {
    this.writer = writer;
    this.serial = serial;
    this.restart = restart;
    this.#prev = prev;
  }
  get last(): Uint8Array {
    return this.records.at(-1) ?? new Uint8Array();
  }
  get lastHash(): Uint8Array {
    return this.#prev;
  }
  /** Appends a record; `t` counts up by a minute a record. */
  add(words: Words, at: Place = {}): Uint8Array {
    const record = this.make(words, at);
    this.records.push(record);
    this.#prev = hashOf(record);
    this.#epoch = at.epoch ?? this.#epoch;
    return record;
  }
  /** The record that {@link add} would append. */
  make(words: Words, at: Place = {}): Uint8Array {
    const { writer, serial, restart } = this;
    const epoch = at.epoch ?? (this.#epoch || TODAY);
    const seq = at.seq ?? this.records.length;
    const t = at.t ?? NOW - 3600 + seq * 60;
    return sealRecord(lib, {
      serial,
      restart,
      roomId: at.roomId ?? writer.roomId,
      epoch,
      seq,
      prev: at.prev ?? this.#prev,
      key: at.key ?? writer.key(epoch),
      onlineSecret: at.signer ?? writer.online(serial).privateKey,
      json: at.json ?? JSON.stringify({ v: 1, t, ...words }),
    });
  }
  head(more: { seq?: number; hash?: Uint8Array; first?: number; made?: number; seen?: number } = {}) {
    const seq = more.seq ?? this.records.length - 1;
    return makeHead(lib, {
      serial: this.serial,
      restart: this.restart,
      roomId: this.writer.roomId,
      seq,
      hash: more.hash ?? hashOf(this.records[seq] ?? new Uint8Array()),
      first: more.first ?? 0,
      made: more.made ?? NOW - 60,
      seen: more.seen ?? NOW - 90,
      onlineSecret: this.writer.online(this.serial).privateKey,
    });
  }
}

/** A room's keys and everything that can be signed with them, made with libsodium as in the bridge. */
export class RoomWriter {
  readonly root;
  readonly salt: Uint8Array;
  readonly roomId: Uint8Array;
  readonly firstKey: Uint8Array;
  readonly firstEpoch = TODAY - 20;
  readonly certs: Uint8Array[] = [];
  readonly chains: Chain[] = [];
  #newKey: { readonly from: number; readonly key: Uint8Array } | null = null;
  constructor(n = 1) {
    this.root = rootPair(lib, seed(n));
    this.salt = new Uint8Array(8).fill(n + 1);
    this.firstKey = seed(n + 2);
    this.roomId = roomId(lib, this.root.publicKey, this.salt);
    this.certify(1);
  }
  get id(): string {
    return hexOf(this.roomId);
  }
  online(serial: number) {
    return lib.crypto_sign_seed_keypair(seed(100 + serial));
  }
  certify(serial: number, from = NOW - YEAR, to = NOW + YEAR, online = this.online(serial).publicKey) {
    const cert = this.cert(serial, from, to, online);
    this.certs.push(cert);
    return cert;
  }
  cert(serial: number, from: number, to: number, online = this.online(serial).publicKey): Uint8Array {
    const { privateKey } = this.root;
    return makeCert(lib, { rootSecret: privateKey, serial, onlinePk: online, notBefore: from, notAfter: to });
  }
  key(epoch: number): Uint8Array {
    const { from, key } = this.#newKey ?? { from: this.firstEpoch, key: this.firstKey };
    return dayKey(lib, key, from, epoch);
  }
  /** From now on the room has another key. */
  rekey(): void {
    this.#newKey = { from: TODAY, key: seed(77) };
  }
  /**
   * Begins a chain with its info. `after`: the place and record that it follows; the newest record of the newest
   * chain where nothing is said.
   */
  begin(
    serial: number,
    restart: number,
    o: { after?: { chain: Chain; seq: number }; info?: Words; at?: Place } = {},
  ) {
    const newest = this.chains.at(-1);
    const follows =
      o.after ?? (newest === undefined ? undefined : { chain: newest, seq: newest.records.length - 1 });
    if (follows !== undefined) follows.chain.closedAt = follows.seq;
    const record = follows?.chain.records[follows.seq];
    const chain = new Chain(
      this,
      serial,
      restart,
      record === undefined ? new Uint8Array(32) : hashOf(record),
    );
    this.chains.push(chain);
    const after =
      follows === undefined
        ? {}
        : { after: { serial: follows.chain.serial, restart: follows.chain.restart, seq: follows.seq } };
    chain.add({ ...this.info(chain, follows), ...after, ...o.info }, o.at);
    return chain;
  }
  /** An info as the bridge writes it, `follows` being the last record of the chain before. */
  info(of: Chain, follows?: { chain: Chain; seq: number }): Words {
    const before = follows === undefined ? [] : this.chains.slice(0, this.chains.indexOf(follows.chain) + 1);
    return {
      k: "info",
      title: "Расписание",
      zone: "Europe/Moscow",
      lang: "ru",
      history: 14,
      origins: [],
      chains: [
        ...before.map((c) => {
          const last = c.closedAt ?? c.records.length - 1;
          const hash = Buffer.from(hashOf(c.records[last] ?? new Uint8Array())).toString("base64url");
          return { serial: c.serial, restart: c.restart, first: 0, last, hash };
        }),
        { serial: of.serial, restart: of.restart, first: 0 },
      ],
    };
  }
  link(
    o: {
      serial?: number;
      restart?: number;
      epoch?: number;
      origins?: readonly string[];
      key?: Uint8Array;
    } = {},
  ) {
    const epoch = o.epoch ?? TODAY - 14;
    const secret = {
      rootPk: this.root.publicKey,
      salt: this.salt,
      serial: o.serial ?? 1,
      restart: o.restart ?? 0,
      epoch,
      key: o.key ?? this.key(epoch),
    };
    return joinLink(lib, "https://reader.example/", secret, o.origins ?? ["a.example"]);
  }
}
