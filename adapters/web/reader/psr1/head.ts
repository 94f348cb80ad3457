import { ascii, Cut, concat, hasMagic } from "./bytes.ts";
import { type Cert, covers } from "./cert.ts";
import { verify } from "./ed25519.ts";

export const HEAD_LENGTH = 143;
const SIGNED = 79;
/** Records of a chain are counted below this. */
const SEQS = 2 ** 48;

export interface Head {
  readonly serial: number;
  readonly restart: number;
  readonly roomId: Uint8Array;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly first: number;
  /** Unix seconds. */
  readonly made: number;
  readonly seen: number;
  readonly bytes: Uint8Array;
}

/** The layout alone; null for what is no head. */
export function parseHead(bytes: Uint8Array): Head | null {
  if (bytes.length !== HEAD_LENGTH || !hasMagic(bytes, "PSRH")) return null;
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
    bytes,
  };
  return head.seq < SEQS && head.first < SEQS ? head : null;
}

/** What is wrong with a head under its certificate; null: signed by its key and made inside its validity. */
export function headFault(head: Head, cert: Cert): "signature" | "validity" | null {
  const signed = concat(ascii("PSR1/head"), head.bytes.subarray(0, SIGNED));
  if (!verify(head.bytes.slice(SIGNED), signed, cert.onlinePk)) return "signature";
  return covers(cert, head.made) ? null : "validity";
}
