import { z } from "zod";
import { AnnouncementId, MediaId, MediaRef, type Millis, SourceName } from "../model/ids.ts";
import { type AttachmentKind, attachmentKinds, type Extent } from "../model/post.ts";
import type { MediaMeta } from "../outbox/port.ts";
import { openJson, sealJson, type Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

const extent = {
  width: z.number().exactOptional(),
  height: z.number().exactOptional(),
  duration: z.number().exactOptional(),
};

/** A spooled attachment: what it is, and the name and key of its sealed chunks. */
const spooled = z.object({
  meta: z.object({
    size: z.number(),
    mime: z.string(),
    name: z.string(),
    ...extent,
    thumb: z.string().exactOptional(),
  }),
  /** base64url of the spool file's key. */
  key: z.string(),
});
export type Spooled = { readonly meta: MediaMeta; readonly key: string };

/** An attachment that is to be fetched. */
export interface PendingMedia {
  readonly id: MediaId;
  readonly source: SourceName;
  readonly kind: AttachmentKind;
  readonly ref: MediaRef;
  readonly limit: number;
  readonly tries: number;
  readonly name: string;
  readonly extent: Extent;
}

interface Row {
  id: string;
  source: string;
  kind: string;
  ref_sealed: Buffer | null;
  size_limit: number;
  state: string;
  code: string | null;
  tries: number;
  spool_sealed: Buffer | null;
}

const request = z.object({ ref: MediaRef, name: z.string(), extent: z.object(extent).default({}) });
const kindOf = z.enum(attachmentKinds);
const COLUMNS = "id, source, kind, ref_sealed, size_limit, state, code, tries, spool_sealed";

/** Attachments: one row for each (announcement, identity), whatever number of revisions and rooms carry it. */
export function mediaStore(db: Db, vault: Vault) {
  const byIdentity = db.prepare<[string, Uint8Array], Row>(
    `SELECT ${COLUMNS} FROM media WHERE announcement = ? AND identity_hash = ?`,
  );
  const byId = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM media WHERE id = ?`);
  const insert = db.prepare(
    `INSERT INTO media (id, announcement, identity_hash, kind, ref_sealed, source, size_limit, state, code, retry_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const freshRef = db.prepare(
    "UPDATE media SET ref_sealed = ?, size_limit = max(size_limit, ?) WHERE id = ?",
  );
  const setState = db.prepare(
    "UPDATE media SET state = ?, code = ?, spool_sealed = ?, tries = 0 WHERE id = ?",
  );
  const retry = db.prepare("UPDATE media SET tries = tries + 1, retry_at = ? WHERE id = ?");
  const again = db.prepare(
    "UPDATE media SET state = 'pending', retry_at = ?, tries = 0 WHERE id = ? AND state = 'spent'",
  );
  const pending = db.prepare<[number], Row & { retry_at: number }>(
    `SELECT ${COLUMNS}, retry_at FROM media WHERE state = 'pending' ORDER BY retry_at LIMIT +?`,
  );
  const lost = db.prepare(
    `UPDATE media SET state = 'pending', code = NULL, spool_sealed = NULL, retry_at = ?, tries = 0
     WHERE id = ? AND state = 'ready'`,
  );
  const abandon = db.prepare(
    "UPDATE media SET state = 'failed', code = 'removed' WHERE announcement = ? AND state = 'pending'",
  );
  const ofAnnouncement = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM media WHERE announcement = ?`);
  const announcementOf = db.prepare<[string], string>("SELECT announcement FROM media WHERE id = ?").pluck();
  const spools = db.prepare<[], string>("SELECT id FROM media WHERE state = 'ready'").pluck();

  const place = (id: string) => `media/${id}`;
  const spoolOf = (row: Row): Spooled | null =>
    row.spool_sealed === null
      ? null
      : spooled.parse(openJson(vault, "spool", place(row.id), row.spool_sealed));

  return {
    /** The row for an attachment seen in a revision: the known one with its reference refreshed, or a new one. */
    note(
      id: () => MediaId,
      announcement: AnnouncementId,
      source: SourceName,
      media: {
        kind: AttachmentKind;
        ref: MediaRef;
        identity: string;
        name: string;
        extent?: Extent;
        limit: number;
      },
      now: Millis,
    ): MediaId {
      const hash = vault.hash("identity", `${announcement}/${media.kind}/${media.identity}`);
      const known = byIdentity.get(announcement, hash);
      const sealed = (own: string) =>
        sealJson(vault, "media", place(own), { ref: media.ref, name: media.name, extent: media.extent });
      if (known !== undefined) {
        freshRef.run(sealed(known.id), media.limit, known.id);
        return MediaId.parse(known.id);
      }
      const made = id();
      const wanted = media.limit > 0;
      insert.run(
        made,
        announcement,
        hash,
        media.kind,
        sealed(made),
        source,
        media.limit,
        wanted ? "pending" : "failed",
        wanted ? null : "not_wanted",
        now,
      );
      return made;
    },
    state(
      id: MediaId,
    ): { state: string; code: string | null; kind: AttachmentKind; spool: Spooled | null } | null {
      const row = byId.get(id);
      return row === undefined
        ? null
        : { state: row.state, code: row.code, kind: kindOf.parse(row.kind), spool: spoolOf(row) };
    },
    announcementOf(id: MediaId): AnnouncementId | null {
      const found = announcementOf.get(id);
      return found === undefined ? null : AnnouncementId.parse(found);
    },
    /** The next attachments to fetch with the times before which they must not be; at most `n`. */
    pending(n: number): readonly { readonly media: PendingMedia; readonly at: Millis }[] {
      return pending.all(n).flatMap((row) => {
        const opened =
          row.ref_sealed === null ? undefined : openJson(vault, "media", place(row.id), row.ref_sealed);
        if (opened === undefined) return [];
        const { ref, name, extent } = request.parse(opened);
        const media = {
          id: MediaId.parse(row.id),
          source: SourceName.parse(row.source),
          kind: kindOf.parse(row.kind),
          ref,
          limit: row.size_limit,
          tries: row.tries,
          name,
          extent,
        };
        return [{ media, at: row.retry_at }];
      });
    },
    retry: (id: MediaId, at: Millis) => retry.run(at, id),
    ready: (id: MediaId, spool: Spooled) =>
      setState.run("ready", null, sealJson(vault, "spool", place(id), spool), id),
    failed: (id: MediaId, code: string) => setState.run("failed", code, null, id),
    /** Given to every room: the spooled bytes may go, and with them their key. */
    spent: (id: MediaId) => setState.run("spent", null, null, id),
    /** A room needs an attachment again whose bytes are gone: fetch it anew. */
    refetch: (id: MediaId, now: Millis) => again.run(now, id),
    /** Its spooled bytes are lost: fetch it anew. */
    lost: (id: MediaId, now: Millis) => lost.run(now, id),
    /** The announcement is gone from every room: what is not fetched yet need not be. */
    abandon: (announcement: AnnouncementId) => abandon.run(announcement),
    readyOf: (announcement: AnnouncementId): readonly MediaId[] =>
      ofAnnouncement
        .all(announcement)
        .flatMap((row) => (row.state === "ready" ? [MediaId.parse(row.id)] : [])),
    /** Names of all spool files that are still needed. */
    spools: (): ReadonlySet<string> => new Set(spools.all()),
  };
}
export type MediaStore = ReturnType<typeof mediaStore>;
