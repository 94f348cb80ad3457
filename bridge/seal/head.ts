import type sodium from "libsodium-wrappers";
import { ascii, Cut, concat, hasMagic, number } from "./bytes.ts";
import type { Cert } from "./cert.ts";

/** Bytes of a head. */
export const HEAD_LENGTH = 143;
const SIGNED = 79;
const DOMAIN = ascii("PSR1/head");
/** Records of a chain are counted below this. */
const SEQS = 2 ** 48;
/** How far outside its certificate's validity a head may be made, seconds. */
const GRACE = 2 * 86_400;

/** How far a room's log has come. `first`: the first seq kept; `made` and `seen` in unix seconds. */
export interface Head {
  readonly serial: number;
  readonly restart: number;
  readonly roomId: Uint8Array;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly first: number;
  readonly made: number;
  readonly seen: number;
}

export function makeHead(lib: typeof sodium, h: Head & { readonly onlineSecret: Uint8Array }): Uint8Array {
  const body = concat(
    ascii("PSRH"),
    number(h.serial, 2),
    number(h.restart, 1),
    h.roomId,
    number(h.seq, 8),
    h.hash,
    number(h.first, 8),
    number(h.made, 4),
    number(h.seen, 4),
  );
  return concat(body, lib.crypto_sign_detached(concat(DOMAIN, body), h.onlineSecret));
}

/** A head signed by the online key; null for anything else. */
export function readHead(lib: typeof sodium, bytes: Uint8Array, onlinePk: Uint8Array): Head | null {
  if (bytes.length !== HEAD_LENGTH || !hasMagic(bytes, "PSRH")) return null;
  if (
    !lib.crypto_sign_verify_detached(bytes.slice(SIGNED), concat(DOMAIN, bytes.subarray(0, SIGNED)), onlinePk)
  )
    return null;
  const cut = new Cut(bytes);
  cut.take(4);
  const head = {
    serial: cut.number(2),
    restart: cut.number(1),
    roomId: cut.take(16),
    seq: cut.number(8),
    hash: cut.take(32),
    first: cut.number(8),
    made: cut.number(4),
    seen: cut.number(4),
  };
  return head.seq < SEQS && head.first < SEQS ? head : null;
}

/** A head of the certificate's own serial, signed by its key and made inside its validity; null for anything else. */
export function headUnder(lib: typeof sodium, bytes: Uint8Array, cert: Cert): Head | null {
  const head = readHead(lib, bytes, cert.onlinePk);
  if (head?.serial !== cert.serial) return null;
  return head.made >= cert.notBefore - GRACE && head.made <= cert.notAfter + GRACE ? head : null;
}
