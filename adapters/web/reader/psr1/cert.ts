import { ascii, Cut, concat, equal, hasMagic } from "./bytes.ts";
import { verify } from "./ed25519.ts";

export const CERT_LENGTH = 142;
const SIGNED = 78;
const GRACE = 2 * 86_400;

export interface Cert {
  readonly serial: number;
  readonly onlinePk: Uint8Array;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly bytes: Uint8Array;
}

/** A certificate by the pinned root; null for anything else. */
export function readCert(bytes: Uint8Array, rootPk: Uint8Array): Cert | null {
  if (bytes.length !== CERT_LENGTH || !hasMagic(bytes, "PSRA")) return null;
  const cut = new Cut(bytes);
  cut.take(4);
  if (!equal(cut.take(32), rootPk)) return null;
  const serial = cut.number(2);
  const onlinePk = cut.take(32);
  const notBefore = cut.number(4);
  const notAfter = cut.number(4);
  if (serial < 1) return null;
  const signed = concat(ascii("PSR1/cert"), bytes.subarray(0, SIGNED));
  return verify(bytes.slice(SIGNED), signed, rootPk)
    ? { serial, onlinePk, notBefore, notAfter, bytes }
    : null;
}

/** Whether a moment (unix seconds) lies inside a certificate's validity, two days of grace. */
export const covers = (cert: Cert, from: number, to = from): boolean =>
  to >= cert.notBefore - GRACE && from <= cert.notAfter + GRACE;
