import type sodium from "libsodium-wrappers";
import { z } from "zod";
import type { AnnouncementId, MappingName, MediaId, RoomName } from "../model/ids.ts";
import type { MessageMap } from "../store/message-map.ts";
import type { SealStore } from "../store/seal.ts";
import { locator } from "./link.ts";
import { recordHash } from "./record.ts";

export interface LocateOptions {
  readonly lib: typeof sodium;
  readonly store: SealStore;
  readonly map: MessageMap;
  /** The sealed rooms of a mapping. */
  readonly rooms: (mapping: MappingName) => readonly RoomName[];
}

/**
 * Where an announcement stands in a sealed room of its mapping.
 * - `there`: `link` makes the locator of its newest record, for the reader page's address (with a closing slash). It
 *   opens nothing for who does not hold the room's own link.
 * - `soon`: a sealed room is still to get it.
 * - `nowhere`: there is no such room, or what it has of it lacks the files.
 */
export type Located =
  | { readonly kind: "there"; readonly room: RoomName; readonly link: (page: string) => string }
  | { readonly kind: "soon" }
  | { readonly kind: "nowhere" };

/** The receipt of a sealed send is the place of its record. */
const Receipt = z
  .string()
  .regex(/^\d+\.\d+\.\d+$/)
  .transform((text) => {
    const [serial = 0, restart = 0, seq = 0] = text.split(".").map(Number);
    return { serial, restart, seq };
  });

/** Finds announcements in sealed rooms. `files`: those that must be there with it. */
export function createLocate({ lib, store, map, rooms }: LocateOptions) {
  const inRoom = (room: RoomName, announcement: AnnouncementId, files: readonly MediaId[]): Located => {
    const state = store.get(room);
    if (state === null || state.halted !== null) return { kind: "nowhere" };
    const receipt = map.receiptOf(room, announcement, "whole");
    if (receipt === null) return { kind: "soon" };
    const at = Receipt.safeParse(receipt);
    if (!at.success || files.some((media) => store.file(room, media) === null)) return { kind: "nowhere" };
    const { serial, restart, seq } = at.data;
    const [row] = store.read(room, serial, restart, seq, 1);
    // It has left the room's window.
    if (row === undefined || row.seq !== seq) return { kind: "nowhere" };
    const hash = recordHash(lib, new Uint8Array(row.record));
    const place = { roomId: state.roomId, ...at.data };
    return { kind: "there", room, link: (page) => locator(page, place, hash) };
  };

  return (mapping: MappingName, announcement: AnnouncementId, files: readonly MediaId[] = []): Located => {
    const all = rooms(mapping).map((room) => inRoom(room, announcement, files));
    return (
      all.find((one) => one.kind === "there") ?? all.find((one) => one.kind === "soon") ?? { kind: "nowhere" }
    );
  };
}
export type Locate = ReturnType<typeof createLocate>;
