import type { RoomName } from "../bridge/model/ids.ts";
import type { Core } from "./core.ts";

const PROMISED = "rooms";

/**
 * Notes which rooms promise encryption. Before anything is read or queued under a configuration: what waits for such a
 * room may never go anywhere in the clear, whatever the settings say later.
 */
export function notePromises({ config, bridge }: Core): void {
  const keep = bridge.store.kept.of(PROMISED);
  for (const { name, type } of config.rooms.values())
    if (type !== "telegram" && keep.get(name) === undefined) keep.put(name, type);
}

/** Whether a room of that name ever promised encryption: with keys, as a Matrix room, or in settings it was run under. */
export function wasEncrypted({ bridge }: Core, room: RoomName): boolean {
  const { seal, kept } = bridge.store;
  return (
    seal.get(room) !== null ||
    kept.of(PROMISED).get(room) !== undefined ||
    // Databases from before promises were noted.
    kept.among("matrix.", `room/${room}`)
  );
}
