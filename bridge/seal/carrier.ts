import type { Millis, RoomName } from "../model/ids.ts";
import type { LogRow } from "../store/seal.ts";

/** A room's log as a carrier sees it: sealed bytes and public numbers, nothing that opens them. */
export interface LogView {
  readonly room: RoomName;
  /** 32 hex digits. */
  readonly roomId: string;
  /** All certificates of the root, serials rising, one after another. */
  readonly certs: Uint8Array;
  /** The signed head as of now; null before the first record. */
  readonly head: Uint8Array | null;
  /** Chains of which records are kept, with the first and last seq kept. */
  readonly chains: readonly {
    readonly serial: number;
    readonly restart: number;
    readonly first: number;
    readonly last: number;
  }[];
  /** Up to `limit` records of a chain from `from` on, in order. */
  records(serial: number, restart: number, from: number, limit: number): readonly LogRow[];
  /** Whether a record is an `info`: it tells readers about the room and nobody of anything new. */
  isInfo(row: LogRow): boolean;
  /** The sealed files that records of the room refer to: hex id and where their bytes are. */
  readonly files: readonly { readonly id: string; readonly path: string }[];
}

/**
 * Why a copy did not come about, where a carrier can say so. `code`: a word for logs and notices, never a text of the
 * place's own. `until`: nothing may be tried before, ms; null: it is tried again after a growing pause.
 */
export class NotCarried extends Error {
  readonly code: string;
  readonly until: Millis | null;
  constructor(code: string, until: Millis | null = null) {
    super(`not carried: ${code}`);
    this.name = "NotCarried";
    this.code = code;
    this.until = until;
  }
}

/**
 * Brings a room's log to one place. Copying is idempotent: it may be repeated at any time and be cut off anywhere,
 * and what a reader sees in between is always a valid, possibly older, state of the log. Throws
 * {@link NotCarried}, or what the place throws (a full disk); the caller tries again later, other rooms go on meanwhile.
 */
export interface Carrier {
  readonly name: string;
  copy(log: LogView, signal: AbortSignal): Promise<void>;
}
