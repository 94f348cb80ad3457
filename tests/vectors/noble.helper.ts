/**
 * A second writer of PSR1, over @noble and apart from the bridge's code: what it makes must be, byte for byte, what
 * the bridge makes of the same inputs.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Maker } from "./make.helper.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const int = (value: number, size: number): Uint8Array => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return new Uint8Array(out.subarray(8 - size));
};
const url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const kdf = (context: string, key: Uint8Array): Uint8Array =>
  blake2b(new Uint8Array(), {
    dkLen: 32,
    key,
    salt: join(Uint8Array.of(1), new Uint8Array(15)),
    personalization: join(text(context), new Uint8Array(8)),
  });
const padme = (length: number): number => {
  const e = 31 - Math.clz32(length);
  const s = 32 - Math.clz32(e);
  const mask = 2 ** (e - s);
  return Math.ceil(length / mask) * mask;
};

export const noble: Maker = {
  publicKey: (seed) => ed25519.getPublicKey(seed),
  roomId: (root, salt) => blake2b(join(text("PSR1/room"), root, salt), { dkLen: 16 }),
  nextDay: (key) => kdf("PSR1next", key),
  postKey: (key) => kdf("PSR1post", key),
  commit: (key, room, epoch) => blake2b(join(text("PSR1/commit"), room, int(epoch, 4)), { dkLen: 32, key }),
  cert(c) {
    const root = ed25519.getPublicKey(c.rootSeed);
    const body = join(
      text("PSRA"),
      root,
      int(c.serial, 2),
      c.onlinePk,
      int(c.notBefore, 4),
      int(c.notAfter, 4),
    );
    return join(body, ed25519.sign(join(text("PSR1/cert"), body), c.rootSeed));
  },
  record(r) {
    const json = text(r.json);
    let size = 512;
    while (size <= json.length) size *= 2;
    const padded = join(json, Uint8Array.of(0x80), new Uint8Array(size - json.length - 1));
    const header = join(
      text("PSR1"),
      int(1, 1),
      int(r.serial, 2),
      int(r.restart, 1),
      r.roomId,
      int(r.epoch, 4),
      int(r.seq, 8),
      r.prev,
      int(72 + size, 4),
    );
    const sealed = xchacha20poly1305(kdf("PSR1post", r.key), r.nonce, header).encrypt(padded);
    const commit = blake2b(join(text("PSR1/commit"), r.roomId, int(r.epoch, 4)), { dkLen: 32, key: r.key });
    const body = join(commit, r.nonce, sealed);
    return join(header, body, ed25519.sign(join(text("PSR1/sig"), header, body), r.onlineSeed));
  },
  recordHash: (record) => blake2b(join(text("PSR1/rec"), record), { dkLen: 32 }),
  head(h) {
    const body = join(
      text("PSRH"),
      int(h.serial, 2),
      int(h.restart, 1),
      h.roomId,
      int(h.seq, 8),
      h.hash,
      int(h.first, 8),
      int(h.made, 4),
      int(h.seen, 4),
    );
    return join(body, ed25519.sign(join(text("PSR1/head"), body), h.onlineSeed));
  },
  async file(content, { id, key }) {
    const start = join(text("PSRF"), Uint8Array.of(1, 0, 0, 0));
    const padded = join(content, new Uint8Array(padme(Math.max(content.length, 65_536)) - content.length));
    const count = Math.ceil(padded.length / 65_536);
    const chunks = Array.from({ length: count }, (_, i) => {
      const nonce = join(id, new Uint8Array(3), int(i, 4), int(i === count - 1 ? 1 : 0, 1));
      return xchacha20poly1305(key, nonce, start).encrypt(padded.slice(i * 65_536, (i + 1) * 65_536));
    });
    const carried = join(start, id, ...chunks);
    return { carried, hash: sha256(carried) };
  },
  joinLink(page, j, origins) {
    const x = join(
      Uint8Array.of(1),
      j.rootPk,
      j.salt,
      int(j.serial, 2),
      int(j.restart, 1),
      int(j.epoch, 4),
      j.key,
    );
    const check = blake2b(join(text("PSR1/link"), x), { dkLen: 4 });
    const places = origins.map((o) => `${o.split("~").join("%7E")}`);
    return `${page}#j.${url(join(x, check))}${places.length > 0 ? `.${places.join("~")}` : ""}`;
  },
  locator: (page, at, hash) =>
    `${page}#p.${Buffer.from(at.roomId).toString("hex")}.${at.serial}.${at.restart}.${at.seq}.${url(hash.slice(0, 8))}`,
  renewal: (page, cert) => `${page}#a.${url(cert)}`,
  bundle: (cert, records) => join(cert, ...records),
};
