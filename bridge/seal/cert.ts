import type sodium from "libsodium-wrappers";
import { ascii, Cut, concat, hasMagic, number } from "./bytes.ts";

/** Bytes of a certificate: "PSRA" ‖ root_pk ‖ serial 2 ‖ online_pk ‖ not_before 4 ‖ not_after 4 ‖ sig 64. */
export const CERT_LENGTH = 142;
const SIGNED = 78;
const DOMAIN = ascii("PSR1/cert");

export interface Cert {
  readonly rootPk: Uint8Array;
  readonly serial: number;
  readonly onlinePk: Uint8Array;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A certificate: the root says which online key may sign, and from when till when. */
export function makeCert(
  lib: typeof sodium,
  c: Omit<Cert, "rootPk"> & { readonly rootSecret: Uint8Array },
): Uint8Array {
  const body = concat(
    ascii("PSRA"),
    c.rootSecret.slice(32),
    number(c.serial, 2),
    c.onlinePk,
    number(c.notBefore, 4),
    number(c.notAfter, 4),
  );
  return concat(body, lib.crypto_sign_detached(concat(DOMAIN, body), c.rootSecret));
}

/** A certificate of the given root; null for anything else. */
export function readCert(lib: typeof sodium, bytes: Uint8Array, rootPk: Uint8Array): Cert | null {
  if (bytes.length !== CERT_LENGTH || !hasMagic(bytes, "PSRA")) return null;
  const body = bytes.subarray(0, SIGNED);
  if (!lib.crypto_sign_verify_detached(bytes.slice(SIGNED), concat(DOMAIN, body), rootPk)) return null;
  const cut = new Cut(bytes);
  cut.take(4);
  const cert = {
    rootPk: cut.take(32),
    serial: cut.number(2),
    onlinePk: cut.take(32),
    notBefore: cut.number(4),
    notAfter: cut.number(4),
  };
  return cert.serial >= 1 && lib.memcmp(cert.rootPk, rootPk) ? cert : null;
}
