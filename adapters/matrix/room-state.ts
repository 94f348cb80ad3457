import { z } from "zod";
import type { Api } from "./api.ts";
import { RoomId, UserId } from "./ids.ts";
import { path } from "./path.ts";
import { type Power, PowerLevels } from "./power.ts";
import { eventsIn, type Read, read, StateEvent } from "./wire.ts";

/** What may be read of the time before somebody joined. */
export type HistoryVisibility = "invited" | "joined" | "shared";

/** A room's state as far as its safety depends on it. null: there is no such event, or it says nothing. */
export interface RoomState {
  /** Whether the bot itself is in it: some rooms can be read from outside. */
  readonly inside: boolean;
  readonly encryption: {
    readonly algorithm: string | null;
    readonly rotationMs: number | null;
    readonly rotationMessages: number | null;
  } | null;
  readonly joinRule: string | null;
  readonly guestAccess: string | null;
  readonly historyVisibility: string | null;
  readonly name: string | null;
  readonly topic: string | null;
  readonly power: Power;
  readonly predecessor: RoomId | null;
  /** The room that took its place, and who said so. */
  readonly successor: { readonly room: RoomId; readonly by: UserId } | null;
}

const word = z.string().nullable().catch(null).default(null);
const count = z.int().positive().nullable().catch(null).default(null);
const room = RoomId.nullable().catch(null).default(null);

const Encryption = z.object({ algorithm: word, rotation_period_ms: count, rotation_period_msgs: count });
const Create = z.object({
  room_version: z.string().catch("1").default("1"),
  additional_creators: z.array(UserId).catch([]).default([]),
  predecessor: z.object({ room_id: room }).nullable().catch(null).default(null),
});
const Tombstone = z.object({ replacement_room: room });

/** Room versions in which those who made the room stand above all levels. */
function creatorsReign(version: string): boolean {
  return version.startsWith("org.matrix.hydra") || Number.parseInt(version, 10) >= 12;
}

function successorIn(events: readonly StateEvent[]): RoomState["successor"] {
  const stone = events.find((e) => e.type === "m.room.tombstone" && e.state_key === "");
  const next = stone === undefined ? null : Tombstone.parse(stone.content).replacement_room;
  return stone === undefined || next === null ? null : { room: next, by: stone.sender };
}

/** Reads a room's state out of its events. */
function stateOf(events: readonly StateEvent[], bot: UserId): RoomState {
  const content = (type: string) => events.find((e) => e.type === type && e.state_key === "")?.content;
  const wordOf = (type: string, field: string): string | null => {
    const value = content(type)?.[field];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const made = events.find((e) => e.type === "m.room.create" && e.state_key === "");
  const create = Create.parse(made?.content ?? {});
  const reign = made !== undefined && creatorsReign(create.room_version);
  const encryption = content("m.room.encryption");
  const told = Encryption.parse(encryption ?? {});
  return {
    inside: events.some(
      (e) => e.type === "m.room.member" && e.state_key === bot && e.content.membership === "join",
    ),
    encryption:
      encryption === undefined
        ? null
        : {
            algorithm: told.algorithm,
            rotationMs: told.rotation_period_ms,
            rotationMessages: told.rotation_period_msgs,
          },
    joinRule: wordOf("m.room.join_rules", "join_rule"),
    guestAccess: wordOf("m.room.guest_access", "guest_access"),
    historyVisibility: wordOf("m.room.history_visibility", "history_visibility"),
    name: wordOf("m.room.name", "name"),
    topic: wordOf("m.room.topic", "topic"),
    power: {
      levels: PowerLevels.parse(content("m.room.power_levels") ?? {}),
      creators: new Set(reign ? [made.sender, ...create.additional_creators] : []),
    },
    predecessor: create.predecessor?.room_id ?? null,
    successor: successorIn(events),
  };
}

/** Asks for a room's state. `M_FORBIDDEN`: the bot is not in the room. */
export async function readState(
  api: Api,
  id: RoomId,
  bot: UserId,
  signal: AbortSignal,
): Promise<Read<RoomState>> {
  const call = { method: "GET", path: path`/_matrix/client/v3/rooms/${id}/state` } as const;
  const events = read(z.array(z.unknown()), await api.call(call, signal));
  if (events.kind === "fault") return events;
  return { kind: "ok", value: stateOf(eventsIn(StateEvent, events.value), bot) };
}
