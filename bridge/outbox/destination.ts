import type { MediaId, Millis, RoomName } from "../model/ids.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Delivery, Prepared } from "./port.ts";

/** What `prepare` answers: what is to be fixed and which attachments are not in it yet, or why there is nothing to fix. */
export type Preparation =
  | { readonly kind: "ready"; readonly prepared: Prepared; readonly lacking: readonly MediaId[] }
  | { readonly kind: "outcome"; readonly outcome: Outcome };

/** The exact bytes of TX 2 and the key under which they are sent; both stay the same over every retry. */
export interface Fixed {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/**
 * One room of one messenger. It knows no source. It logs nothing and throws for bugs only: what the outside does
 * is an outcome.
 */
export interface Destination {
  readonly room: RoomName;
  /**
   * Whether nothing may be tried here for now: the lane waits, and no pause of it grows. Who ends that wakes the worker.
   * Absent: never.
   */
  held?(): boolean;
  /**
   * The earliest time at which a send here may start, ms: what the messenger's rates allow. Until then the worker leaves
   * the lane alone, no try is counted and none of its places is taken; between rooms that wait so, the most pressing
   * goes first. Asked again and again: it must be cheap and change nothing. Absent: at once.
   */
  notBefore?(): Millis;
  /**
   * Renders and encrypts the delivery. May use the network and the disk, must not send. Safe to repeat: until TX 2
   * nothing of it may be visible to anybody.
   */
  prepare(delivery: Delivery, signal: AbortSignal): Promise<Preparation>;
  /** Sends exactly `fixed.bytes`. Repeating with the same key must not double anything the messenger can tell apart. */
  send(fixed: Fixed, delivery: Delivery, signal: AbortSignal): Promise<Outcome>;
  /**
   * Finds out what became of a send whose answer was lost, where the messenger allows it. Also asked before the same
   * bytes are sent again, unless the last try certainly failed: a crash may have come after the send. `retry`: it is
   * not there, so it may be sent (not before `at`).
   */
  settle?(fixed: Fixed, delivery: Delivery, signal: AbortSignal): Promise<Outcome>;
}
