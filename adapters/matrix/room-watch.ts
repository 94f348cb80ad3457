import { createBell } from "../../bridge/bell.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import type { RoomId, UserId } from "./ids.ts";
import type { Kept } from "./kept.ts";
import type { Members } from "./members.ts";
import { checkRoom, mendRoom, type RoomFinding, type RoomFlaw, type RoomWish } from "./room-check.ts";
import { joinRoom } from "./rooms-api.ts";
import type { Invitation, RoomNews } from "./sync-rooms.ts";
import { followUpgrade } from "./upgrade.ts";
import { type Fault, isPassing, type Read } from "./wire.ts";

/**
 * Why nothing is sent to a room until it is set right. Content is encrypted in any case; these are about who would be
 * able to read or write.
 */
export type Held =
  | Extract<RoomFlaw, "not_encrypted" | "open" | "guests" | "members_post" | "bot_without_power" | "replaced">
  /** The bot is not in the room: removed, banned, or the room is gone. */
  | "out"
  /** The room was replaced, and the bot must be invited into the new one. */
  | "uninvited";

/** How a room stands, as far as it was looked at. */
export interface RoomStanding {
  /** null: nothing is in the way. */
  readonly held: Held | null;
  /** All that is not as it should be. */
  readonly flaws: readonly RoomFlaw[];
}

/** A room of the configuration that the account serves. */
export interface WatchedRoom {
  readonly name: RoomName;
  readonly wish: RoomWish;
}

export interface RoomWatchOptions {
  readonly api: Api;
  readonly bot: UserId;
  readonly kept: Kept;
  readonly rooms: readonly WatchedRoom[];
  readonly members: Pick<Members, "forget">;
  readonly clock: Clock;
  /** Told of each change of how a room stands. */
  readonly stands: (room: RoomName, standing: RoomStanding) => void;
  /** A room was followed to the one that replaced it. */
  readonly moved: (room: RoomName) => void;
  /** Somebody came into a room. */
  readonly joined: (room: RoomName) => void;
}

/** After looks that failed, or found the bot outside, ms: the first pause doubles until it is the longest. */
const SOON: Millis = 2_000;
const LONGEST: Millis = 60_000;
/** Without any news a room is looked at so often, ms. */
const EVERY: Millis = 6 * 3_600_000;
/** So many rooms that a room replaced are remembered. */
const REPLACED = 5;

const UNSAFE: Readonly<Partial<Record<RoomFlaw, Held>>> = {
  bot_outside: "out",
  replaced: "replaced",
  not_encrypted: "not_encrypted",
  open: "open",
  guests: "guests",
  members_post: "members_post",
  bot_without_power: "bot_without_power",
};

/** Watches the rooms of an account: looks at them when something changed, sets right what it may, follows upgrades. */
export function createRoomWatch(o: RoomWatchOptions) {
  const wishes = new Map(o.rooms.map((room) => [room.name, room.wish]));
  const ids = new Map<RoomName, RoomId>();
  const standings = new Map<RoomName, RoomStanding>();
  const due = new Map<RoomName, Millis>();
  /** How many looks in a row told nothing, or found the bot outside. */
  const vain = new Map<RoomName, number>();
  /** Rooms that replaced ours and want an invitation. */
  const awaited = new Map<RoomId, RoomName>();
  const bell = createBell(o.clock);
  for (const { name } of o.rooms) {
    const found = o.kept.room(name).get();
    if (found === null) continue;
    ids.set(name, found.id);
    due.set(name, Number.NEGATIVE_INFINITY);
  }

  const nameOf = (id: RoomId): RoomName | null => [...ids].find(([, own]) => own === id)?.[0] ?? null;
  const stand = (name: RoomName, held: Held | null, flaws: readonly RoomFlaw[]): void => {
    const standing = { held, flaws };
    standings.set(name, standing);
    o.stands(name, standing);
  };
  const lookSoon = (name: RoomName): void => {
    due.set(name, Number.NEGATIVE_INFINITY);
    bell.ring();
  };

  const follow = async (
    name: RoomName,
    old: RoomId,
    wish: RoomWish,
    signal: AbortSignal,
  ): Promise<Fault | null> => {
    const way = await followUpgrade(o.api, old, o.bot, wish, signal);
    if (way.kind === "fault") return way;
    if (way.kind === "not_replaced" || way.kind === "uninvited") {
      if (way.kind === "uninvited") awaited.set(way.room, name);
      stand(name, way.kind === "uninvited" ? "uninvited" : "replaced", ["replaced"]);
      return null;
    }
    const flaws = way.findings.map(({ flaw }) => flaw);
    if (way.kind === "unsafe") {
      stand(name, heldBy(flaws) ?? "replaced", flaws);
      return null;
    }
    const before = [old, ...(o.kept.room(name).get()?.before ?? [])].slice(0, REPLACED);
    o.kept.room(name).put({ id: way.room, before });
    ids.set(name, way.room);
    o.members.forget(old);
    stand(name, null, flaws);
    o.moved(name);
    return null;
  };

  /** null: it was looked at. */
  const look = async (name: RoomName, signal: AbortSignal): Promise<Fault | null> => {
    const [id, wish] = [ids.get(name), wishes.get(name)];
    if (id === undefined || wish === undefined) return null;
    let found = await checkRoom(o.api, id, o.bot, wish, signal);
    if (isOutside(found)) {
      // An invitation is told once, so a look takes it, as often as it needs.
      const joined = await joinRoom(o.api, id, [], signal);
      if (joined.kind === "fault") {
        stand(name, "out", []);
        return isPassing(joined) ? joined : null;
      }
      found = await checkRoom(o.api, id, o.bot, wish, signal);
    }
    if (found.kind === "fault") return found;
    const flaws = found.value.map(({ flaw }) => flaw);
    if (flaws.includes("replaced")) return follow(name, id, wish, signal);
    const mends = found.value.some(({ mendable }) => mendable);
    const mended = mends ? await mendRoom(o.api, id, o.bot, wish, signal) : found;
    const left = mended.kind === "fault" ? flaws : mended.value.map(({ flaw }) => flaw);
    stand(name, heldBy(left), left);
    return mended.kind === "fault" ? mended : null;
  };

  return {
    /** The room on the server; null: it was not set up. */
    idOf: (name: RoomName): RoomId | null => ids.get(name) ?? null,
    ids: (): ReadonlySet<RoomId> => new Set([...ids.values(), ...awaited.keys()]),
    /** null: it was not looked at yet. */
    standing: (name: RoomName): RoomStanding | null => standings.get(name) ?? null,
    /** The room as far as something may be sent there: it was looked at since the start, and is as it should be. */
    place: (name: RoomName): RoomId | null =>
      standings.get(name)?.held === null ? (ids.get(name) ?? null) : null,
    /** Whether a look is what a send has to wait for: the next one tells of the room, whatever it finds. */
    awaited: (name: RoomName): boolean =>
      ids.has(name) && (standings.has(name) ? standings.get(name)?.held !== null : !vain.has(name)),

    /** Takes what a sync told. */
    news(one: RoomNews): void {
      const name = nameOf(one.room);
      if (name === null) return;
      if (one.kind === "joined") o.joined(name);
      else if (one.kind === "out") stand(name, "out", []);
      else if (one.kind !== "left") lookSoon(name);
    },

    /** Whether it is into a room of ours, or the one that replaced it: the next look joins where it may. */
    invited({ room }: Invitation): boolean {
      const name = nameOf(room) ?? awaited.get(room);
      if (name === undefined) return false;
      lookSoon(name);
      return true;
    },

    /** Looks at the rooms until `signal` aborts. */
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        for (const [name, at] of [...due]) {
          if (at > o.clock.now()) continue;
          // Set before: what is told meanwhile makes it due once more.
          due.set(name, o.clock.now() + EVERY);
          const fault = await look(name, signal).catch((error: unknown) => {
            if (signal.aborted) return null;
            throw error;
          });
          if (signal.aborted) return;
          // A server that answers amiss for a moment must not keep announcements from a room for hours.
          const held = standings.get(name)?.held;
          const again = fault === null ? held === "out" : isPassing(fault) || held !== null;
          const before = vain.get(name) ?? 0;
          if (fault === null && !again) vain.delete(name);
          else vain.set(name, before + 1);
          const pause = fault?.retryAfter ?? Math.min(SOON * 2 ** before, LONGEST);
          if (again) due.set(name, o.clock.now() + pause);
        }
        await bell.wait(Math.min(...due.values(), o.clock.now() + EVERY), signal);
      }
    },
  };
}
export type RoomWatch = ReturnType<typeof createRoomWatch>;

/** What cannot be read from outside says so; what can is looked at without being in it. */
function isOutside(found: Read<readonly RoomFinding[]>): boolean {
  if (found.kind === "fault") return found.code === "M_FORBIDDEN" || found.code === "M_NOT_FOUND";
  return found.value.some(({ flaw }) => flaw === "bot_outside");
}

function heldBy(flaws: readonly RoomFlaw[]): Held | null {
  for (const flaw of flaws) {
    const held = UNSAFE[flaw];
    if (held !== undefined) return held;
  }
  return null;
}
