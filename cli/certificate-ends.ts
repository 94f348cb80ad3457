import type { Millis, RoomName } from "../bridge/model/ids.ts";
import { readCert } from "../bridge/seal/cert.ts";
import type { Core } from "./core.ts";

/** When the certificate in force of a room ends; null: the room has no keys. */
export function certificateEnds(
  { bridge, lib }: Pick<Core, "bridge" | "lib">,
  room: RoomName,
): Millis | null {
  const state = bridge.store.seal.get(room);
  if (state === null) return null;
  const held = bridge.store.seal.certs(state.rootPk).find((c) => c.serial === state.serial)?.cert;
  const cert = held === undefined ? null : readCert(lib, new Uint8Array(held), new Uint8Array(state.rootPk));
  return (cert?.notAfter ?? 0) * 1000;
}
