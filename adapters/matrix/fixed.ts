import { z } from "zod";
import { DeviceId, EventId, RoomId, UserId } from "./ids.ts";
import { Placed, PlannedSlot } from "./receipt.ts";

/**
 * The content of an encrypted event and nothing else: there is no field in which a text could stand in clear. What does
 * not fit is a bug, and is not sent.
 */
const Ciphertext = z.strictObject({
  algorithm: z.literal("m.megolm.v1.aes-sha2"),
  ciphertext: z.string().regex(/^[A-Za-z0-9+/_-]+=*$/),
  sender_key: z.string().exactOptional(),
  device_id: z.string().exactOptional(),
  session_id: z.string(),
  "m.relates_to": z
    .union([
      z.strictObject({ rel_type: z.literal("m.replace"), event_id: EventId }),
      z.strictObject({ "m.in_reply_to": z.strictObject({ event_id: EventId }) }),
    ])
    .exactOptional(),
});
export type Ciphertext = z.infer<typeof Ciphertext>;

/** The JSON of the engine as what may be sent. */
export const ciphertext = (json: string): Ciphertext => Ciphertext.parse(JSON.parse(json));

/** What TX 2 fixes of a delivery. */
const Fixed = z.object({
  v: z.literal(1),
  room: RoomId,
  user: UserId,
  /** Transaction ids are remembered by the server for this device alone. */
  device: DeviceId,
  /** When it was prepared, ms UTC. */
  at: z.number(),
  /** Makes the transaction ids differ from those of anything else that was ever prepared under the same key. */
  nonce: z.string(),
  events: z.array(Ciphertext),
  redact: z.array(Placed),
  slots: z.array(PlannedSlot),
  /** Whether the first event of the announcement is to be pinned, and which event is pinned of it now. */
  pin: z.boolean(),
  pinned: EventId.nullable(),
  former: z.array(Placed),
});
export type Fixed = z.infer<typeof Fixed>;

export const encodeFixed = (fixed: Fixed): Uint8Array => new TextEncoder().encode(JSON.stringify(fixed));
export const decodeFixed = (bytes: Uint8Array): Fixed =>
  Fixed.parse(JSON.parse(Buffer.from(bytes).toString()));
