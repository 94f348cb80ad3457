import { z } from "zod";
import { boundedText } from "../../bridge/model/bounded.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import { DeviceId, RoomId, UserId } from "./ids.ts";

/** What a login yields. */
export const Session = z.object({
  user: UserId,
  device: DeviceId,
  token: boundedText(1, 4_096),
  /** What seals the engine's store on the disk. */
  passphrase: boundedText(1, 4_096),
});
export type Session = Readonly<z.infer<typeof Session>>;

/** Which room of the server a room of the configuration is. It is encrypted: it would not be kept otherwise. */
export const KeptRoom = z.object({
  id: RoomId,
  /** Rooms that this one replaced (upgrades), the newest first. */
  before: z.array(RoomId),
});
export type KeptRoom = Readonly<z.infer<typeof KeptRoom>>;

/** The direct chats that the bot was told of: with whom, and where. */
export const Chat = z.object({ user: UserId, room: RoomId });
export type Chat = Readonly<z.infer<typeof Chat>>;

/** A place of an account's {@link Keep}, read and written by a schema. What stands there and does not fit is a bug. */
function placeOf<T>(schema: z.ZodType<T>) {
  return (keep: Keep, name: string) => ({
    get(): T | null {
      const found = keep.get(name);
      return found === undefined ? null : schema.parse(found);
    },
    put: (value: T): void => keep.put(name, value),
    drop: (): void => keep.drop(name),
  });
}

const roomPlace = placeOf<KeptRoom>(KeptRoom);

/** What one account keeps. */
export const keptOf = (keep: Keep) => ({
  session: placeOf<Session>(Session)(keep, "session"),
  /** What the account's identity is made of (identity.ts), base64url. */
  identity: placeOf(z.string())(keep, "identity"),
  /** Where the next sync begins. */
  sync: placeOf(z.string())(keep, "sync"),
  chats: placeOf<readonly Chat[]>(z.array(Chat))(keep, "chats"),
  /** The public half of the pair to which backups are sealed, base64url. */
  backup: placeOf(z.string())(keep, "backup"),
  room: (name: RoomName) => roomPlace(keep, `room/${name}`),
  together: (work: () => void): void => keep.together(work),
});
export type Kept = ReturnType<typeof keptOf>;
