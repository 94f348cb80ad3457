import type { AnnouncementId, Millis, RoomName } from "../model/ids.ts";
import type { Route } from "../outbox/port.ts";
import type { AnnouncementStore } from "./announcements.ts";
import type { DeliveryRow, DeliveryStore } from "./deliveries.ts";
import type { MediaStore } from "./media.ts";
import type { Planning } from "./planning.ts";

/** The part of an announcement that destinations which take it whole send. */
export const WHOLE = "whole";

/** For deliveries whose mapping is no longer configured. */
export const DEFAULT_RULES = { edits: "announce", removals: "remove" } as const;

/** Queues one delivery; the same (room, announcement, part, revision) a second time does nothing. */
export type Queue = (
  id: AnnouncementId,
  revision: number,
  route: Route,
  delivery: { action: "post" | "edit" | "strike" | "reply" | "remove"; part: string; line?: string },
) => void;

/** What edits and removals work with inside TX 1. */
export interface QueueTools {
  readonly announcements: AnnouncementStore;
  readonly deliveries: DeliveryStore;
  readonly media: MediaStore;
  readonly planning: Planning;
  readonly now: Millis;
  readonly queue: Queue;
  /** Whether some of what a delivery brings stands in its room, though it was refused. */
  readonly stands: (row: DeliveryRow) => boolean;
  /** Rooms whose lane changed. */
  readonly touched: Set<RoomName>;
}

/** What one room was given of an announcement, in the order of its lane, and the route of the first of it. */
export interface RoomRows {
  readonly route: Route;
  readonly rows: readonly DeliveryRow[];
}

/** The rooms an announcement went to or waits for. What was cancelled does not count. */
export function byRoom(all: readonly DeliveryRow[]): ReadonlyMap<RoomName, RoomRows> {
  const rooms = new Map<RoomName, RoomRows>();
  for (const row of all) {
    if (row.state === "cancelled") continue;
    const { room, mapping, urgent, pin } = row;
    const known = rooms.get(room) ?? { route: { room, mapping, urgent, pin }, rows: [] };
    rooms.set(room, { ...known, rows: [...known.rows, row] });
  }
  return rooms;
}

/** Whether a room has it or some of it, or will have it whatever happens: its bytes are fixed. */
export const isOut = (t: Pick<QueueTools, "stands">, row: DeliveryRow): boolean =>
  row.state === "fixed" || row.state === "sent" || t.stands(row);
