import { z } from "zod";
import { type AnnouncementId, MediaId, RoomName } from "../model/ids.ts";
import { openJson, sealJson, type Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

/** Where a sealed room's log stands. Times in unix seconds, epochs in UTC days. */
export interface SealState {
  readonly room: RoomName;
  readonly rootPk: Uint8Array;
  readonly salt: Uint8Array;
  readonly roomId: Uint8Array;
  readonly serial: number;
  readonly restart: number;
  readonly nextSeq: number;
  readonly firstSeq: number;
  /** Hash of the newest record of this chain, or of the chain it follows; zeros in a room's first. */
  readonly prev: Uint8Array;
  readonly epoch: number;
  readonly lastT: number;
  /** The oldest day whose key is kept, and that key. */
  readonly keyEpoch: number;
  readonly key: Uint8Array;
  readonly infoHash: Uint8Array | null;
  /** The chain with which this key began; null: the room's first. */
  readonly keyFrom: { readonly serial: number; readonly restart: number } | null;
  /** Why nothing may be written until the root certifies anew; null: it may. */
  readonly halted: Halt | null;
}

const halt = z.enum(["restarts_used_up", "newer_certificate"]);
export type Halt = z.infer<typeof halt>;

export interface ChainRow {
  readonly serial: number;
  readonly restart: number;
  readonly first: number;
  readonly firstEpoch: number;
  /** null while the chain is open; −1 if it never had a record. */
  readonly last: number | null;
  readonly hash: Uint8Array | null;
}

export interface LogRow {
  readonly serial: number;
  readonly restart: number;
  readonly seq: number;
  readonly epoch: number;
  readonly record: Uint8Array;
}

/** A file as a room's records name it: everything that opens it. */
const entry = z.object({
  id: z.string(),
  key: z.string(),
  hash: z.string(),
  size: z.number(),
  name: z.string(),
  mime: z.string(),
  w: z.number().exactOptional(),
  h: z.number().exactOptional(),
  thumb: z.string().exactOptional(),
});
export type FileEntry = Readonly<z.infer<typeof entry>>;

const stateRow = z.object({
  room: RoomName,
  root_pk: z.instanceof(Uint8Array),
  salt: z.instanceof(Uint8Array),
  room_id: z.instanceof(Uint8Array),
  serial: z.number(),
  restart: z.number(),
  next_seq: z.number(),
  first_seq: z.number(),
  prev: z.instanceof(Uint8Array),
  epoch: z.number(),
  last_t: z.number(),
  key_epoch: z.number(),
  key_sealed: z.instanceof(Uint8Array),
  info_hash: z.instanceof(Uint8Array).nullable(),
  key_serial: z.number().nullable(),
  key_restart: z.number().nullable(),
  halted: halt.nullable(),
});

/** Rows of the sealed rooms: keys (sealed), chains, the log and the files of each room. */
export function sealStore(db: Db, vault: Vault) {
  const getRoom = db.prepare("SELECT * FROM seal_rooms WHERE room = ?");
  const rooms = db.prepare<[], string>("SELECT room FROM seal_rooms ORDER BY room").pluck();
  const insertRoom = db.prepare(
    `INSERT INTO seal_rooms (room, root_pk, salt, room_id, serial, restart, next_seq, first_seq, prev, epoch,
       last_t, key_epoch, key_sealed, info_hash, key_serial, key_restart, halted)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const updateRoom = db.prepare(
    `UPDATE seal_rooms SET serial = ?, restart = ?, next_seq = ?, first_seq = ?, prev = ?, epoch = ?, last_t = ?,
       key_epoch = ?, key_sealed = ?, info_hash = ?, key_serial = ?, key_restart = ?, halted = ? WHERE room = ?`,
  );
  const online = db
    .prepare<[Uint8Array, number], Buffer | null>(
      "SELECT online_sealed FROM seal_certs WHERE root_pk = ? AND serial = ?",
    )
    .pluck();
  const certs = db.prepare<[Uint8Array], { serial: number; cert: Buffer }>(
    "SELECT serial, cert FROM seal_certs WHERE root_pk = +? ORDER BY serial",
  );
  const insertCert = db.prepare(
    "INSERT INTO seal_certs (root_pk, serial, cert, online_sealed) VALUES (?, ?, ?, ?)",
  );
  const forgetOnline = db.prepare(
    `UPDATE seal_certs SET online_sealed = NULL WHERE root_pk = ? AND serial NOT IN
       (SELECT serial FROM seal_rooms WHERE seal_rooms.root_pk = seal_certs.root_pk)`,
  );
  const putBackup = db.prepare("INSERT OR REPLACE INTO seal_backups (root_pk, public) VALUES (?, ?)");
  const backups = db.prepare<[], { root_pk: Buffer; public: Buffer }>(
    "SELECT root_pk, public FROM seal_backups",
  );
  const chains = db.prepare<
    [string],
    {
      serial: number;
      restart: number;
      first_seq: number;
      first_epoch: number;
      last_seq: number | null;
      last_hash: Buffer | null;
    }
  >("SELECT * FROM seal_chains WHERE room = +? ORDER BY serial, restart");
  const putChain = db.prepare(
    `INSERT OR REPLACE INTO seal_chains (room, serial, restart, first_seq, first_epoch, last_seq, last_hash)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const append = db.prepare(
    "INSERT INTO seal_log (room, serial, restart, seq, epoch, record) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const read = db.prepare<[string, number, number, number, number], LogRow>(
    `SELECT serial, restart, seq, epoch, record FROM seal_log
     WHERE room = +? AND serial = +? AND restart = +? AND seq >= ? ORDER BY seq LIMIT +?`,
  );
  const lastOld = db
    .prepare<[string, number, number, number], number | null>(
      "SELECT max(seq) FROM seal_log WHERE room = +? AND serial = +? AND restart = +? AND epoch < ?",
    )
    .pluck();
  const trim = db.prepare("DELETE FROM seal_log WHERE room = ? AND serial = ? AND restart = ? AND seq < ?");
  const keptChains = db.prepare<
    [string],
    { serial: number; restart: number; first: number; last: number; epoch: number }
  >(
    // Each bound is one look into the log's own order: what a chain holds is never counted through.
    `SELECT k.serial, k.restart, k.first, k.last, l.epoch
     FROM (
       SELECT c.room, c.serial, c.restart,
         (SELECT min(seq) FROM seal_log f WHERE f.room = c.room AND f.serial = c.serial AND f.restart = c.restart)
           AS first,
         (SELECT max(seq) FROM seal_log n WHERE n.room = c.room AND n.serial = c.serial AND n.restart = c.restart)
           AS last
       FROM seal_chains c WHERE c.room = +?
     ) k
     JOIN seal_log l ON l.room = k.room AND l.serial = k.serial AND l.restart = k.restart AND l.seq = k.last
     ORDER BY k.serial, k.restart`,
  );
  const getFile = db
    .prepare<[string, string], Buffer>("SELECT entry_sealed FROM seal_files WHERE room = ? AND media = ?")
    .pluck();
  const putFile = db.prepare(
    `INSERT OR REPLACE INTO seal_files (room, media, announcement, file_id, epoch, entry_sealed)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const stampFiles = db.prepare("UPDATE seal_files SET epoch = ? WHERE room = ? AND announcement = ?");
  const dropFiles = db.prepare("DELETE FROM seal_files WHERE room = ? AND announcement = ?");
  const dropOldFiles = db.prepare("DELETE FROM seal_files WHERE room = ? AND epoch < ?");
  const unsent = db.prepare<[string], { media: string; file_id: Buffer }>(
    "SELECT media, file_id FROM seal_files WHERE room = ? AND epoch IS NULL",
  );
  const dropFile = db.prepare("DELETE FROM seal_files WHERE room = ? AND media = ?");
  const fileIds = db.prepare<[string], Buffer>("SELECT file_id FROM seal_files WHERE room = ?").pluck();

  const keyPlace = (room: RoomName) => `seal_rooms/${room}/key`;
  const onlinePlace = (rootPk: Uint8Array, serial: number) =>
    `seal_certs/${Buffer.from(rootPk).toString("hex")}/${serial}`;
  const filePlace = (room: RoomName, media: MediaId) => `seal_files/${room}/${media}`;

  return {
    rooms: (): readonly RoomName[] => rooms.all().map((r) => RoomName.parse(r)),
    get(room: RoomName): SealState | null {
      const found = getRoom.get(room);
      if (found === undefined) return null;
      const r = stateRow.parse(found);
      const key = vault.open("seal", keyPlace(room), r.key_sealed);
      if (key === null) throw new Error("a room key that the vault does not open");
      return {
        room: r.room,
        rootPk: r.root_pk,
        salt: r.salt,
        roomId: r.room_id,
        serial: r.serial,
        restart: r.restart,
        nextSeq: r.next_seq,
        firstSeq: r.first_seq,
        prev: r.prev,
        epoch: r.epoch,
        lastT: r.last_t,
        keyEpoch: r.key_epoch,
        key,
        infoHash: r.info_hash,
        keyFrom:
          r.key_serial === null || r.key_restart === null
            ? null
            : { serial: r.key_serial, restart: r.key_restart },
        halted: r.halted,
      };
    },
    insert(s: SealState) {
      insertRoom.run(
        s.room,
        s.rootPk,
        s.salt,
        s.roomId,
        s.serial,
        s.restart,
        s.nextSeq,
        s.firstSeq,
        s.prev,
        s.epoch,
        s.lastT,
        s.keyEpoch,
        vault.seal("seal", keyPlace(s.room), s.key),
        s.infoHash,
        s.keyFrom?.serial ?? null,
        s.keyFrom?.restart ?? null,
        s.halted,
      );
    },
    update(s: SealState) {
      updateRoom.run(
        s.serial,
        s.restart,
        s.nextSeq,
        s.firstSeq,
        s.prev,
        s.epoch,
        s.lastT,
        s.keyEpoch,
        vault.seal("seal", keyPlace(s.room), s.key),
        s.infoHash,
        s.keyFrom?.serial ?? null,
        s.keyFrom?.restart ?? null,
        s.halted,
        s.room,
      );
    },
    /** All certificates of a root, serials rising, as the tree serves them. */
    certs: (rootPk: Uint8Array): readonly { readonly serial: number; readonly cert: Uint8Array }[] =>
      certs.all(rootPk).map(({ serial, cert }) => ({ serial, cert })),
    /** The secret that signs under a certificate; null when this machine does not hold it. */
    online(rootPk: Uint8Array, serial: number): Uint8Array | null {
      const sealed = online.get(rootPk, serial) ?? null;
      return sealed === null ? null : vault.open("seal", onlinePlace(rootPk, serial), sealed);
    },
    insertCert: (rootPk: Uint8Array, serial: number, cert: Uint8Array, onlineSecret: Uint8Array) =>
      insertCert.run(rootPk, serial, cert, vault.seal("seal", onlinePlace(rootPk, serial), onlineSecret)),
    /** Erases the secrets of a root's certificates under which no room writes any more. */
    forgetOnline: (rootPk: Uint8Array) => forgetOnline.run(rootPk),
    /** Keeps the public half of the pair to which backups of a root's rooms are sealed. */
    putBackup: (rootPk: Uint8Array, publicKey: Uint8Array) => putBackup.run(rootPk, publicKey),
    /** Roots with the public halves to which backups are sealed. */
    backups: (): readonly { readonly rootPk: Uint8Array; readonly publicKey: Uint8Array }[] =>
      backups.all().map((b) => ({ rootPk: b.root_pk, publicKey: b.public })),
    chains: (room: RoomName): readonly ChainRow[] =>
      chains.all(room).map((c) => ({
        serial: c.serial,
        restart: c.restart,
        first: c.first_seq,
        firstEpoch: c.first_epoch,
        last: c.last_seq,
        hash: c.last_hash,
      })),
    putChain: (room: RoomName, c: ChainRow) =>
      putChain.run(room, c.serial, c.restart, c.first, c.firstEpoch, c.last, c.hash),
    append: (room: RoomName, row: LogRow) =>
      append.run(room, row.serial, row.restart, row.seq, row.epoch, row.record),
    read: (room: RoomName, serial: number, restart: number, from: number, limit: number): readonly LogRow[] =>
      read.all(room, serial, restart, from, limit),
    /** Chains of which records are still kept. */
    kept: (room: RoomName) => keptChains.all(room),
    /** The newest record of a chain that is older than `epoch`; null if there is none. */
    lastBefore: (room: RoomName, serial: number, restart: number, epoch: number): number | null =>
      lastOld.get(room, serial, restart, epoch) ?? null,
    trim: (room: RoomName, serial: number, restart: number, before: number) =>
      trim.run(room, serial, restart, before),
    file(room: RoomName, media: MediaId): FileEntry | null {
      const sealed = getFile.get(room, media);
      return sealed === undefined
        ? null
        : entry.parse(openJson(vault, "seal", filePlace(room, media), sealed));
    },
    putFile: (
      room: RoomName,
      media: MediaId,
      announcement: AnnouncementId,
      fileId: Uint8Array,
      e: FileEntry,
    ) =>
      putFile.run(
        room,
        media,
        announcement,
        fileId,
        null,
        sealJson(vault, "seal", filePlace(room, media), e),
      ),
    /** A record of this day carries the announcement's files: they stay as long as it does. */
    stampFiles: (room: RoomName, announcement: AnnouncementId, epoch: number) =>
      stampFiles.run(epoch, room, announcement),
    dropFiles: (room: RoomName, announcement: AnnouncementId) => dropFiles.run(room, announcement),
    dropFilesBefore: (room: RoomName, epoch: number) => dropOldFiles.run(room, epoch),
    /** Files that no record names yet. */
    unsentFiles: (room: RoomName): readonly { readonly media: MediaId; readonly fileId: Uint8Array }[] =>
      unsent.all(room).map((row) => ({ media: MediaId.parse(row.media), fileId: row.file_id })),
    dropFile: (room: RoomName, media: MediaId) => dropFile.run(room, media),
    fileIds: (room: RoomName): readonly Uint8Array[] => fileIds.all(room),
  };
}
export type SealStore = ReturnType<typeof sealStore>;
