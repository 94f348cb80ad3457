import type { AccountReport } from "../../adapters/matrix/account.ts";
import { isFull } from "../../bridge/space.ts";
import type { Digests } from "../../bridge/store/digest.ts";
import type { Config } from "../../config/config.ts";
import { matrixRooms } from "../room-kinds.ts";

export interface NewcomersOf {
  readonly config: Config;
  readonly bridge: { readonly digests: Digests };
}

/**
 * Somebody came into a room: what it was given before is repeated when it is time, where the room wants that. A room
 * that another took the place of has nobody who waits for it.
 */
export function noteNewcomers(
  { bridge, config }: NewcomersOf,
  event: Extract<AccountReport, { kind: "joined" | "moved" }>,
): void {
  const { room: name } = event;
  if (event.kind === "joined" && !matrixRooms(config).some((room) => room.name === name && room.digest))
    return;
  try {
    if (event.kind === "joined") bridge.digests.joined(name);
    else bridge.digests.replaced(name);
  } catch (error) {
    // Without room on the disk: the next one who comes in is noted, and what is repeated then is for both.
    if (!isFull(error)) throw error;
  }
}
