import { z } from "zod";
import { AnnouncementId, MappingName, MediaId, type Millis, RoomName } from "../model/ids.ts";
import { RichText } from "../model/rich-text.ts";
import type { DeliveryAction, NoteReason } from "../outbox/port.ts";
import { openJson, sealJson, type Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

const row = z.object({
  id: z.number(),
  room: RoomName,
  announcement: AnnouncementId,
  part: z.string(),
  revision: z.number(),
  action: z.enum(["post", "edit", "late", "strike", "reply", "remove", "note", "digest"]),
  mapping: MappingName,
  urgent: z.number().transform((n) => n === 1),
  pin: z.number().transform((n) => n === 1),
  accepted_at: z.number(),
  due_at: z.number(),
  retry_at: z.number(),
  tries: z.number(),
  state: z.enum(["queued", "fixed", "sent", "refused", "cancelled"]),
  extra_sealed: z.instanceof(Uint8Array).nullable(),
  key: z.string().nullable(),
  fixed_sealed: z.instanceof(Uint8Array).nullable(),
  lacking: z.string().nullable(),
});
export type DeliveryRow = z.infer<typeof row>;

/** What a delivery says beside its revision's payload; sealed and erased like it. */
export interface Extra {
  /** The line of a `reply` or a `note`. */
  readonly line?: string;
  /** Why there is a `note`. */
  readonly why?: NoteReason;
  /** The text that the room has; null: nobody knows, or it has none. Absent: that of the revision before. */
  readonly was?: RichText | null;
}
export const Extra = z.object({
  line: z.string().exactOptional(),
  why: z.enum(["silent", "back"]).exactOptional(),
  was: RichText.nullable().exactOptional(),
});

export interface NewDelivery {
  readonly room: RoomName;
  readonly announcement: AnnouncementId;
  readonly part: string;
  readonly revision: number;
  readonly action: DeliveryAction;
  readonly mapping: MappingName;
  readonly urgent: boolean;
  readonly pin: boolean;
  readonly acceptedAt: Millis;
  readonly dueAt: Millis;
  /** The line of a `reply` or a `note`. */
  readonly line?: string;
  /** Why there is a `note`. */
  readonly why?: NoteReason;
}

/** The queue's rows. A second insert of the same (room, announcement, part, revision) does nothing. */
export function deliveryStore(db: Db, vault: Vault) {
  const insert = db.prepare(
    `INSERT OR IGNORE INTO deliveries
       (room, announcement, part, revision, action, mapping, urgent, pin, accepted_at, due_at, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued')`,
  );
  const setExtra = db.prepare("UPDATE deliveries SET extra_sealed = ? WHERE id = ?");
  const get = db.prepare("SELECT * FROM deliveries WHERE id = ?");
  const ofAnnouncement = db.prepare("SELECT * FROM deliveries WHERE announcement = +? ORDER BY id");
  const statesOf = db.prepare<[string], { revision: number; state: string }>(
    "SELECT revision, state FROM deliveries WHERE announcement = ?",
  );
  const revise = db.prepare(
    "UPDATE deliveries SET revision = ?, mapping = ?, urgent = ?, pin = ?, extra_sealed = ? WHERE id = ?",
  );
  const due = db.prepare("UPDATE deliveries SET due_at = ? WHERE id = ?");
  const retry = db.prepare("UPDATE deliveries SET retry_at = ?, tries = tries + 1 WHERE id = ?");
  const finish = db.prepare(
    "UPDATE deliveries SET state = ?, fixed_sealed = NULL, extra_sealed = NULL WHERE id = ?",
  );
  const fix = db.prepare(
    "UPDATE deliveries SET state = 'fixed', key = ?, fixed_sealed = ?, lacking = ? WHERE id = ?",
  );
  const unfix = db.prepare(
    "UPDATE deliveries SET state = 'queued', key = NULL, fixed_sealed = NULL, lacking = NULL WHERE id = ? AND state = 'fixed'",
  );
  const setLacking = db.prepare("UPDATE deliveries SET lacking = ? WHERE id = ?");
  const lacking = db.prepare(
    "SELECT * FROM deliveries WHERE announcement = +? AND lacking IS NOT NULL ORDER BY id",
  );
  const requeue = db.prepare(
    `UPDATE deliveries SET state = 'queued', tries = 0, retry_at = 0, due_at = ?, key = NULL, extra_sealed = ?
     WHERE id = ?`,
  );
  const repeatable = db.prepare<[string, number, number], { announcement: string; mapping: string }>(
    `SELECT d.announcement, d.mapping, min(d.id) FROM deliveries d JOIN announcements a ON a.id = d.announcement
     WHERE d.room = +? AND d.part = 'whole' AND d.state = 'sent' AND d.id <= ?
       AND a.removed = 0 AND a.accepted_at >= ?
     GROUP BY d.announcement ORDER BY min(d.id)`,
  );
  const newest = db.prepare<[], number | null>("SELECT max(id) FROM deliveries").pluck();
  const dead = db.prepare<[], { room: string; code: string; n: number }>(
    "SELECT room, code, count(*) AS n FROM dead_letters GROUP BY room, code",
  );
  const decode = (value: unknown): DeliveryRow => row.parse(value);
  const place = (id: number) => `deliveries/${id}/extra`;
  const sealExtra = (id: number, value: Extra) => sealJson(vault, "payload", place(id), value);

  return {
    /** Queues a delivery; false when it was queued before. */
    insert(d: NewDelivery): boolean {
      const result = insert.run(
        d.room,
        d.announcement,
        d.part,
        d.revision,
        d.action,
        d.mapping,
        d.urgent ? 1 : 0,
        d.pin ? 1 : 0,
        d.acceptedAt,
        d.dueAt,
      );
      if (result.changes === 0) return false;
      if (d.line !== undefined) {
        const id = Number(result.lastInsertRowid);
        const { line, why } = d;
        setExtra.run(sealExtra(id, why === undefined ? { line } : { line, why }), id);
      }
      return true;
    },
    get(id: number): DeliveryRow | null {
      const found = get.get(id);
      return found === undefined ? null : decode(found);
    },
    ofAnnouncement: (id: AnnouncementId): readonly DeliveryRow[] => ofAnnouncement.all(id).map(decode),
    /** Where each delivery of an announcement stands, without the rest of it. */
    statesOf: (id: AnnouncementId) => statesOf.all(id),
    extraOf: (d: DeliveryRow): Extra =>
      d.extra_sealed === null ? {} : Extra.parse(openJson(vault, "payload", place(d.id), d.extra_sealed)),
    /**
     * Brings a delivery that is still queued up to date, in its place: it now brings `revision`. `was`: the text that
     * its room has; null: nobody knows, or it has none.
     */
    revise(
      id: number,
      revision: number,
      route: Pick<NewDelivery, "mapping" | "urgent" | "pin">,
      was: RichText | null,
    ) {
      const { mapping, urgent, pin } = route;
      revise.run(revision, mapping, urgent ? 1 : 0, pin ? 1 : 0, sealExtra(id, { was }), id);
    },
    fixedOf(d: DeliveryRow): { key: string; bytes: Uint8Array } | null {
      if (d.state !== "fixed" || d.key === null || d.fixed_sealed === null) return null;
      const bytes = vault.open("payload", `deliveries/${d.id}/fixed`, d.fixed_sealed);
      if (bytes === null) throw new Error("fixed bytes that the vault does not open");
      return { key: d.key, bytes };
    },
    /** Lets it wait until `at`, unless something urgent comes. */
    due: (id: number, at: Millis) => due.run(at, id),
    /** Not to be tried again before `at`, whatever comes. */
    retry: (id: number, at: Millis) => retry.run(at, id),
    fix(id: number, key: string, bytes: Uint8Array, missing: readonly MediaId[]) {
      const sealed = vault.seal("payload", `deliveries/${id}/fixed`, bytes);
      fix.run(key, sealed, missing.length === 0 ? null : missing.join(" "), id);
    },
    /** What was fixed is given up: it is prepared anew. */
    unfix: (id: number) => unfix.run(id),
    finish: (id: number, state: "sent" | "refused" | "cancelled") => finish.run(state, id),
    /** Deliveries that went out without attachments which were to follow. */
    lacking: (id: AnnouncementId): readonly (DeliveryRow & { readonly media: readonly MediaId[] })[] =>
      lacking.all(id).map((r) => {
        const d = decode(r);
        return { ...d, media: (d.lacking ?? "").split(" ").map((m) => MediaId.parse(m)) };
      }),
    setLacking: (id: number, media: readonly MediaId[]) =>
      setLacking.run(media.length === 0 ? null : media.join(" "), id),
    /** A refused delivery stands in its lane again, in its old place. */
    requeue: (id: number, value: Extra, now: Millis) =>
      requeue.run(now, Object.keys(value).length === 0 ? null : sealExtra(id, value), id),
    dead: () => dead.all(),
    /** What a room has of announcements accepted since, and had by the delivery `upTo`, in the order it was given. */
    repeatable: (room: RoomName, upTo: number, since: Millis) =>
      repeatable.all(room, upTo, since).map(({ announcement, mapping }) => ({
        announcement: AnnouncementId.parse(announcement),
        mapping: MappingName.parse(mapping),
      })),
    /** The newest delivery of all; 0: there is none. */
    newest: (): number => newest.get() ?? 0,
  };
}
export type DeliveryStore = ReturnType<typeof deliveryStore>;
