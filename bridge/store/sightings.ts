import { AnnouncementId, type ChannelId, ForeignId, type Millis, type SourceName } from "../model/ids.ts";
import type { MissingPost } from "../outbox/port.ts";
import type { Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

/** What is known of a source's message. `announcement` null: seen, but no mapping wanted it. */
export interface Sighting {
  readonly announcement: AnnouncementId | null;
  /** The source's time up to which its content is known. */
  readonly asOf: Millis;
  readonly contentHash: Uint8Array;
  readonly removed: boolean;
}

interface Row {
  announcement: string | null;
  as_of: number;
  content_hash: Buffer;
  removed: number;
}

/** (source, the source's message id) → announcement; ids as keyed hashes, and sealed for as long as they may be asked for. */
export function sightingStore(db: Db, vault: Vault) {
  const find = db.prepare<[string, Uint8Array], Row>(
    "SELECT announcement, as_of, content_hash, removed FROM sightings WHERE source = ? AND foreign_hash = ?",
  );
  const insert = db.prepare(
    `INSERT INTO sightings (source, foreign_hash, channel_hash, foreign_sealed, announcement, posted_at, as_of, content_hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = db.prepare(
    "UPDATE sightings SET as_of = ?, content_hash = ?, announcement = ? WHERE source = ? AND foreign_hash = ?",
  );
  const remove = db.prepare(
    "UPDATE sightings SET removed = 1, foreign_sealed = NULL WHERE source = ? AND foreign_hash = ?",
  );
  const window = db.prepare<
    [string, Uint8Array, number, number],
    { foreign_hash: Buffer; foreign_sealed: Buffer | null; posted_at: number; announcement: string | null }
  >(
    `SELECT foreign_hash, foreign_sealed, posted_at, announcement FROM sightings
     WHERE source = +? AND channel_hash = +? AND posted_at BETWEEN ? AND ? AND removed = 0 ORDER BY posted_at`,
  );
  const eraseIds = db.prepare(
    "UPDATE sightings SET foreign_sealed = NULL WHERE foreign_sealed IS NOT NULL AND posted_at < ?",
  );

  const foreignHash = (source: SourceName, id: ForeignId) => vault.hash("foreign", `${source}/${id}`);
  const channelHash = (source: SourceName, id: ChannelId) => vault.hash("channel", `${source}/${id}`);
  const place = (hash: Uint8Array) => `sightings/${Buffer.from(hash).toString("hex")}`;
  const utf8 = new TextEncoder();

  return {
    channelHash,
    contentHash: (fingerprint: string) => vault.hash("content", fingerprint),
    find(source: SourceName, id: ForeignId): Sighting | null {
      const row = find.get(source, foreignHash(source, id));
      if (row === undefined) return null;
      return {
        announcement: row.announcement === null ? null : AnnouncementId.parse(row.announcement),
        asOf: row.as_of,
        contentHash: row.content_hash,
        removed: row.removed === 1,
      };
    },
    insert(
      source: SourceName,
      seen: {
        readonly foreignId: ForeignId;
        readonly channel: ChannelId;
        readonly announcement: AnnouncementId | null;
        readonly postedAt: Millis;
        readonly at: Millis;
        readonly contentHash: Uint8Array;
      },
    ) {
      const hash = foreignHash(source, seen.foreignId);
      insert.run(
        source,
        hash,
        channelHash(source, seen.channel),
        vault.seal("foreign", place(hash), utf8.encode(seen.foreignId)),
        seen.announcement,
        seen.postedAt,
        seen.at,
        seen.contentHash,
      );
    },
    update(
      source: SourceName,
      id: ForeignId,
      now: {
        readonly at: Millis;
        readonly contentHash: Uint8Array;
        readonly announcement: AnnouncementId | null;
      },
    ) {
      update.run(now.at, now.contentHash, now.announcement, source, foreignHash(source, id));
    },
    remove: (source: SourceName, id: ForeignId) => remove.run(source, foreignHash(source, id)),
    /** Mirrored posts known in [from, to] that `ids` lacks, and the number known there. */
    missing(source: SourceName, channel: ChannelId, from: Millis, to: Millis, ids: readonly ForeignId[]) {
      const present = new Set(ids.map((id) => Buffer.from(foreignHash(source, id)).toString("hex")));
      const rows = window
        .all(source, channelHash(source, channel), from, to)
        .filter((row) => row.announcement !== null);
      const missing = rows.flatMap((row): MissingPost[] => {
        if (present.has(row.foreign_hash.toString("hex")) || row.foreign_sealed === null) return [];
        const id = vault.open("foreign", place(row.foreign_hash), row.foreign_sealed);
        return id === null
          ? []
          : [{ foreignId: ForeignId.parse(new TextDecoder().decode(id)), postedAt: row.posted_at }];
      });
      return { missing, known: rows.length };
    },
    /** Erases the readable ids of posts older than `before`: no window will ask for them any more. */
    eraseIds: (before: Millis) => eraseIds.run(before),
  };
}
export type SightingStore = ReturnType<typeof sightingStore>;
