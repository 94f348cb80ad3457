import { ArchiveReader, small } from "../../../bridge/backup/archive.ts";
import { Damaged, openStream, sealStream } from "../../../bridge/backup/envelope.ts";
import { systemDisk } from "../../../bridge/disk.ts";
import type { Disk, DiskReader } from "../../../bridge/model/disk.ts";
import { ready } from "../../../bridge/seal/sodium.ts";
import { openWitness } from "../../../bridge/seal/witness.ts";
import { mutateBytes } from "../bytes.helper.ts";
import { mutateJson, spelled } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";

const lib = await ready();
const pair = lib.crypto_box_seed_keypair(new Uint8Array(32).fill(5));
const LARGEST = 2 ** 20;

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of parts) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}
async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const manifest = '{"v":1,"made":1,"schema":9,"rooms":["one"]}';
const entries: readonly (readonly [string, Uint8Array])[] = [
  ["manifest", bytesOf(manifest)],
  ["postern.yaml", bytesOf("version: 1\n")],
  ["vault.key", new Uint8Array(32)],
  ["postern.db", new Uint8Array(70_000).fill(3)],
  [`files/one/${"0".repeat(32)}`, new Uint8Array(500)],
];
/** What is sealed in a backup: entries one after another. */
const plain = new Uint8Array(
  Buffer.concat(await Promise.all(entries.map(([name, content]) => joined(small(name, content))))),
);

async function sealed(content: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const recipients = [pair.publicKey, pair.publicKey];
  await sealStream(lib, recipients, one(content), async (piece) => void pieces.push(piece));
  return new Uint8Array(Buffer.concat(pieces));
}

function readerOf(bytes: Uint8Array): DiskReader {
  let at = 0;
  return {
    async read(n) {
      hold(Number.isSafeInteger(n) && n >= 0 && n <= LARGEST, "no more is read at once than is needed");
      at += n;
      return bytes.subarray(at - n, at);
    },
    async close() {},
  };
}

const ROOM = "ab".repeat(16);
const witness = { v: 1, rooms: { [ROOM]: "1.0.17", ["cd".repeat(16)]: "2.3.9" } };
const SEALED = 0;
const FLIPPED = 1;
const WITNESS = 2;

/**
 * A backup that was changed on its way, or made by who has the public key alone and so can seal anything; and the
 * witness's file. The first byte says which of these, the second where a sealed one is changed.
 */
export const backup = (): Target => ({
  input(dice) {
    const kind = dice.below(3);
    const text = (): string => spelled(JSON.stringify(mutateJson(dice, witness)));
    const content = kind === WITNESS ? bytesOf(text()) : mutateBytes(dice, plain);
    return new Uint8Array(Buffer.concat([new Uint8Array([kind, dice.below(256)]), content]));
  },
  async run(input) {
    const kind = (input[0] ?? 0) % 3;
    const content = input.slice(2);
    if (kind === WITNESS) {
      const disk: Disk = { ...systemDisk, read: async () => content };
      const found = await openWitness(disk, "witness");
      const known = found.known(ROOM);
      hold(known === null || Number.isSafeInteger(known.seq), "a witness tells a place or none");
      return found.damaged ? "witness damaged" : "witness";
    }
    const bytes = await sealed(content);
    const place = Math.floor((bytes.length * (input[1] ?? 0)) / 256);
    if (kind === FLIPPED) bytes[place] = (bytes[place] ?? 0) ^ 1;
    const envelope = await openStream(lib, readerOf(bytes), (box) => {
      try {
        return lib.crypto_box_seal_open(box, pair.publicKey, pair.privateKey);
      } catch {
        return null;
      }
    });
    if (!envelope.ok) return envelope.code;
    const archive = new ArchiveReader(envelope.plain);
    let size = 0;
    try {
      for (let entry = await archive.next(); entry !== null; entry = await archive.next())
        for await (const part of archive.content(entry)) size += part.length;
    } catch (error) {
      if (error instanceof Damaged) return "damaged";
      throw error;
    }
    hold(kind === SEALED, "what was changed after sealing is never taken whole");
    hold(size <= content.length, "nothing comes out that was not in it");
    return "whole";
  },
});
