import { z } from "zod";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import { type RoomId, UserId } from "./ids.ts";
import { path } from "./path.ts";
import { eventsIn, fault, Membership, type Read, read, StateEvent } from "./wire.ts";

/** How long after a sync what is known counts as up to date, ms: longer than a sync waits for news. */
const FRESH = 60_000;

/**
 * Who is in a room, or invited to it: in memory alone, asked for when it is first needed and kept up by the syncs.
 * Whose keys are shared is decided by this, so where the syncs do not come through it is asked for anew each time.
 */
export interface Members {
  /** A failure is a value: then nothing can be encrypted for the room now. */
  of(room: RoomId, signal: AbortSignal): Promise<Read<readonly UserId[]>>;
  /** A membership event of a sync. */
  apply(room: RoomId, event: StateEvent): void;
  /** All that the server had until now was applied. */
  upToDate(): void;
  /** What is known of a room, or of all, is not to be relied on. */
  forget(room?: RoomId): void;
}

export function createMembers(api: Api, bot: UserId, clock: Clock): Members {
  const known = new Map<RoomId, Set<UserId>>();
  /** What syncs brought while a room's members were asked for: the answer may be older. */
  const meanwhile = new Map<RoomId, Set<StateEvent[]>>();
  let freshUntil: Millis = Number.NEGATIVE_INFINITY;

  const load = async (room: RoomId, signal: AbortSignal): Promise<Read<readonly UserId[]>> => {
    const late: StateEvent[] = [];
    const waiting = meanwhile.get(room) ?? new Set();
    meanwhile.set(room, waiting.add(late));
    try {
      const call = {
        method: "GET",
        path: path`/_matrix/client/v3/rooms/${room}/members`,
        query: { not_membership: "leave" },
      } as const;
      const answer = read(z.object({ chunk: z.array(z.unknown()) }), await api.call(call, signal));
      if (answer.kind === "fault") return answer;
      const members = new Set<UserId>();
      for (const event of [...eventsIn(StateEvent, answer.value.chunk), ...late]) take(members, event);
      // A list that lacks the bot itself is none.
      if (!members.has(bot)) return fault("bad_answer");
      known.set(room, members);
      return { kind: "ok", value: [...members] };
    } finally {
      waiting.delete(late);
      if (waiting.size === 0) meanwhile.delete(room);
    }
  };

  return {
    async of(room, signal) {
      const members = known.get(room);
      return members !== undefined && clock.now() < freshUntil
        ? { kind: "ok", value: [...members] }
        : load(room, signal);
    },
    apply(room, event) {
      const members = known.get(room);
      if (members !== undefined) take(members, event);
      for (const late of meanwhile.get(room) ?? []) late.push(event);
    },
    upToDate() {
      freshUntil = clock.now() + FRESH;
    },
    forget(room) {
      if (room === undefined) known.clear();
      else known.delete(room);
    },
  };
}

function take(members: Set<UserId>, event: StateEvent): void {
  const user = UserId.safeParse(event.state_key);
  const { data } = Membership.safeParse(event.content);
  if (event.type !== "m.room.member" || !user.success) return;
  if (data?.membership === "join" || data?.membership === "invite") members.add(user.data);
  else members.delete(user.data);
}
