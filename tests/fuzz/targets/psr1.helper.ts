import { readCert as readCertN } from "../../../adapters/web/reader/psr1/cert.ts";
import { fileIdOf, openFile as openFileN } from "../../../adapters/web/reader/psr1/file.ts";
import { headFault, parseHead } from "../../../adapters/web/reader/psr1/head.ts";
import { originUrl, readLink } from "../../../adapters/web/reader/psr1/link.ts";
import { decodePayload } from "../../../adapters/web/reader/psr1/payload.ts";
import {
  openRecord as openRecordN,
  parseRecord as parseRecordN,
  recordFault,
  split,
} from "../../../adapters/web/reader/psr1/record.ts";
import { cutParcel } from "../../../adapters/web/reader/room/parcel.ts";
import { readCert } from "../../../bridge/seal/cert.ts";
import { openFile, sealFile } from "../../../bridge/seal/file.ts";
import { headUnder, readHead } from "../../../bridge/seal/head.ts";
import { readJoinLink } from "../../../bridge/seal/link.ts";
import { openRecord, parseRecord } from "../../../bridge/seal/record.ts";
import { recoveryCode, recoverySeed } from "../../../bridge/seal/recovery.ts";
import { ready } from "../../../bridge/seal/sodium.ts";
import { vectors } from "../../vectors/read.helper.ts";
import { fromText, mutateBytes, mutateText, toText } from "../bytes.helper.ts";
import type { Dice } from "../dice.helper.ts";
import { hold, type Target } from "../target.helper.ts";

const lib = await ready();
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(Buffer.from(b));
const { root, online, certificate } = vectors;
const rootPair = lib.crypto_sign_seed_keypair(root.seed);
const onlinePair = lib.crypto_sign_seed_keypair(online.seed);

/** The same bytes with a signature that is right: what a hostile writer, who has the key, can send. */
function signed(domain: string, bytes: Uint8Array, secret: Uint8Array): Uint8Array {
  const body = bytes.slice(0, Math.max(0, bytes.length - 64));
  const signature = lib.crypto_sign_detached(Buffer.concat([Buffer.from(domain), body]), secret);
  return new Uint8Array(Buffer.concat([body, signature]));
}

async function sealed(content: Uint8Array) {
  const pieces: Uint8Array[] = [];
  const secrets = { id: vectors.file.id, key: vectors.file.key };
  const stream = async function* () {
    yield content;
  };
  const made = await sealFile(lib, stream(), content.length, async (p) => void pieces.push(p), secrets);
  if (!made.ok) throw new Error(made.error);
  return {
    carried: new Uint8Array(Buffer.concat(pieces)),
    about: { ...secrets, hash: made.hash, size: content.length },
  };
}
const file = await sealed(new Uint8Array(70_000).map((_, i) => i % 251));
const records = vectors.records.map((r) => r.record);
const kinds = ["cert", "head", "record", "segment", "file", "link", "code"] as const;

/** The kind stands in the first byte, so that a found input says what it is. */
function make(dice: Dice): Uint8Array {
  const kind = dice.below(kinds.length);
  const forged = dice.once(2);
  const of = (bytes: Uint8Array): Uint8Array =>
    new Uint8Array(Buffer.concat([new Uint8Array([kind]), bytes]));
  const mutated = (bytes: Uint8Array, domain: string, secret: Uint8Array): Uint8Array => {
    const bad = mutateBytes(dice, bytes);
    return of(forged ? signed(domain, bad, secret) : bad);
  };
  switch (kinds[kind]) {
    case "cert":
      return mutated(certificate.bytes, "PSR1/cert", rootPair.privateKey);
    case "head":
      return mutated(vectors.head.bytes, "PSR1/head", onlinePair.privateKey);
    case "record":
      return mutated(
        dice.pick([...records, ...vectors.refused.map((r) => r.record)]),
        "PSR1/sig",
        onlinePair.privateKey,
      );
    case "segment":
      return of(
        mutateBytes(dice, dice.once(2) ? vectors.bundle.bytes : new Uint8Array(Buffer.concat(records))),
      );
    case "file":
      return of(dice.once(20) ? file.carried : mutateBytes(dice, file.carried));
    case "link":
      return of(
        fromText(
          mutateText(
            dice,
            dice.pick([
              vectors.link.text,
              vectors.link.text_without_origins,
              vectors.locator.text,
              vectors.renewal,
            ]),
          ),
        ),
      );
    default:
      return of(fromText(dice.once(10) ? root.recovery_code : mutateText(dice, root.recovery_code)));
  }
}

const key = vectors.days.at(-1)?.key ?? new Uint8Array(32);
const keyOf = (epoch: number): Uint8Array => vectors.days.find((d) => d.epoch === epoch)?.key ?? key;

/** The bridge's own half: what it reads back of its own and of other places. */
export const psr1Bridge = (): Target => ({
  input: make,
  run(whole) {
    const bytes = whole.slice(1);
    const kind = kinds[(whole[0] ?? 0) % kinds.length] ?? "code";
    const word = (taken: boolean): string => `${kind} ${taken ? "taken" : "refused"}`;
    if (kind === "cert") {
      const cert = readCert(lib, bytes, root.public);
      const head = headUnder(lib, vectors.head.bytes, {
        ...(cert ?? { rootPk: root.public, notBefore: 0, notAfter: 2 ** 32 }),
        onlinePk: online.public,
        serial: vectors.chain.serial,
      });
      hold(head === null || head.seq === vectors.head.seq, "a head is read the same under any certificate");
      return word(cert !== null);
    }
    if (kind === "head") {
      const head = readHead(lib, bytes, online.public);
      hold(
        head === null || (Number.isSafeInteger(head.seq) && Number.isSafeInteger(head.first)),
        "a head's numbers are exact",
      );
      return word(head !== null);
    }
    if (kind === "record") {
      const header = parseRecord(bytes);
      const opened = openRecord(lib, bytes, online.public, keyOf(header?.epoch ?? 0));
      hold(!opened.ok || header !== null, "nothing opens that is no record");
      hold(
        !opened.ok ||
          records.some((r) => same(r.subarray(104), bytes.subarray(104)) || same(r, bytes)) ||
          opened.json.length < 32_768,
        "what opens fits",
      );
      return word(opened.ok);
    }
    if (kind === "segment") {
      let at = 0;
      let n = 0;
      while (at < bytes.length) {
        const part = bytes.subarray(at);
        const length = [512, 1024, 2048, 4096, 8192, 16_384, 32_768]
          .map((bucket) => bucket + 208)
          .find((size) => parseRecord(part.slice(0, size)) !== null);
        if (length === undefined) break;
        at += length;
        n++;
      }
      return word(n > 0);
    }
    if (kind === "file") {
      const opened = openFile(lib, bytes, file.about);
      hold(opened === null || same(bytes, file.carried), "no file opens but the one that was sealed");
      return word(opened !== null);
    }
    if (kind === "link") {
      const link = readJoinLink(lib, toText(bytes));
      hold(link === null || same(link.secret.rootPk, root.public), "a damaged link is noticed");
      return word(link !== null);
    }
    const seed = recoverySeed(toText(bytes));
    hold(seed === null || recoveryCode(seed).split(" ").length === 24, "a code that is taken is one");
    return word(seed !== null);
  },
});

const breathe = (): Promise<void> => Promise.resolve();

/** The reader's half; and both halves agree. */
export const psr1Reader = (): Target => ({
  input: make,
  async run(whole) {
    const bytes = whole.slice(1);
    const kind = kinds[(whole[0] ?? 0) % kinds.length] ?? "code";
    const word = (taken: boolean): string => `${kind} ${taken ? "taken" : "refused"}`;
    if (kind === "cert") {
      const cert = readCertN(bytes, root.public);
      hold(
        (cert === null) === (readCert(lib, bytes, root.public) === null),
        "both halves take the same certificates",
      );
      return word(cert !== null);
    }
    const cert = readCertN(certificate.bytes, root.public);
    if (cert === null) throw new Error("the vectors hold no certificate");
    if (kind === "head") {
      const head = parseHead(bytes);
      const fault = head === null ? "layout" : headFault(head, cert);
      const bridge = readHead(lib, bytes, online.public);
      hold(
        (bridge === null) === (fault === "layout" || fault === "signature"),
        "both halves take the same heads",
      );
      hold(
        head === null || (Number.isSafeInteger(head.seq) && Number.isSafeInteger(head.first)),
        "a head's numbers are exact",
      );
      return word(fault === null);
    }
    if (kind === "record") {
      const record = parseRecordN(bytes);
      const header = parseRecord(bytes);
      hold((record === null) === (header === null), "both halves take the same layouts");
      if (record === null) return word(false);
      const fault = recordFault(record, cert);
      const dayKey = keyOf(record.epoch);
      const bridge = openRecord(lib, bytes, online.public, dayKey);
      if (fault === "signature") {
        hold(!bridge.ok && bridge.fault === "signature", "both halves refuse the same signatures");
        return word(false);
      }
      const opened = openRecordN(record, dayKey);
      hold(
        opened.ok ? bridge.ok && bridge.json === opened.text : !bridge.ok && bridge.fault === opened.why,
        "both halves open the same, or say the same of it",
      );
      if (opened.ok) decodePayload(opened.text);
      return word(opened.ok);
    }
    if (kind === "segment") {
      const { records: found, rest } = split(bytes);
      hold(found.reduce((sum, r) => sum + r.length, rest) === bytes.length, "a segment is cut without loss");
      const parcel = cutParcel(bytes);
      hold(
        parcel.torn || parcel.records.length + parcel.certs.length > 0 || bytes.length === 0,
        "what is no parcel is torn",
      );
      return word(found.length + parcel.records.length > 0);
    }
    if (kind === "file") {
      const opened = await openFileN(bytes, file.about, breathe);
      fileIdOf(bytes);
      hold(opened === null || same(bytes, file.carried), "no file opens but the one that was sealed");
      return word(opened !== null);
    }
    const text = toText(bytes);
    const link = readLink(text);
    if (link.kind === "join")
      for (const origin of link.origins) {
        const url = originUrl(origin);
        hold(
          url === null || /^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/|$)/.test(url),
          "a place is asked over https, or on this machine",
        );
      }
    return word(link.kind !== "wrong");
  },
});
