import { z } from "zod";
import { EventId, RoomId } from "./ids.ts";

/**
 * One event of an announcement in the room. `copy`: "" for the announcement itself, else which repetition of it this
 * belongs to. `part`: `text.N` or `media.<id>`. `edits`: events that changed it since.
 */
const slot = <T extends z.ZodType>(id: T) =>
  z.object({ copy: z.string(), part: z.string(), same: z.string(), event: id, edits: z.array(id) });

/** An event and its room. */
export const Placed = z.object({ room: RoomId, event: EventId });
export type Placed = z.infer<typeof Placed>;

/** Where the event is one that is yet to be sent, its place among those stands for its id. */
export const PlannedSlot = slot(z.union([EventId, z.int().nonnegative()]));
export type PlannedSlot = z.infer<typeof PlannedSlot>;

/** What stands in the room of an announcement (or of a line about it), in order. Kept sealed in the message map. */
export const Receipt = z.object({
  v: z.literal(1),
  room: RoomId,
  slots: z.array(slot(EventId)),
  /** The event of it that is pinned. */
  pinned: EventId.nullable(),
  /** What stands of it in rooms that were replaced by this one: to be taken away with the rest. */
  former: z.array(Placed),
});
export type Receipt = z.infer<typeof Receipt>;
export type Slot = Receipt["slots"][number];

/** Reads a receipt; null: there is none. One that is not ours is a bug or a damaged disk: it throws. */
export const readReceipt = (text: string | null): Receipt | null =>
  text === null ? null : Receipt.parse(JSON.parse(text));

/** All events of it, those that changed it too. */
export const eventsOf = (receipt: Receipt): readonly Placed[] => [
  ...receipt.slots.flatMap((s) => [s.event, ...s.edits]).map((event) => ({ room: receipt.room, event })),
  ...receipt.former,
];
