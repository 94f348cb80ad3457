import type { RoomName } from "../bridge/model/ids.ts";
import { readCert } from "../bridge/seal/cert.ts";
import { type Head, headUnder } from "../bridge/seal/head.ts";
import type { Core } from "./core.ts";

/**
 * The head if a certificate that this database knows signed it, else null: bytes of others must neither use up
 * restarts nor pass for the room.
 */
export function genuineHead(core: Core, room: RoomName, bytes: Uint8Array): Head | null {
  const state = core.bridge.store.seal.get(room);
  if (state === null) return null;
  const rootPk = new Uint8Array(state.rootPk);
  for (const { cert } of core.bridge.store.seal.certs(state.rootPk)) {
    const known = readCert(core.lib, new Uint8Array(cert), rootPk);
    const head = known === null ? null : headUnder(core.lib, new Uint8Array(bytes), known);
    if (head !== null && Buffer.from(head.roomId).equals(state.roomId)) return head;
  }
  return null;
}
