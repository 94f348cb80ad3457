import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";
import { RoomId, UserId } from "./ids.ts";

const list = z.array(z.unknown()).catch([]).default([]);
const events = z.object({ events: list }).catch({ events: [] }).default({ events: [] });
const users = z
  .array(z.unknown())
  .catch([])
  .default([])
  .transform((ids) =>
    ids.flatMap((id) => {
      const user = UserId.safeParse(id);
      return user.success ? [user.data] : [];
    }),
  );

/** Rooms by their ids; one whose id is none is left out. */
function rooms<T>(schema: z.ZodType<T>) {
  return z
    .record(z.string(), z.unknown())
    .catch({})
    .default({})
    .transform((found) =>
      Object.entries(found).flatMap(([key, value]) => {
        const id = RoomId.safeParse(key);
        const room = schema.safeParse(value);
        return id.success && room.success ? [{ id: id.data, room: room.data }] : [];
      }),
    );
}

const RoomNews = z.object({ state: events, timeline: events });
const Invitation = z.object({ invite_state: events });

const counts = z.record(z.string(), z.number()).nullish().catch(null);
const Sections = z.object({
  join: rooms(RoomNews),
  invite: rooms(Invitation),
  leave: rooms(RoomNews),
});

/** The answer of `/sync`, as far as it is read here. Without a place to go on from it is no answer. */
export const Sync = z.object({
  next_batch: boundedText(1, 4_096),
  to_device: events,
  device_lists: z
    .object({ changed: users, left: users })
    .catch({ changed: [], left: [] })
    .default({ changed: [], left: [] }),
  device_one_time_keys_count: counts,
  device_unused_fallback_key_types: z.array(z.string()).nullish().catch(null),
  rooms: Sections.optional().transform((found) => found ?? { join: [], invite: [], leave: [] }),
});
export type Sync = z.infer<typeof Sync>;

/** State on which a room's safety depends. */
export const SETTINGS = [
  "m.room.encryption",
  "m.room.power_levels",
  "m.room.join_rules",
  "m.room.guest_access",
  "m.room.history_visibility",
] as const;

/** What the bot wants to hear of: who comes and goes, what a room is, and encrypted events (for direct chats). */
export const FILTER = {
  presence: { types: [] },
  account_data: { types: [] },
  room: {
    account_data: { types: [] },
    ephemeral: { types: [] },
    include_leave: false,
    state: { types: ["m.room.member", ...SETTINGS, "m.room.tombstone"] },
    timeline: { limit: 50, types: ["m.room.member", ...SETTINGS, "m.room.tombstone", "m.room.encrypted"] },
  },
} as const;
