import { makeCert } from "../../bridge/seal/cert.ts";
import { carriedLength, sealFile } from "../../bridge/seal/file.ts";
import { makeHead } from "../../bridge/seal/head.ts";
import { commitment, dayKey, postKey, roomId, rootPair } from "../../bridge/seal/keys.ts";
import { joinLink, locator, renewal } from "../../bridge/seal/link.ts";
import { recordHash, sealRecord } from "../../bridge/seal/record.ts";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { bytes, fileContent, hex, inputs, payloads } from "./inputs.helper.ts";

/** The vectors as the bridge (libsodium) makes them. All bytes in hex. */
export async function makeVectors() {
  const lib = await ready();
  const root = rootPair(lib, inputs.rootSeed);
  const online = lib.crypto_sign_seed_keypair(inputs.onlineSeed);
  const room = roomId(lib, root.publicKey, inputs.salt);
  const { serial, restart, key, epoch } = inputs;
  const cert = makeCert(lib, {
    rootSecret: root.privateKey,
    serial,
    onlinePk: online.publicKey,
    notBefore: inputs.notBefore,
    notAfter: inputs.notAfter,
  });
  let prev: Uint8Array = new Uint8Array(32);
  const records = payloads.map((json, i) => {
    const day = i < 8 ? epoch : epoch + 3;
    const nonce = bytes(24, 11 * i);
    const dailyKey = dayKey(lib, key, epoch, day);
    const record = sealRecord(
      lib,
      { serial, restart, roomId: room, epoch: day, seq: i, prev, key: dailyKey, onlineSecret: online.privateKey, json },
      nonce,
    );
    prev = recordHash(lib, record);
    return { seq: i, epoch: day, key: hex(dailyKey), nonce: hex(nonce), json, record: hex(record), hash: hex(prev) };
  });
  const last = records.length - 1;
  const head = makeHead(lib, {
    serial,
    restart,
    roomId: room,
    seq: last,
    hash: prev,
    first: 0,
    made: 1_790_000_100,
    seen: 1_790_000_050,
    onlineSecret: online.privateKey,
  });
  const carried: Uint8Array[] = [];
  const sealed = await sealFile(
    lib,
    (async function* () {
      yield fileContent(inputs.fileSize);
    })(),
    inputs.fileSize,
    async (piece) => void carried.push(piece.slice()),
    { id: inputs.fileId, key: inputs.fileKey },
  );
  if (!sealed.ok) throw new Error(sealed.error);
  return {
    about: "Test vectors of PSR1, see docs/psr1.md. Bytes in hex. No key here may be used for a real room.",
    root: { seed: hex(inputs.rootSeed), public: hex(root.publicKey), recovery_code: recoveryCode(inputs.rootSeed) },
    online: { seed: hex(inputs.onlineSeed), public: hex(online.publicKey) },
    room: { salt: hex(inputs.salt), id: hex(room) },
    days: [0, 1, 2, 3, 30].map((n) => {
      const k = dayKey(lib, key, epoch, epoch + n);
      return {
        epoch: epoch + n,
        key: hex(k),
        post_key: hex(postKey(lib, k)),
        commit: hex(commitment(lib, k, room, epoch + n)),
      };
    }),
    certificate: { serial, not_before: inputs.notBefore, not_after: inputs.notAfter, bytes: hex(cert) },
    chain: { serial, restart },
    records,
    head: { seq: last, first: 0, made: 1_790_000_100, seen: 1_790_000_050, bytes: hex(head) },
    file: {
      content: "byte i is i mod 251",
      size: inputs.fileSize,
      id: hex(inputs.fileId),
      key: hex(inputs.fileKey),
      carried_length: carriedLength(inputs.fileSize),
      first_64: hex(Buffer.concat(carried).subarray(0, 64)),
      sha256: hex(sealed.hash),
    },
    link: joinLink(
      lib,
      inputs.page,
      { rootPk: root.publicKey, salt: inputs.salt, serial, restart, epoch, key },
      inputs.origins,
    ),
    locator: locator(inputs.page, { roomId: room, serial, restart, seq: last }, prev),
    renewal: renewal(inputs.page, cert),
  };
}
