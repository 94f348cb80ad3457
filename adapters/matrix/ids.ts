import type { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";

/** A user of a homeserver: `@name:server`. */
export const UserId = boundedText(0, 255)
  .regex(/^@[^:\s]+:\S+$/)
  .brand("UserId");
export type UserId = z.infer<typeof UserId>;

/** A room on the homeserver, `!…`: not the name that the configuration gives it. Secret: stored sealed. */
export const RoomId = boundedText(0, 255)
  .regex(/^!\S+$/)
  .brand("RoomId");
export type RoomId = z.infer<typeof RoomId>;

/** An event, `$…`. Stored sealed. */
export const EventId = boundedText(0, 255)
  .regex(/^\$\S+$/)
  .brand("EventId");
export type EventId = z.infer<typeof EventId>;

export const DeviceId = boundedText(1, 255).brand("DeviceId");
export type DeviceId = z.infer<typeof DeviceId>;
