import { z } from "zod";

/** A user of a homeserver: `@name:server`. */
export const UserId = z
  .string()
  .max(255)
  .regex(/^@[^:\s]+:\S+$/)
  .brand("UserId");
export type UserId = z.infer<typeof UserId>;

/** A room on the homeserver, `!…`: not the name that the configuration gives it. Secret: stored sealed. */
export const RoomId = z
  .string()
  .max(255)
  .regex(/^!\S+$/)
  .brand("RoomId");
export type RoomId = z.infer<typeof RoomId>;

/** An event, `$…`. Stored sealed. */
export const EventId = z
  .string()
  .max(255)
  .regex(/^\$\S+$/)
  .brand("EventId");
export type EventId = z.infer<typeof EventId>;

export const DeviceId = z.string().min(1).max(255).brand("DeviceId");
export type DeviceId = z.infer<typeof DeviceId>;
