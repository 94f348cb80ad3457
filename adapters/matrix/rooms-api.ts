import { z } from "zod";
import type { Api, ApiCall } from "./api.ts";
import type { EventId, RoomId, UserId } from "./ids.ts";
import { path } from "./path.ts";
import { CLOSED } from "./power.ts";
import { ENCRYPTION, putState, type RoomWish } from "./room-check.ts";
import { readState } from "./room-state.ts";
import {
  AliasFound,
  Done,
  EventSent,
  fault,
  JoinedRooms,
  Pinned,
  type Read,
  RoomMade,
  read,
} from "./wire.ts";

/** Rooms that the bot is in. */
export async function joinedRooms(api: Api, signal: AbortSignal): Promise<Read<readonly RoomId[]>> {
  const call = { method: "GET", path: "/_matrix/client/v3/joined_rooms" } as const;
  const rooms = read(JoinedRooms, await api.call(call, signal));
  return rooms.kind === "fault" ? rooms : { kind: "ok", value: rooms.value.joined_rooms };
}

/**
 * Makes a room: encrypted, by invitation alone, no guests, in no directory, and only the bot may do anything there.
 * There is no way to ask twice without making two: where the answer is lost, the room is looked for among those that
 * the bot is in since. `lost_room`: it may have been made and was not found.
 */
export async function createRoom(
  api: Api,
  bot: UserId,
  wish: RoomWish,
  signal: AbortSignal,
): Promise<Read<RoomId>> {
  const before = await joinedRooms(api, signal);
  if (before.kind === "fault") return before;
  const state = (type: string, content: unknown) => ({ type, state_key: "", content });
  const body = {
    preset: "private_chat",
    visibility: "private",
    name: wish.name,
    ...(wish.topic === null ? {} : { topic: wish.topic }),
    power_level_content_override: { ...CLOSED, events: {} },
    initial_state: [
      state("m.room.encryption", ENCRYPTION),
      state("m.room.join_rules", { join_rule: "invite" }),
      state("m.room.guest_access", { guest_access: "forbidden" }),
      state("m.room.history_visibility", { history_visibility: wish.historyVisibility }),
    ],
  };
  const answer = await api.call({ method: "POST", path: "/_matrix/client/v3/createRoom", body }, signal);
  const made = read(RoomMade, answer);
  if (made.kind === "ok") return { kind: "ok", value: made.value.room_id };
  if (answer.kind === "refused") return made;
  return (await newlyMade(api, new Set(before.value), bot, wish, signal)) ?? fault("lost_room");
}

async function newlyMade(
  api: Api,
  before: ReadonlySet<RoomId>,
  bot: UserId,
  wish: RoomWish,
  signal: AbortSignal,
): Promise<Read<RoomId> | null> {
  const after = await joinedRooms(api, signal);
  if (after.kind === "fault") return null;
  for (const room of after.value.filter((r) => !before.has(r))) {
    const state = await readState(api, room, bot, signal);
    if (state.kind === "fault") return null;
    const { name, power, encryption } = state.value;
    const mine = power.creators.has(bot) || Object.keys(power.levels.users).join() === bot;
    if (mine && name === wish.name && encryption !== null) return { kind: "ok", value: room };
  }
  return null;
}

/** Makes the direct, encrypted chat with one person, and invites them. Only the two of them may come in. */
export async function createChat(api: Api, user: UserId, signal: AbortSignal): Promise<Read<RoomId>> {
  const body = {
    preset: "trusted_private_chat",
    visibility: "private",
    is_direct: true,
    invite: [user],
    initial_state: [
      { type: "m.room.encryption", state_key: "", content: ENCRYPTION },
      { type: "m.room.guest_access", state_key: "", content: { guest_access: "forbidden" } },
    ],
  };
  const answer = await api.call({ method: "POST", path: "/_matrix/client/v3/createRoom", body }, signal);
  const made = read(RoomMade, answer);
  return made.kind === "fault" ? made : { kind: "ok", value: made.value.room_id };
}

/**
 * Joins a room that the bot was told to join. `via`: servers to ask, for a room that its own does not know.
 * `M_FORBIDDEN`: it needs an invitation.
 */
export async function joinRoom(
  api: Api,
  room: RoomId,
  via: readonly string[],
  signal: AbortSignal,
): Promise<Read<RoomId>> {
  const servers =
    via.length === 0
      ? ""
      : `?${via.flatMap((s) => ["via", "server_name"].map((key) => `${key}=${encodeURIComponent(s)}`)).join("&")}`;
  const joined = read(
    RoomMade,
    await api.call(
      { method: "POST", path: path`/_matrix/client/v3/join/${room}` + servers, body: {} },
      signal,
    ),
  );
  return joined.kind === "fault" ? joined : { kind: "ok", value: joined.value.room_id };
}

/** The room that an alias (`#name:server`) stands for, and servers that know it. */
export async function resolveAlias(
  api: Api,
  alias: string,
  signal: AbortSignal,
): Promise<Read<{ readonly room: RoomId; readonly via: readonly string[] }>> {
  const call = { method: "GET", path: path`/_matrix/client/v3/directory/room/${alias}` } as const;
  const found = read(AliasFound, await api.call(call, signal));
  if (found.kind === "fault") return found;
  return { kind: "ok", value: { room: found.value.room_id, via: found.value.servers } };
}

/** Leaves a room. One that the bot is not in is left. */
export async function leaveRoom(api: Api, room: RoomId, signal: AbortSignal): Promise<Read<null>> {
  const call = { method: "POST", path: path`/_matrix/client/v3/rooms/${room}/leave`, body: {} } as const;
  const done = read(Done, await api.call(call, signal));
  if (done.kind === "fault" && done.code !== "M_NOT_FOUND" && done.code !== "M_FORBIDDEN") return done;
  return { kind: "ok", value: null };
}

/** Gives those who are to be invited the keys of what they may read (see Engine.shareHistory). */
export type ShareHistory = (room: RoomId, user: UserId, signal: AbortSignal) => Promise<Shared>;

/** What became of the keys: `none`: there were none to share; else why those that there are were not. */
export type Shared = "shared" | "none" | { readonly code: string };

/**
 * Invites somebody, after having shared with them what they may read: a bundle of keys counts only from who invites.
 * Where that fails they are invited all the same, and `keys` says why. Nothing is kept of whom it was. Faults besides
 * the server's own: `already_there`.
 */
export async function invite(
  api: Api,
  room: RoomId,
  user: UserId,
  shareHistory: ShareHistory | null,
  signal: AbortSignal,
): Promise<Read<{ readonly keys: Shared }>> {
  const there = await membershipOf(api, room, user, signal);
  if (there.kind === "fault") return there;
  if (there.value === "join") return fault("already_there");
  const keys = shareHistory === null ? "none" : await shareHistory(room, user, signal);
  const body = { user_id: user };
  const call = { method: "POST", path: path`/_matrix/client/v3/rooms/${room}/invite`, body } as const;
  const done = read(Done, await api.call(call, signal));
  return done.kind === "fault" ? done : { kind: "ok", value: { keys } };
}

/** What somebody is to a room; null: nothing. */
export async function membershipOf(
  api: Api,
  room: RoomId,
  user: UserId,
  signal: AbortSignal,
): Promise<Read<string | null>> {
  const at = path`/_matrix/client/v3/rooms/${room}/state/m.room.member/${user}`;
  const found = read(
    z.object({ membership: z.string() }),
    await api.call({ method: "GET", path: at }, signal),
  );
  if (found.kind === "fault") return found.code === "M_NOT_FOUND" ? { kind: "ok", value: null } : found;
  return { kind: "ok", value: found.value.membership };
}

/** The most that is pinned in a room; the oldest make way. */
const MOST_PINNED = 50;

/** Pins an event, or takes it off. What is so already is not sent. */
export async function setPinned(
  api: Api,
  room: RoomId,
  event: EventId,
  pinned: boolean,
  signal: AbortSignal,
): Promise<Read<null>> {
  const at = path`/_matrix/client/v3/rooms/${room}/state/m.room.pinned_events/`;
  const found = read(Pinned, await api.call({ method: "GET", path: at }, signal));
  if (found.kind === "fault" && found.code !== "M_NOT_FOUND") return found;
  const now = found.kind === "ok" ? found.value.pinned : [];
  if (now.includes(event) === pinned) return { kind: "ok", value: null };
  const wanted = pinned ? [...now, event].slice(-MOST_PINNED) : now.filter((id) => id !== event);
  const done = await putState(api, room, "m.room.pinned_events", { pinned: wanted }, signal);
  return done.kind === "fault" ? done : { kind: "ok", value: null };
}

/**
 * Takes an event's content away, under a transaction id of ours. No reason is given: it would stand there in clear.
 */
export async function redact(
  api: Api,
  room: RoomId,
  event: EventId,
  transaction: string,
  signal: AbortSignal,
): Promise<Read<EventId>> {
  const call: ApiCall = {
    method: "PUT",
    path: path`/_matrix/client/v3/rooms/${room}/redact/${event}/${transaction}`,
    body: {},
  };
  const done = read(EventSent, await api.call(call, signal));
  return done.kind === "fault" ? done : { kind: "ok", value: done.value.event_id };
}
