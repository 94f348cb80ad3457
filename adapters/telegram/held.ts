import type { Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import { progressOf } from "./progress.ts";

/** A post of which nobody knows whether it arrived, and that waits for an answer of the admin's. */
export interface Doubt {
  /** When it was sent, ms. */
  readonly at: Millis;
}

/** What is in doubt in a room; null: nothing. */
export function heldOf(keep: Keep, room: RoomName): Doubt | null {
  const begun = progressOf(keep, room).get()?.begun ?? null;
  return begun === null || !begun.asked || begun.answer !== null ? null : { at: begun.at };
}

/**
 * The admin has looked: it is there, or it is not and may be sent again. False: nothing is in doubt. Afterwards the
 * worker is to be woken.
 */
export function answerHeld(keep: Keep, room: RoomName, answer: "arrived" | "missing"): boolean {
  if (heldOf(keep, room) === null) return false;
  const progress = progressOf(keep, room);
  const delivery = progress.get();
  if (delivery === null || delivery.begun === null) return false;
  progress.put({ ...delivery, begun: { ...delivery.begun, answer } });
  return true;
}
