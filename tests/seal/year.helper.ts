import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { readLink } from "../../adapters/web/reader/psr1/link.ts";
import { askPlaces } from "../../adapters/web/reader/room/follow.ts";
import { fromLink, Room } from "../../adapters/web/reader/room/room.ts";
import type { RoomView } from "../../adapters/web/reader/view.ts";
import { systemRandom } from "../../bridge/clock.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import type { Disk } from "../../bridge/model/disk.ts";
import { Cursor, ForeignId, MappingName, type RoomName } from "../../bridge/model/ids.ts";
import type { Arrival } from "../../bridge/outbox/port.ts";
import { scrub } from "../../bridge/pipeline/clean.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { openWitness, type Witness, witnessed } from "../../bridge/seal/witness.ts";
import { openDatabase } from "../../bridge/store/db.ts";
import { createVault } from "../../bridge/vault/vault.ts";
import { type Core, withConfig } from "../../cli/core.ts";
import { linkOf } from "../../cli/join-link.ts";
import { loadConfig } from "../../config/load.ts";
import { place } from "../cli/io.helper.ts";
import { post, SOURCE } from "../core.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";

const PAGE = "http://page";
export const DAY = 86_400_000;
export const KEY = new Uint8Array(32).fill(42);

/** Power cuts are not what this is about: nothing waits for the disk. */
export const fastDisk: Disk = {
  ...systemDisk,
  async create(file, mode) {
    return { ...(await systemDisk.create(file, mode)), sync: async () => {} };
  },
  syncFolder: async () => {},
};

/** What the channel has: its posts as they stand, and the day on which the room sealed each (null: it waits). */
export interface Posted {
  readonly n: number;
  text: string;
  removed: boolean;
  at: number;
  sealed: number | null;
}

export interface World {
  readonly clock: HandClock;
  readonly witness: Witness;
  readonly feed: string;
  core: Core;
}

/** The core of a configuration over a data folder, on the hand clock. */
export async function coreOver(
  world: Omit<World, "core" | "feed">,
  config: string,
  data: string,
): Promise<Core> {
  const env = { POSTERN_FACULTY_TOKEN: "token" };
  const loaded = await loadConfig({ file: config, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const lib = await ready();
  const vault = createVault(lib, KEY);
  const opened = openDatabase(path.join(data, "postern.db"), vault);
  if (!opened.ok) throw new Error(opened.problem.code);
  opened.db.pragma("synchronous = OFF");
  const base = {
    ...{ lib, vault, key: KEY, db: opened.db, clock: world.clock, witness: world.witness },
    ...{ random: systemRandom, failpoints: noFailpoints, close: () => opened.db.close() },
    keyPlace: { file: null, withPassphrase: false, inForce: true },
  };
  return withConfig(base, { ...loaded.config, data });
}

export async function world(): Promise<World & { readonly config: string; readonly folder: string }> {
  const { folder, config } = await place();
  const clock = new HandClock();
  const witness = await openWitness(fastDisk, path.join(folder, "witness"));
  const core = await coreOver({ clock, witness }, config, path.join(folder, "data"));
  const feed = await mkdtemp(path.join(tmpdir(), "postern-year-"));
  onTestFinished(() => rm(feed, { recursive: true, force: true }));
  return { clock, witness, core, feed, config, folder };
}

const routes = (rooms: readonly RoomName[]) =>
  rooms.map((room) => ({ room, mapping: MappingName.parse("mapping-1"), urgent: false, pin: false }));

/** What the pipeline hands over for a post as it stands now. */
export function told(
  p: Posted,
  type: "posted" | "edited" | "snapshot",
  at: number,
  rooms: readonly RoomName[],
): Arrival {
  const raw = { ...post(p.n, p.text), foreignId: ForeignId.parse(`mid.${p.n}`), postedAt: p.at };
  const { clean, media } = scrub(raw, { lang: "ru", timezone: "Europe/Moscow" });
  const { channel, foreignId, postedAt } = raw;
  const rest = { clean, media: media.map((m) => ({ ...m, limit: 0 })), replyTo: null, routes: routes(rooms) };
  return { type, channel, foreignId, postedAt, at, fingerprint: p.text, ...rest };
}

export const gone = (p: Posted, at: number): Arrival => {
  const { channel } = post(p.n, "");
  return { type: "removed", channel, foreignId: ForeignId.parse(`mid.${p.n}`), at };
};

let batches = 0;
/** The source is read: TX 1. */
export const read = (w: World, ...arrivals: readonly Arrival[]) =>
  w.core.bridge.outbox.accept({
    source: SOURCE,
    cursor: Cursor.parse(String(++batches)),
    readAt: w.clock.now(),
    arrivals,
  });

/** Serves the lanes until nothing is due: prepare, TX 2, send, TX 3, as the worker does. */
export async function pump(w: World): Promise<void> {
  const { outbox, sealedRooms } = w.core.bridge;
  const destinations = sealedRooms(() => {});
  const signal = new AbortController().signal;
  for (;;) {
    const head = await outbox.claim(w.clock.now(), new Set());
    if ("next" in head) return;
    const to = destinations.get(head.room);
    if (to === undefined) throw new Error("a delivery without a room");
    const made = await to.prepare(head, signal);
    if (made.kind === "outcome") {
      await outbox.settle(head, made.outcome);
      continue;
    }
    const fixed = await outbox.fix(head, made.prepared, made.lacking);
    if (fixed !== null) await outbox.settle(head, await to.send(fixed, head, signal));
  }
}

/** Brings every room's log to the feed, past the witness. */
export async function carry(w: World): Promise<void> {
  const tree = witnessed(createTreeCarrier(fastDisk, w.feed, noFailpoints), w.witness, () => {});
  for (const room of w.core.bridge.store.seal.rooms()) {
    const view = w.core.bridge.view(room);
    if (view !== null) await tree.copy(view, new AbortController().signal);
  }
}

/** A device that holds a room's link of this day, and looks at the feed when it is asked to. */
export function device(w: World, name: RoomName) {
  const link = readLink(linkOf(w.core, name, `${PAGE}/`, false) ?? "");
  if (link === null || link.kind !== "join") throw new Error("no link");
  const room = new Room(fromLink(link, PAGE));
  const env = {
    fetch: async (url: string): Promise<Response> => {
      const file = await readFile(path.join(w.feed, new URL(url).pathname)).catch(() => null);
      return new Response(file === null ? null : new Uint8Array(file), { status: file === null ? 404 : 200 });
    },
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
    now: () => w.clock.now(),
    visible: () => true,
  };
  const take = async (records: readonly Uint8Array[]): Promise<void> => {
    for (const record of records) room.book.addRecord(record);
    room.changed();
  };
  return {
    epoch: link.epoch,
    room,
    /** Asks the feed and shows what there is. */
    async look(): Promise<RoomView> {
      await askPlaces(env, room, take, null, new AbortController().signal);
      room.loading = false;
      room.changed();
      room.gaps = new Set(room.history.gaps.map((gap) => gap.key));
      room.nowShown();
      return room.view(Math.floor(w.clock.now() / 1000));
    },
  };
}

/** The posts in order, a question mark after what is not confirmed. */
export const textsOf = (view: RoomView): readonly string[] =>
  view.items.flatMap((item) => (item.type === "post" ? [`${item.text}${item.confirmed ? "" : "?"}`] : []));
export const kindsOf = (view: RoomView): readonly string[] => view.banners.map((b) => b.kind);

/** What this bridge knows of its newest record and what a device heard of it are the same. */
export function expectSameHead(w: World, name: RoomName, d: ReturnType<typeof device>): void {
  const state = w.core.bridge.store.seal.get(name);
  const head = d.room.book.newestHead();
  expect(head === null ? null : { serial: head.serial, restart: head.restart, seq: head.seq }).toEqual({
    serial: state?.serial,
    restart: state?.restart,
    seq: (state?.nextSeq ?? 0) - 1,
  });
}
