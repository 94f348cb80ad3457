import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytes, hex, inputs } from "./inputs.helper.ts";
import type { Maker } from "./make.helper.ts";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
/** A point of order 8. */
export const torsion = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

const number = (b: Uint8Array): bigint => b.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
const little = (n: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));

/**
 * A signature whose R is r·B + `add`: the equation with the cofactor holds, the one without does not where `add`
 * has a small order.
 */
export function crookedSignature(
  seed: Uint8Array,
  message: Uint8Array,
  r: bigint,
  add = torsion,
): Uint8Array {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const point = r === 0n ? add : Point.BASE.multiply(r).add(add);
  const k = number(sha512(new Uint8Array([...point.toBytes(), ...pointBytes, ...message]))) % ORDER;
  return new Uint8Array([...point.toBytes(), ...little((r + k * scalar) % ORDER)]);
}

/** Records that must be refused, each with the first check that fails. The first record's key opens all but one. */
export function makeRefused(make: Maker, room: Uint8Array) {
  const { serial, restart, epoch, key, onlineSeed } = inputs;
  const json = JSON.stringify({ v: 1, t: 1_790_000_000, k: "retract", id: "AAECAwQFBgc" });
  const whole = {
    ...{ serial, restart, roomId: room, epoch, seq: 0, prev: new Uint8Array(32), key },
    ...{ nonce: bytes(24, 7), onlineSeed, json },
  };
  const signed = (record: Uint8Array, sign: (message: Uint8Array) => Uint8Array): Uint8Array => {
    const body = record.slice(0, -64);
    const signature = sign(new Uint8Array([...new TextEncoder().encode("PSR1/sig"), ...body]));
    return new Uint8Array([...body, ...signature]);
  };
  const good = make.record(whole);
  const crooked = (r: bigint, add = torsion) => signed(good, (m) => crookedSignature(onlineSeed, m, r, add));
  const utf8 = new TextEncoder();
  /** The good record with other bytes sealed in it, signed as it should be. */
  const filled = (size: number, ...parts: readonly Uint8Array[]): Uint8Array => {
    const padded = new Uint8Array(size);
    padded.set(Buffer.concat(parts));
    const header = good.slice(0, 72);
    new DataView(header.buffer).setUint32(68, 72 + size);
    const sealed = xchacha20poly1305(make.postKey(key), whole.nonce, header).encrypt(padded);
    const record = new Uint8Array([...header, ...good.slice(72, 128), ...sealed, ...new Uint8Array(64)]);
    return signed(record, (m) => ed25519.sign(m, onlineSeed));
  };
  const end = Uint8Array.of(0x80);
  const days = (n: number) => epoch + n;
  /** The commitment is right, the text is not sealed under the day's key. */
  const swapped = (): Uint8Array => {
    const other = make.record({ ...whole, key: make.nextDay(key) });
    const record = new Uint8Array([...good.slice(0, 104), ...other.slice(104)]);
    return signed(record, (m) => ed25519.sign(m, onlineSeed));
  };
  const lastDay = Math.floor((inputs.notAfter + 2 * 86_400) / 86_400);
  const list: readonly (readonly [string, string, Uint8Array])[] = [
    ["cut off by one byte", "layout", good.slice(0, -1)],
    ["one byte too many", "layout", new Uint8Array([...good, 0])],
    ["of another room", "other-room", make.record({ ...whole, roomId: bytes(16, 1) })],
    ["under a serial without certificate", "certificate", make.record({ ...whole, serial: 9 })],
    ["of a chain below the link's", "lower-chain", make.record({ ...whole, restart: restart - 1 })],
    ["signed by another key", "signature", make.record({ ...whole, onlineSeed: bytes(32, 200) })],
    ["a signature whose R has torsion", "signature", crooked(777n)],
    ["a signature whose R has a small order", "signature", crooked(0n)],
    ["a signature whose R is the neutral point", "signature", crooked(0n, Point.ZERO)],
    ["three days after the certificate", "validity", make.record({ ...whole, epoch: lastDay + 1 })],
    ["three days before the certificate", "validity", make.record({ ...whole, epoch: days(-4) })],
    ["older than the link", "older-than-link", make.record({ ...whole, epoch: days(-1) })],
    ["under another key", "commit", make.record({ ...whole, key: bytes(32, 9) })],
    ["sealed under another day's key", "sealed", swapped()],
    ["padding that is not zero", "padding", filled(512, utf8.encode(json), end, Uint8Array.of(0, 1))],
    ["padding without its first byte", "padding", filled(512, utf8.encode(json))],
    ["nothing but zeros", "padding", filled(512)],
    ["a larger size than needed", "padding", filled(1024, utf8.encode(json), end)],
    ["a size that is none of the seven", "layout", filled(256, utf8.encode(json), end)],
    ["twice the largest size", "layout", filled(65_536, utf8.encode("x".repeat(40_000)), end)],
    ["not UTF-8", "text", filled(512, utf8.encode(json.slice(0, -3)), Uint8Array.of(0xff, 0x22, 0x7d), end)],
    ["another version", "text", make.record({ ...whole, json: json.replace('"v":1', '"v":2') })],
    ["a byte order mark", "text", make.record({ ...whole, json: `\ufeff${json}` })],
    ["not JSON", "text", make.record({ ...whole, json: "retract" })],
  ];
  return list.map(([what, fault, record]) => ({ what, fault, record: hex(record) }));
}
