import type { SealState } from "../store/seal.ts";
import type { Head } from "./head.ts";

/** A chain as the number by which chains are compared. */
export const chainNumber = (chain: Pick<Head, "serial" | "restart">): number =>
  chain.serial * 256 + chain.restart;

/** Places in a room's log, compared by (serial, restart, seq). */
export type Place = Pick<Head, "serial" | "restart" | "seq">;

/** Above 0 where `a` is the higher place. */
export const order = (a: Place, b: Place): number => chainNumber(a) - chainNumber(b) || a.seq - b.seq;

/**
 * Whether the room must begin a new chain because somebody knows more of its log than the database, and with which
 * `restart` at least; null: the database is the newest (PSR1, "New chains").
 */
export function restartNeeded(
  state: Pick<SealState, "serial" | "restart" | "nextSeq">,
  told: readonly Place[],
): number | null {
  const own: Place = { serial: state.serial, restart: state.restart, seq: state.nextSeq - 1 };
  const higher = told.filter((place) => order(place, own) > 0);
  if (higher.length === 0) return null;
  const restarts = higher.filter((place) => place.serial === state.serial).map((place) => place.restart);
  return Math.max(state.restart, ...restarts) + 1;
}
