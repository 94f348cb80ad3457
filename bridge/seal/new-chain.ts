import type { RoomName } from "../model/ids.ts";
import { atomically, type Db } from "../store/db.ts";
import type { SealStore } from "../store/seal.ts";
import { LAST_RESTART, type RoomLog } from "./log.ts";
import { NOTHING_YET, type Witness } from "./witness.ts";

/** What a new chain is begun with. */
export interface ChainBeginner {
  readonly db: Db;
  readonly store: SealStore;
  readonly log: RoomLog;
  /** null: there is none that can be written. */
  readonly witness: Witness | null;
}

/**
 * Begins a new chain in a room, with a `restart` of at least `atLeast`. Its number is noted with the witness first: of
 * a chain that was begun and not shown yet (a full disk) the next restored database would know nothing else, and give
 * its number to another. Nothing is changed where restarts are `used_up`, or the witness cannot be written for now.
 */
export async function beginChain(
  o: ChainBeginner,
  room: RoomName,
  atLeast: number,
): Promise<"begun" | "used_up" | "unwitnessed"> {
  const state = o.store.get(room);
  if (state === null) throw new Error("a room without keys");
  const { serial } = state;
  const restart = Math.max(state.restart + 1, atLeast);
  if (restart > LAST_RESTART) return "used_up";
  const place = { serial, restart, seq: NOTHING_YET };
  try {
    await o.witness?.note(Buffer.from(state.roomId).toString("hex"), place);
  } catch {
    return "unwitnessed";
  }
  return atomically(o.db, () => o.log.restart(room, restart)) ? "begun" : "used_up";
}
