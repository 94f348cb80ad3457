import type { RoomName } from "../model/ids.ts";
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
  /** The sealed files that records of the room refer to: hex id and where their bytes are. */
  readonly files: readonly { readonly id: string; readonly path: string }[];
}

/**
 * Brings a room's log to one place. Copying is idempotent: it may be repeated at any time and be cut off anywhere,
 * and what a reader sees in between is always a valid, possibly older, state of the log. Throws what the place
 * throws (a full disk, no network); the caller tries again later, other rooms go on meanwhile.
 */
export interface Carrier {
  readonly name: string;
  copy(log: LogView, signal: AbortSignal): Promise<void>;
}
