import { equal, hex } from "../psr1/bytes.ts";
import { type Cert, readCert } from "../psr1/cert.ts";
import { nextDay, roomIdOf } from "../psr1/crypto.ts";
import { type Head, headFault, parseHead } from "../psr1/head.ts";
import { decodePayload, type Payload } from "../psr1/payload.ts";
import { openRecord, parseRecord, type RecordBytes, recordFault } from "../psr1/record.ts";

/** A key that a link gave: it opens its day and later ones, from its chain on. */
export interface LinkKey {
  readonly serial: number;
  readonly restart: number;
  readonly epoch: number;
  readonly key: Uint8Array;
}

/** Why an input is not taken, in the order of the checks (PSR1, "What the reader does"). */
export type InputFault =
  | "layout"
  | "other-room"
  | "certificate"
  | "lower-chain"
  | "signature"
  | "validity"
  | "older-than-link"
  | "commit"
  | "sealed"
  | "padding"
  | "text";

/** A validly signed record. `payload` null: it does not open (`fault` says why) but counts by header and hash. */
export interface Entry {
  readonly record: RecordBytes;
  readonly chain: number;
  readonly payload: Payload | null;
  readonly fault: InputFault | null;
}

export type Added =
  | { readonly ok: true; readonly fresh: boolean; readonly entry: Entry }
  | { readonly ok: false; readonly fault: InputFault };

/** (serial, restart) as the number by which chains are compared. */
export const chainOf = (place: { readonly serial: number; readonly restart: number }): number =>
  place.serial * 256 + place.restart;

/**
 * Everything validly signed that this device has of a room, as a set: what is shown follows from the set alone, in
 * whatever order and from whatever carrier it came.
 */
export class Book {
  readonly roomId: Uint8Array;
  readonly rootPk: Uint8Array;
  readonly certs = new Map<number, Cert>();
  /** chain → seq → hash → entry. */
  readonly entries = new Map<number, Map<number, Map<string, Entry>>>();
  /** Verified heads: one for each (chain, seq, hash), the newest made. */
  readonly heads = new Map<string, Head>();
  readonly keys: LinkKey[] = [];
  readonly #days: Map<number, Uint8Array>[] = [];

  constructor(rootPk: Uint8Array, salt: Uint8Array) {
    this.rootPk = rootPk;
    this.roomId = roomIdOf(rootPk, salt);
  }

  /** The lowest chain that any link of the room begins with. */
  get lowest(): number {
    return Math.min(...this.keys.map(chainOf));
  }

  /** Adds a link's key. What did not open before is tried again. Answers whether it was new. */
  addKey(key: LinkKey): boolean {
    const same = (k: LinkKey) =>
      chainOf(k) === chainOf(key) && k.epoch === key.epoch && equal(k.key, key.key);
    if (this.keys.some(same)) return false;
    this.keys.push(key);
    this.#days.push(new Map([[key.epoch, key.key]]));
    for (const [chain, bySeq] of this.entries)
      for (const byHash of bySeq.values())
        for (const [hash, entry] of byHash)
          if (entry.payload === null) byHash.set(hash, this.#open(entry.record, chain));
    return true;
  }

  /** A certificate by the pinned root; a second, different one of a serial is refused. */
  addCert(bytes: Uint8Array): "added" | "known" | "refused" {
    const cert = readCert(bytes, this.rootPk);
    if (cert === null) return "refused";
    const known = this.certs.get(cert.serial);
    if (known !== undefined) return equal(known.bytes, cert.bytes) ? "known" : "refused";
    this.certs.set(cert.serial, cert);
    return "added";
  }

  addHead(
    bytes: Uint8Array,
  ): { readonly ok: true; readonly head: Head } | { readonly ok: false; readonly fault: InputFault } {
    const head = parseHead(bytes);
    if (head === null) return { ok: false, fault: "layout" };
    if (!equal(head.roomId, this.roomId)) return { ok: false, fault: "other-room" };
    const cert = this.certs.get(head.serial);
    if (cert === undefined) return { ok: false, fault: "certificate" };
    if (chainOf(head) < this.lowest) return { ok: false, fault: "lower-chain" };
    const fault = headFault(head, cert);
    if (fault !== null) return { ok: false, fault };
    const place = `${chainOf(head)}.${head.seq}.${hex(head.hash)}`;
    const known = this.heads.get(place);
    if (known === undefined || known.made < head.made) this.heads.set(place, head);
    return { ok: true, head };
  }

  addRecord(bytes: Uint8Array): Added {
    const record = parseRecord(bytes);
    if (record === null) return { ok: false, fault: "layout" };
    if (!equal(record.roomId, this.roomId)) return { ok: false, fault: "other-room" };
    const chain = chainOf(record);
    const known = this.entries.get(chain)?.get(record.seq)?.get(record.hash);
    if (known !== undefined) return { ok: true, fresh: false, entry: known };
    const cert = this.certs.get(record.serial);
    if (cert === undefined) return { ok: false, fault: "certificate" };
    if (chain < this.lowest) return { ok: false, fault: "lower-chain" };
    const fault = recordFault(record, cert);
    if (fault !== null) return { ok: false, fault };
    const entry = this.#open(record, chain);
    const bySeq = this.entries.get(chain) ?? new Map<number, Map<string, Entry>>();
    const byHash = bySeq.get(record.seq) ?? new Map<string, Entry>();
    this.entries.set(chain, bySeq.set(record.seq, byHash.set(record.hash, entry)));
    return { ok: true, fresh: true, entry };
  }

  /** The highest head by (chain, seq, made). */
  newestHead(): Head | null {
    let best: Head | null = null;
    for (const head of this.heads.values()) if (best === null || later(head, best)) best = head;
    return best;
  }

  /** What of the heads must be kept: the newest, and those that tell of records that are not here. */
  headsToKeep(): readonly Head[] {
    const newest = this.newestHead();
    const open = Math.max(...this.entries.keys());
    return [...this.heads.values()].filter(
      (head) =>
        head === newest ||
        (chainOf(head) >= open &&
          this.entries.get(chainOf(head))?.get(head.seq)?.has(hex(head.hash)) !== true),
    );
  }

  #open(record: RecordBytes, chain: number): Entry {
    let fault: InputFault = "older-than-link";
    for (const [i, link] of this.keys.entries()) {
      if (record.epoch < link.epoch || chain < chainOf(link)) continue;
      const opened = openRecord(record, this.#day(i, record.epoch));
      if (!opened.ok) {
        fault = opened.why;
        if (opened.why === "commit") continue;
        return { record, chain, payload: null, fault };
      }
      const payload = decodePayload(opened.text);
      return { record, chain, payload, fault: payload === null ? "text" : null };
    }
    return { record, chain, payload: null, fault };
  }

  /** K of a day from the i-th link, steps remembered. */
  #day(i: number, epoch: number): Uint8Array {
    const known = this.#days[i] ?? new Map<number, Uint8Array>();
    let from = epoch;
    while (!known.has(from)) from--;
    let key = known.get(from) ?? new Uint8Array(32);
    for (let e = from; e < epoch; e++) {
      key = nextDay(key);
      known.set(e + 1, key);
    }
    return key;
  }
}

export const later = (a: Head, b: Head): boolean => {
  const [x, y] = [chainOf(a), chainOf(b)];
  if (x !== y) return x > y;
  return a.seq !== b.seq ? a.seq > b.seq : a.made > b.made;
};
