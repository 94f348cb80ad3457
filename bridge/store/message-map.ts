import type { AnnouncementId, RoomName } from "../model/ids.ts";
import type { Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";
import type { DeliveryRow } from "./deliveries.ts";

/** Parts that follow a late attachment, or repeat an announcement, change the part they belong to. */
export const target = (part: string): string =>
  part.startsWith("late.") || part.startsWith("digest.") ? "whole" : part;

/** Source part ↔ destination message: which parts a room has, in which of the room's revisions, under which receipt. */
export function messageMap(db: Db, vault: Vault) {
  const get = db
    .prepare<[string, string, string], number>(
      "SELECT room_revision FROM message_map WHERE room = ? AND announcement = ? AND part = ?",
    )
    .pluck();
  const put = db.prepare(
    `INSERT INTO message_map (room, announcement, part, room_revision) VALUES (?, ?, ?, 0)
     ON CONFLICT (room, announcement, part) DO UPDATE SET room_revision = room_revision + 1`,
  );
  const setReceipt = db.prepare(
    "UPDATE message_map SET receipt_sealed = ? WHERE room = ? AND announcement = ? AND part = ?",
  );
  const getReceipt = db
    .prepare<[string, string, string], Buffer | null>(
      "SELECT receipt_sealed FROM message_map WHERE room = ? AND announcement = ? AND part = ?",
    )
    .pluck();
  const standing = db
    .prepare<[string, string, string], number>(
      "SELECT receipt_sealed IS NOT NULL FROM message_map WHERE room = ? AND announcement = ? AND part = ?",
    )
    .pluck();
  const place = (row: Pick<DeliveryRow, "room" | "announcement" | "part">) =>
    `message_map/${row.room}/${row.announcement}/${target(row.part)}`;
  const utf8 = new TextEncoder();

  return {
    /** The revision that the next message of this part takes within its room: 0 for the first. */
    nextRevision: (row: DeliveryRow): number =>
      (get.get(row.room, row.announcement, target(row.part)) ?? -1) + 1,
    /** The message is fixed: its part now stands in this revision. A removal leaves it as it is. */
    fixed(row: DeliveryRow) {
      if (row.action !== "remove") put.run(row.room, row.announcement, target(row.part));
    },
    receipt: (row: DeliveryRow, receipt: string) =>
      setReceipt.run(
        vault.seal("receipt", place(row), utf8.encode(receipt)),
        row.room,
        row.announcement,
        target(row.part),
      ),
    /** Whether the destination said of a row's part what stands there of it. */
    stands: (row: Pick<DeliveryRow, "room" | "announcement" | "part">): boolean =>
      standing.get(row.room, row.announcement, target(row.part)) === 1,
    /** What the destination said of a part when it was last sent; null: it was not, or nothing was said. */
    receiptOf(room: RoomName, announcement: AnnouncementId, part: string): string | null {
      const sealed = getReceipt.get(room, announcement, target(part)) ?? null;
      if (sealed === null) return null;
      const opened = vault.open("receipt", place({ room, announcement, part }), sealed);
      if (opened === null) throw new Error("a receipt that the vault does not open");
      return new TextDecoder().decode(opened);
    },
    /** Whether a room has an announcement, so that a reply can point at it. */
    has: (room: RoomName, announcement: AnnouncementId): boolean =>
      get.get(room, announcement, "whole") !== undefined,
  };
}
export type MessageMap = ReturnType<typeof messageMap>;
