import type { RoomName } from "../../bridge/model/ids.ts";
import type { Core } from "../core.ts";
import { matrixRooms, sealedRooms } from "../room-kinds.ts";
import { keptOf } from "./accounts.ts";

/** Rooms that announcements cannot go to yet: sealed ones without keys, Matrix ones without a room on the server. */
export async function notSetUp(core: Core): Promise<readonly RoomName[]> {
  const { config, bridge } = core;
  const keyless = sealedRooms(config).filter((room) => bridge.store.seal.get(room) === null);
  const missing: RoomName[] = [];
  for (const { name, account } of matrixRooms(config))
    if ((await keptOf(core, account)).room(name).get() === null) missing.push(name);
  return [...keyless, ...missing];
}
