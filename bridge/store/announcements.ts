import { z } from "zod";
import { AnnouncementId, MediaId, type Millis } from "../model/ids.ts";
import { RichText } from "../model/rich-text.ts";
import { factsKey } from "../pipeline/changes.ts";
import { type CleanAnnouncement, freeze, revive } from "../pipeline/clean.ts";
import { openJson, sealJson, type Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

/** One revision as it is stored: everything a destination needs, carrier-neutral and scrubbed. */
export interface Payload {
  readonly clean: CleanAnnouncement;
  readonly postedAt: Millis;
  readonly replyTo: AnnouncementId | null;
  /** Ids of the attachments in the order of `clean.media`. */
  readonly media: readonly MediaId[];
  /** The text of the revision before, where there was one and the archive still had it. */
  readonly was: RichText | null;
}

const stored = z.object({
  clean: z.unknown(),
  postedAt: z.number(),
  replyTo: AnnouncementId.nullable(),
  media: z.array(MediaId),
  was: RichText.nullable(),
});

const DAY = 86_400_000;

/** Announcements, their revisions' payloads (erased when delivered) and the archive (kept for its window). */
export function announcementStore(db: Db, vault: Vault, archiveDays: number) {
  const insert = db.prepare(
    "INSERT INTO announcements (id, posted_at, accepted_at, revision) VALUES (?, ?, ?, 0)",
  );
  const revise = db.prepare("UPDATE announcements SET revision = ?, facts_hash = ? WHERE id = ?");
  const get = db.prepare<
    [string],
    {
      revision: number;
      removed: number;
      posted_at: number;
      accepted_at: number;
      facts_hash: Buffer | null;
    }
  >("SELECT revision, removed, posted_at, accepted_at, facts_hash FROM announcements WHERE id = ?");
  const remove = db.prepare("UPDATE announcements SET removed = 1, revision = ? WHERE id = ?");
  const putPayload = db.prepare(
    "INSERT INTO revisions (announcement, revision, payload_sealed) VALUES (?, ?, ?)",
  );
  const getPayload = db
    .prepare<[string, number], Buffer | null>(
      "SELECT payload_sealed FROM revisions WHERE announcement = ? AND revision = ?",
    )
    .pluck();
  const erasePayload = db.prepare(
    "UPDATE revisions SET payload_sealed = NULL WHERE announcement = ? AND revision = ?",
  );
  const restorePayload = db.prepare(
    "UPDATE revisions SET payload_sealed = ? WHERE announcement = ? AND revision = ? AND payload_sealed IS NULL",
  );
  const payloads = db
    .prepare<[string], number>(
      "SELECT revision FROM revisions WHERE announcement = ? AND payload_sealed IS NOT NULL",
    )
    .pluck();
  const putDay = db.prepare("INSERT OR IGNORE INTO archive_days (day, key_sealed) VALUES (?, ?)");
  const getDay = db.prepare<[number], Buffer>("SELECT key_sealed FROM archive_days WHERE day = ?").pluck();
  const putArchive = db.prepare(
    "INSERT OR REPLACE INTO archive (announcement, revision, day, payload_sealed) VALUES (?, ?, ?, ?)",
  );
  const getArchive = db.prepare<[string, number], { day: number; payload_sealed: Buffer }>(
    "SELECT day, payload_sealed FROM archive WHERE announcement = ? AND revision = ?",
  );
  const trimArchive = db.prepare("DELETE FROM archive WHERE announcement = ? AND revision < ?");
  const dropArchive = db.prepare("DELETE FROM archive WHERE announcement = ?");
  const dropDays = db.prepare("DELETE FROM archive_days WHERE day < ?");

  const encode = (p: Payload) => ({ ...p, clean: freeze(p.clean) });
  const decode = (value: unknown): Payload => {
    const p = stored.parse(value);
    return { ...p, clean: revive(p.clean) };
  };
  const place = (table: string, id: string, revision: number) => `${table}/${id}/${revision}`;

  /** The oldest day whose key is kept; what is kept for a window counts from the day it was accepted on. */
  const firstDay = (now: Millis): number => Math.floor(now / DAY) - (archiveDays > 0 ? archiveDays : -1);

  const dayVault = (day: number, make: boolean): Vault | null => {
    let sealed = getDay.get(day);
    if (sealed === undefined && make) {
      putDay.run(day, vault.seal("dayKey", `day/${day}`, vault.freshKey()));
      sealed = getDay.get(day);
    }
    const key = sealed === undefined ? null : vault.open("dayKey", `day/${day}`, sealed);
    return key === null ? null : vault.under(key);
  };

  const factsHash = (text: RichText): Uint8Array => vault.hash("content", `facts/${factsKey(text)}`);

  return {
    /** The announcement's newest revision and state, or undefined. */
    get: (id: AnnouncementId) => get.get(id),
    /** The announcement's row; its first revision follows, since attachments refer to the row. */
    insertRow: (id: AnnouncementId, postedAt: Millis, now: Millis) => insert.run(id, postedAt, now),
    /** A keyed hash of what students must hear of when it changes: outlives the text itself. */
    factsHash,
    /** Adds a revision's payload, and its copy in the archive; the archive keeps the texts of the last two. */
    addRevision(id: AnnouncementId, revision: number, payload: Payload, now: Millis) {
      revise.run(revision, factsHash(payload.clean.text), id);
      putPayload.run(
        id,
        revision,
        sealJson(vault, "payload", place("revisions", id, revision), encode(payload)),
      );
      if (archiveDays <= 0) return;
      const day = Math.floor(now / DAY);
      const under = dayVault(day, true);
      if (under === null) throw new Error("an archive day without its key");
      putArchive.run(
        id,
        revision,
        day,
        sealJson(under, "archive", place("archive", id, revision), encode({ ...payload, was: null })),
      );
      trimArchive.run(id, revision - 1);
    },
    /** Marks it removed under a revision of its own and drops what the archive kept of it. */
    remove(id: AnnouncementId, revision: number, keepArchive: boolean) {
      remove.run(revision, id);
      if (!keepArchive) dropArchive.run(id);
    },
    payload(id: AnnouncementId, revision: number): Payload | null {
      const sealed = getPayload.get(id, revision);
      if (sealed === undefined || sealed === null) return null;
      const value = openJson(vault, "payload", place("revisions", id, revision), sealed);
      return value === undefined ? null : decode(value);
    },
    /** Erases the payloads of all revisions but those in `needed`. */
    erasePayloads(id: AnnouncementId, needed: ReadonlySet<number>) {
      for (const revision of payloads.all(id)) if (!needed.has(revision)) erasePayload.run(id, revision);
    },
    /** Brings an erased payload back: somebody needs it again. */
    restore: (id: AnnouncementId, revision: number, payload: Payload) =>
      restorePayload.run(
        sealJson(vault, "payload", place("revisions", id, revision), encode(payload)),
        id,
        revision,
      ),
    encode,
    decode,
    firstDay,
    /**
     * The vault under the key of the day of `at`, which is destroyed when the archive's window of that day ends;
     * null: that was before `now`, or nothing is archived.
     */
    keeper(at: Millis, now: Millis): { readonly day: number; readonly vault: Vault } | null {
      const day = Math.floor(at / DAY);
      const under = day < firstDay(now) ? null : dayVault(day, true);
      return under === null ? null : { day, vault: under };
    },
    /** As {@link keeper}, for what was kept; null when its key is gone. */
    keptUnder: (day: number): Vault | null => dayVault(day, false),
    /** From the archive; null when its window has passed or nothing is archived. */
    archived(id: AnnouncementId, revision: number): Payload | null {
      const row = getArchive.get(id, revision);
      if (row === undefined) return null;
      const under = dayVault(row.day, false);
      if (under === null) return null;
      const value = openJson(under, "archive", place("archive", id, revision), row.payload_sealed);
      return value === undefined ? null : decode(value);
    },
    /** Destroys the keys (and with them the texts) of days before the window: none is left where there is no window. */
    forgetDays: (now: Millis) => dropDays.run(firstDay(now)),
  };
}
export type AnnouncementStore = ReturnType<typeof announcementStore>;
