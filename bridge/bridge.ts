import path from "node:path";
import type sodium from "libsodium-wrappers";
import { sweepBackups } from "./backup/backup.ts";
import type { Failpoints } from "./failpoint.ts";
import { createPreviews } from "./media/preview.ts";
import { createSpool, SpoolLost } from "./media/spool.ts";
import type { Disk } from "./model/disk.ts";
import type { Clock, Random } from "./model/effects.ts";
import { AnnouncementId, MediaId, type Millis, type RoomName } from "./model/ids.ts";
import type { Mapping, RoomTiming } from "./model/mapping.ts";
import type { Delivery, DeliveryMedia } from "./outbox/port.ts";
import { pause } from "./outbox/retry.ts";
import { dueAt, silentUntil } from "./pipeline/schedule.ts";
import type { LogView } from "./seal/carrier.ts";
import { sealedDestination } from "./seal/destination.ts";
import type { SealedRoomInfo } from "./seal/info.ts";
import { createLocate } from "./seal/locate.ts";
import { createRoomLog } from "./seal/log.ts";
import { isInfo } from "./seal/opened.ts";
import { createRoomFiles } from "./seal/room-files.ts";
import { forgetCopies } from "./store/before-upgrade.ts";
import { atomically, type Db } from "./store/db.ts";
import { deadLetters } from "./store/dead-letters.ts";
import { createDigests } from "./store/digest.ts";
import type { Gather } from "./store/group.ts";
import { sqliteOutbox } from "./store/outbox.ts";
import type { Planning, SilenceRule } from "./store/planning.ts";
import { openStore } from "./store/store.ts";
import type { Vault } from "./vault/vault.ts";

/** What the core must know of a room that is no sealed one: the rest is its destination's. */
export interface OtherRoomInfo {
  readonly lang: "ru" | "en";
  /** Days. */
  readonly history: number;
  /** For how long its messages can be deleted, ms; absent: always. */
  readonly takesBack?: Millis;
}

/** A room as the core needs to know it. */
export interface RoomSettings {
  readonly info: SealedRoomInfo | OtherRoomInfo;
  readonly timing: RoomTiming;
}

export interface BridgeOptions {
  readonly lib: typeof sodium;
  readonly vault: Vault;
  readonly db: Db;
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly mappings: readonly Mapping[];
  readonly rooms: ReadonlyMap<RoomName, RoomSettings>;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
  /** When what several rooms write is committed together; absent: each at once. */
  readonly gather?: Gather;
}

/** The core put together over one open database: store, outbox, logs and sealed rooms. Nothing runs yet. */
export function createBridge(o: BridgeOptions) {
  const { lib, db, vault, clock } = o;
  const archiveDays = Math.max(0, ...[...o.rooms.values()].map((r) => r.info.history));
  const store = openStore(db, vault, archiveDays);
  const mapping = (name: string) => o.mappings.find((m) => m.name === name) ?? null;
  const langOf = (room: RoomName) => o.rooms.get(room)?.info.lang ?? "ru";
  /** null: it is not configured, or it is no sealed room (any more, as the database may remember it). */
  const sealedInfo = (room: RoomName): SealedRoomInfo | null => {
    const info = o.rooms.get(room)?.info;
    return info !== undefined && "origins" in info ? info : null;
  };
  const newId = () => Buffer.from(o.random.bytes(8)).toString("base64url");

  const log = createRoomLog({
    lib,
    store: store.seal,
    now: () => clock.now(),
    sourceTime: () => store.sources.newestRead(),
    info: sealedInfo,
    failpoints: o.failpoints,
  });
  const spool = createSpool(lib, o.disk, path.join(o.dataFolder, "spool"), o.failpoints);
  const planning: Planning = {
    rules: mapping,
    due(room, name, urgent) {
      const timing = o.rooms.get(room)?.timing;
      const zone = mapping(name)?.timezone;
      if (urgent || timing === undefined || zone === undefined) return clock.now();
      return dueAt(clock.now(), timing, zone, o.random);
    },
    silentUntil(room, name) {
      const timing = o.rooms.get(room)?.timing;
      const zone = mapping(name)?.timezone;
      return timing === undefined || zone === undefined ? null : silentUntil(clock.now(), timing, zone);
    },
    silence: (source) => silenceRules(o.mappings.filter((m) => m.source === source)),
    lang: langOf,
    takesBack(room) {
      const info = o.rooms.get(room)?.info;
      return (
        (info !== undefined && "takesBack" in info ? info.takesBack : undefined) ?? Number.POSITIVE_INFINITY
      );
    },
    history: (room) => o.rooms.get(room)?.info.history ?? 0,
  };
  const newAnnouncement = () => AnnouncementId.parse(newId());
  const outbox = sqliteOutbox({
    db,
    stores: store,
    map: store.map,
    log,
    now: () => clock.now(),
    newAnnouncement,
    // The same for the same post after a restore: what is posted again takes the place of what readers had.
    announcementOf: (source, foreignId) =>
      AnnouncementId.parse(
        Buffer.from(vault.hash("announcement", `${source}/${foreignId}`).subarray(0, 8)).toString(
          "base64url",
        ),
      ),
    newMedia: () => MediaId.parse(newId()),
    failpoints: o.failpoints,
    pause: (tries) => pause(tries, o.random),
    ...(o.gather === undefined ? {} : { gather: o.gather }),
    // A file that cannot be removed now is swept at the next start.
    spent: (media) => void Promise.allSettled(media.map((id) => spool.remove(id))),
    planning,
  });
  const files = createRoomFiles({
    lib,
    disk: o.disk,
    folder: path.join(o.dataFolder, "files"),
    spool,
    media: store.media,
    store: store.seal,
    failpoints: o.failpoints,
    atomically: (work) => atomically(db, work),
  });

  const allows = (d: Delivery, media: DeliveryMedia): "yes" | "kind" | "size" => {
    const own = mapping(d.mapping);
    if (own === null) return "yes";
    if (!own.attachments.includes(media.kind)) return "kind";
    return media.state.kind === "ready" && media.state.meta.size > own.largestFile ? "size" : "yes";
  };

  const spooled = (id: MediaId): AsyncIterable<Uint8Array> => {
    const key = store.media.state(id)?.spool?.key;
    // Another room found it lost a moment ago, and it is being fetched anew.
    if (key === undefined) throw new SpoolLost(id);
    return spool.read(id, Buffer.from(key, "base64url"));
  };

  return {
    store,
    log,
    outbox,
    digests: createDigests({
      db,
      stores: store,
      planning,
      now: () => clock.now(),
      newAnnouncement,
      rooms: () => o.rooms.keys(),
    }),
    letters: deadLetters(db, store.letters, store.lanes, () => clock.now()),
    spool,
    files,
    /** Whether a delivery's mapping lets an attachment into its room. */
    allows,
    /** Opens a spooled attachment. Throws {@link SpoolLost} where its bytes are not there any more. */
    spooled,
    /** Makes previews of spooled pictures. */
    preview: createPreviews(spooled),

    /** The destinations of all sealed rooms that have keys. `grown` is called when a room's log has a new record. */
    sealedRooms: (grown: (room: RoomName) => void) =>
      new Map(
        store.seal
          .rooms()
          .filter((room) => sealedInfo(room) !== null)
          .map((room) => [
            room,
            sealedDestination({
              room,
              store: store.seal,
              map: store.map,
              files,
              lang: langOf(room),
              allows,
              derivedId: (d) =>
                Buffer.from(
                  vault.hash("identity", `${d.room}/${d.announcement}/${d.part}`).subarray(0, 8),
                ).toString("base64url"),
              writable: () => log.writable(room),
              grown: () => grown(room),
            }),
          ]),
      ),

    /** Where in a sealed room an announcement stands that another room of its mapping cannot hold whole. */
    locate: createLocate({
      lib,
      store: store.seal,
      map: store.map,
      rooms: (name) => (mapping(name)?.rooms ?? []).filter((room) => sealedInfo(room) !== null),
    }),

    /** A room's log as carriers see it; null before its keys exist. */
    view(room: RoomName): LogView | null {
      const state = store.seal.get(room);
      if (state === null) return null;
      const sources = new Set(o.mappings.filter((m) => m.rooms.includes(room)).map((m) => m.source));
      const read = [...sources].map((s) => store.sources.readAt(s));
      const chains = store.seal.kept(room);
      const seen = Math.min(...read.map((at) => (at === null ? state.lastT : Math.floor(at / 1000))));
      return {
        room,
        roomId: Buffer.from(state.roomId).toString("hex"),
        certs: Buffer.concat(store.seal.certs(state.rootPk).map((c) => c.cert)),
        head: log.head(room, Number.isFinite(seen) ? seen : state.lastT, state),
        chains,
        // Nothing that came later: the witness was told of this view's places only.
        records: (serial, restart, from, limit) => {
          const last = chains.find((c) => c.serial === serial && c.restart === restart)?.last ?? -1;
          return store.seal.read(room, serial, restart, from, limit).filter((row) => row.seq <= last);
        },
        isInfo: (row) => isInfo(lib, store.seal, state, row),
        files: store.seal.fileIds(room).map((id) => ({
          id: Buffer.from(id).toString("hex"),
          path: files.path(room, id),
        })),
      };
    },

    /** Removes what a crash left behind: spooled and sealed files that nothing refers to. Before anything runs. */
    async sweep(): Promise<void> {
      await sweepBackups(o.disk, o.dataFolder);
      await spool.sweep(store.media.spools());
      for (const room of store.seal.rooms()) {
        await files.forgetLost(room);
        await files.sweep(room);
      }
    },

    /** The nightly step of every room and of the store; harmless at any time. Returns the rooms whose log changed. */
    async newDay(): Promise<readonly RoomName[]> {
      const changed: RoomName[] = [];
      for (const room of store.seal.rooms())
        if (sealedInfo(room) !== null && atomically(db, () => log.newDay(room))) changed.push(room);
      await outbox.forget(clock.now());
      forgetCopies(o.dataFolder, clock.now());
      for (const room of changed) await files.sweep(room);
      return changed;
    },
  };
}

/** Of several mappings that lead one source to a room, the least patient speaks. */
function silenceRules(mappings: readonly Mapping[]): readonly SilenceRule[] {
  const rules = new Map<RoomName, SilenceRule>();
  for (const { name, rooms, timezone, silence } of mappings)
    for (const room of rooms) {
      if (silence === undefined || silence >= (rules.get(room)?.after ?? Number.POSITIVE_INFINITY)) continue;
      rules.set(room, { room, mapping: name, zone: timezone, after: silence });
    }
  return [...rules.values()];
}

export type Bridge = ReturnType<typeof createBridge>;
