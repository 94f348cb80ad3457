import { readFile } from "node:fs/promises";
import path from "node:path";
import { askOrigin } from "../adapters/web/feed/origin-head.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import { CERT_LENGTH, type Cert, readCert } from "../bridge/seal/cert.ts";
import { headUnder } from "../bridge/seal/head.ts";
import type { Place } from "../bridge/seal/restart-rules.ts";
import type { SealState } from "../bridge/store/seal.ts";
import { originUrl } from "../config/addresses.ts";
import type { Core } from "./core.ts";
import { isOwnFeed } from "./own-feed.ts";
import type { OwnOrigins } from "./own-origins.ts";
import { originsOf } from "./room-kinds.ts";

/** What is known of a room's log besides the database: by its own tree, the witness and its other places. */
export interface Told {
  /** Places in the log that were shown to somebody, each signed by the room or noted by the witness. */
  readonly places: readonly Place[];
  /** The highest serial that anybody tells of, the database's certificates included. */
  readonly serial: number;
  /** The room has places that could know more, and none of them answered. */
  readonly unheard: boolean;
  /** Somebody may have been shown more than is told here: {@link unheard}, or the witness is damaged. */
  readonly blind: boolean;
}

interface Files {
  readonly head: Uint8Array | null;
  readonly cert: Uint8Array | null;
}

/**
 * Asks once. What others say counts only if the room's root signed for it: bytes of others must neither use up restarts
 * nor pass for the room.
 */
export async function toldOf(
  core: Core,
  room: RoomName,
  signal: AbortSignal,
  ownOrigins: OwnOrigins | null = null,
): Promise<Told> {
  const { config, bridge, lib } = core;
  const state = bridge.store.seal.get(room);
  if (state === null) return { places: [], serial: 0, unheard: false, blind: false };
  const roomId = Buffer.from(state.roomId).toString("hex");
  const own = await ownTree(config.feed.folder, roomId);
  const other = await others(core, room, roomId, signal, ownOrigins);

  const rootPk = new Uint8Array(state.rootPk);
  const certs = new Map<number, Cert>();
  const listed = [
    ...bridge.store.seal.certs(rootPk).map((c) => c.cert),
    own.cert,
    ...other.files.map((f) => f.cert),
  ];
  for (const bytes of listed)
    for (let at = 0; bytes !== null && at + CERT_LENGTH <= bytes.length; at += CERT_LENGTH) {
      const cert = readCert(lib, new Uint8Array(bytes.subarray(at, at + CERT_LENGTH)), rootPk);
      if (cert !== null && !certs.has(cert.serial)) certs.set(cert.serial, cert);
    }
  const witness = core.witness.known(roomId);
  const places: Place[] = witness === null ? [] : [witness];
  for (const { head: bytes } of [own, ...other.files])
    for (const cert of certs.values()) {
      const head = bytes === null ? null : headUnder(lib, new Uint8Array(bytes), cert);
      if (head !== null && Buffer.from(head.roomId).equals(state.roomId)) places.push(head);
    }
  const serials = [...certs.keys(), ...places.map((place) => place.serial)];
  return {
    places,
    serial: Math.max(state.serial, ...serials),
    unheard: other.unheard,
    blind: other.unheard || core.witness.damaged,
  };
}

/** The highest restart of the serial that a room's database has, whoever tells of it. */
export const highestRestart = (state: Pick<Place, "serial" | "restart">, told: Told): number =>
  Math.max(...[state, ...told.places].filter((p) => p.serial === state.serial).map((p) => p.restart));

/**
 * Whether the database is from before a renewal: somebody knows a certificate of the root that it has not, or shows
 * this room under a higher one. What was sealed under the old one then would be closed before it is read.
 */
export function isOutdated(core: Core, state: Pick<SealState, "serial" | "rootPk">, told: Told): boolean {
  const known = core.bridge.store.seal.certs(state.rootPk).map((c) => c.serial);
  return told.serial > Math.max(...known) || told.places.some((place) => place.serial > state.serial);
}

async function ownTree(folder: string, roomId: string): Promise<Files> {
  const read = (name: string) => readFile(path.join(folder, roomId, name)).catch(() => null);
  const [head, cert] = await Promise.all([read("head"), read("cert")]);
  return { head, cert };
}

/**
 * What the room's places tell. Those that serve the own tree, which is read from the disk, are not waited for; nor is
 * the page's, which may be one of them while no bridge serves it.
 */
async function others(
  core: Core,
  room: RoomName,
  roomId: string,
  signal: AbortSignal,
  own: OwnOrigins | null,
): Promise<{ readonly files: readonly Files[]; readonly unheard: boolean }> {
  const { config } = core;
  const places = originsOf(config, room).filter((o) => !isOwnFeed(config, originUrl(o)));
  const answers = await Promise.all(
    places.map(async (origin) => {
      const url = originUrl(origin);
      const [head, cert, mine] = await Promise.all([
        askOrigin(url, roomId, "head", signal),
        askOrigin(url, roomId, "cert", signal),
        own === null ? url === config.feed.publicUrl : own.has(origin, signal),
      ]);
      const bytes = (answer: typeof head) => (answer.kind === "bytes" ? answer.bytes : null);
      return { mine, heard: head.kind !== "silent", files: { head: bytes(head), cert: bytes(cert) } };
    }),
  );
  const strange = answers.filter((a) => !a.mine);
  return { files: answers.map((a) => a.files), unheard: strange.length > 0 && !strange.some((a) => a.heard) };
}
