import { concat } from "./bytes.ts";

/** What one chat message or file carries: the certificate and records of its serial, in order. Complete alone. */
export const bundle = (cert: Uint8Array, records: readonly Uint8Array[]): Uint8Array =>
  concat(cert, ...records);
