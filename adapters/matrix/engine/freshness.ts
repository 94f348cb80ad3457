import type { Clock } from "../../../bridge/model/effects.ts";
import type { Millis } from "../../../bridge/model/ids.ts";
import type { RoomTrust } from "../engine.ts";
import type { RoomId, UserId } from "../ids.ts";

/** So long what was shared is taken to hold at most: devices whose one-time keys were out of reach are tried again. */
const LASTS: Millis = 60_000;

/** The engine takes a session for expired once it has encrypted so many events, and panics at the next. */
const MESSAGES = 100;

interface Shared {
  readonly members: readonly UserId[];
  readonly trust: RoomTrust;
  readonly changes: number;
  readonly at: Millis;
  /** The index in its session of the last event encrypted since; null: none was. */
  readonly index: number | null;
}

/**
 * Whether a room's key, once shared with everybody, need not be shared again before the next event: nothing that the
 * engine knows of devices has changed, the members are the same, and the session is within its limits. Looking through
 * a thousand members takes the engine more than ten times as long as encrypting for them.
 *
 * A session's age need not be looked at: those that events are encrypted with were made on the same day.
 */
export function createFreshness(clock: Clock) {
  const rooms = new Map<RoomId, Shared>();
  let changes = 0;
  return {
    /** Something came or went that may concern devices or sessions. */
    changed(): void {
      changes++;
    },
    /** All of it was shared now. */
    shared(room: RoomId, members: readonly UserId[], trust: RoomTrust): void {
      rooms.set(room, { members: [...members], trust, changes, at: clock.now(), index: null });
    },
    /** An event was encrypted. */
    encrypted(room: RoomId, index: number | null): void {
      const shared = rooms.get(room);
      if (shared === undefined) return;
      if (index === null) rooms.delete(room);
      else rooms.set(room, { ...shared, index });
    },
    forget(room: RoomId): void {
      rooms.delete(room);
    },
    /** `more`: whether another event is to be encrypted. */
    holds(room: RoomId, members: readonly UserId[], trust: RoomTrust, more: boolean): boolean {
      const shared = rooms.get(room);
      if (shared === undefined || shared.index === null) return false;
      if (more && shared.index + 1 >= MESSAGES) return false;
      const age = clock.now() - shared.at;
      return (
        // A clock that was set back makes the engine take its sessions for expired.
        age >= 0 &&
        age < LASTS &&
        shared.changes === changes &&
        shared.trust.strict === trust.strict &&
        shared.trust.shareHistory === trust.shareHistory &&
        shared.members.length === members.length &&
        shared.members.every((member, i) => member === members[i])
      );
    },
  };
}

/** At which index of its session a Megolm message was encrypted: version 3, then field 1, a varint. null: unreadable. */
export function megolmIndex(ciphertext: string): number | null {
  const bytes = Buffer.from(ciphertext, "base64");
  if (bytes[0] !== 3 || bytes[1] !== 8) return null;
  let index = 0;
  for (let i = 2; i < 7; i++) {
    const byte = bytes[i];
    if (byte === undefined) return null;
    index += (byte & 0x7f) * 2 ** (7 * (i - 2));
    if (byte < 0x80) return index;
  }
  return null;
}
