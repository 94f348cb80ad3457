import { z } from "zod";
import { EventId, type RoomId, UserId } from "./ids.ts";
import type { Members } from "./members.ts";
import { SETTINGS, type Sync } from "./sync-wire.ts";
import { eventsIn, Membership, StateEvent } from "./wire.ts";

/**
 * What a sync told of a room that the bot serves. Nobody is named: who comes and goes is no business of ours.
 * - `joined`, `left`: somebody; `how` they left. The key was changed already.
 * - `out`: the bot itself is no longer in the room (`gone`: the server does not say how).
 * - `replaced`: a tombstone; whether it counts is for `followUpgrade` to say.
 * - `changed`: state on which the room's safety depends is another; to be looked at with `checkRoom`.
 */
export type RoomNews =
  | { readonly kind: "joined"; readonly room: RoomId }
  | { readonly kind: "left"; readonly room: RoomId; readonly how: "left" | "removed" | "banned" }
  | { readonly kind: "out"; readonly room: RoomId; readonly how: "left" | "removed" | "banned" | "gone" }
  | { readonly kind: "replaced"; readonly room: RoomId }
  | { readonly kind: "changed"; readonly room: RoomId; readonly what: (typeof SETTINGS)[number] };

/** Somebody invites the bot. It never joins by itself. */
export interface Invitation {
  readonly room: RoomId;
  readonly from: UserId | null;
}

/** An encrypted event of a direct chat, as the server gave it. `event_id` and `sender` are read already. */
export interface ChatEvent {
  readonly room: RoomId;
  readonly event: EventId;
  readonly from: UserId;
  readonly raw: unknown;
}

/** What a sync means for the rooms. */
export interface SyncNews {
  readonly rooms: readonly RoomNews[];
  /** Rooms that somebody left: the next event there needs a new key. */
  readonly rotate: ReadonlySet<RoomId>;
  readonly invitations: readonly Invitation[];
  readonly chat: readonly ChatEvent[];
  /** After a first sync those who are in our rooms: what is known of their devices may be old. */
  readonly seen: readonly UserId[];
}

export interface Watched {
  readonly bot: UserId;
  readonly rooms: ReadonlySet<RoomId>;
  readonly chats: ReadonlySet<RoomId>;
  readonly members: Pick<Members, "apply" | "forget">;
}

const Encrypted = z.object({ type: z.literal("m.room.encrypted"), event_id: EventId, sender: UserId });

/**
 * Reads what a sync tells of the rooms, and keeps the members up by it. `first`: there was none before it, so that what
 * it tells is how things stand, not what happened.
 */
export function newsOf(sync: Sync, first: boolean, o: Watched): SyncNews {
  const news: RoomNews[] = [];
  const rotate = new Set<RoomId>();
  const chat: ChatEvent[] = [];
  const seen = new Set<UserId>();
  const ours = (id: RoomId): boolean => o.rooms.has(id) || o.chats.has(id);

  for (const { id, room } of sync.rooms.join) {
    if (!ours(id)) continue;
    for (const event of eventsIn(StateEvent, [...room.state.events, ...room.timeline.events])) {
      if (event.type === "m.room.member") o.members.apply(id, event);
      if (first) {
        const user = UserId.safeParse(event.state_key);
        if (event.type === "m.room.member" && user.success) seen.add(user.data);
        continue;
      }
      const one = newsIn(id, event, o.bot);
      if (one?.kind === "left") rotate.add(id);
      if (one !== null && o.rooms.has(id)) news.push(one);
    }
    if (!first && o.chats.has(id)) chat.push(...chatIn(id, room.timeline.events, o.bot));
  }
  for (const { id, room } of sync.rooms.leave) {
    if (!ours(id)) continue;
    o.members.forget(id);
    const mine = eventsIn(StateEvent, [...room.state.events, ...room.timeline.events]).findLast(
      (event) => event.type === "m.room.member" && event.state_key === o.bot,
    );
    if (o.rooms.has(id)) news.push({ kind: "out", room: id, how: mine === undefined ? "gone" : howOf(mine) });
  }
  if (first) {
    const joined = new Set(sync.rooms.join.map(({ id }) => id));
    for (const id of o.rooms) if (!joined.has(id)) news.push({ kind: "out", room: id, how: "gone" });
  }
  const invitations = sync.rooms.invite.map(({ id, room }) => ({
    room: id,
    from:
      eventsIn(StateEvent, room.invite_state.events).find(
        (event) => event.type === "m.room.member" && event.state_key === o.bot,
      )?.sender ?? null,
  }));
  return { rooms: news, rotate, invitations, chat, seen: [...seen] };
}

function howOf(event: StateEvent): "left" | "removed" | "banned" {
  if (event.content.membership === "ban") return "banned";
  return event.sender === event.state_key ? "left" : "removed";
}

function newsIn(room: RoomId, event: StateEvent, bot: UserId): RoomNews | null {
  if (event.type === "m.room.tombstone") return { kind: "replaced", room };
  const what = SETTINGS.find((type) => type === event.type);
  if (what !== undefined) return event.state_key === "" ? { kind: "changed", room, what } : null;
  if (event.type !== "m.room.member" || event.state_key === bot) return null;
  const { data } = Membership.safeParse(event.content);
  const was = Membership.safeParse(event.unsigned?.prev_content).data?.membership;
  if (data?.membership === "join") return was === "join" ? null : { kind: "joined", room };
  // Who declines an invitation had the key, too.
  if (data?.membership === "leave" || data?.membership === "ban" || data === undefined)
    return { kind: "left", room, how: howOf(event) };
  return null;
}

function chatIn(room: RoomId, events: readonly unknown[], bot: UserId): readonly ChatEvent[] {
  return events.flatMap((raw) => {
    const read = Encrypted.safeParse(raw);
    if (!read.success || read.data.sender === bot) return [];
    return [{ room, event: read.data.event_id, from: read.data.sender, raw }];
  });
}
