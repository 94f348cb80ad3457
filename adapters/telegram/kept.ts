import { z } from "zod";
import type { RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import { ChatId, MessageId, UserId } from "./ids.ts";

/** A message in a private chat, and when it is to be deleted, ms. */
export const Doomed = z.object({ chat: ChatId, message: MessageId, at: z.number() });
export type Doomed = Readonly<z.infer<typeof Doomed>>;

/** The first update that was not taken in yet, and when the last one came, ms. */
export const Offset = z.object({ next: z.int(), at: z.number() });
export type Offset = Readonly<z.infer<typeof Offset>>;

/** A place of a bot's {@link Keep}, read and written by a schema. What stands there and does not fit is a bug. */
export function placeOf<T>(keep: Keep, name: string, schema: z.ZodType<T>) {
  return {
    get(): T | null {
      const found = keep.get(name);
      return found === undefined ? null : schema.parse(found);
    },
    put: (value: T): void => keep.put(name, value),
    drop: (): void => keep.drop(name),
  };
}
export type Place<T> = ReturnType<typeof placeOf<T>>;

/** What one bot keeps. */
export const keptOf = (keep: Keep) => ({
  /** Which bot it is: with the token of another one, what is kept means nothing. */
  me: placeOf(keep, "me", UserId),
  offset: placeOf<Offset>(keep, "offset", Offset),
  /** Until when a 429 holds the bot, ms. */
  limited: placeOf(keep, "limited", z.number()),
  /** Until when something may have been sent, ms: what the rates count from after a start. */
  used: placeOf(keep, "used", z.number()),
  /** Where a room's chat has moved to (a group that became a supergroup): from which, and to which. */
  moved: (room: RoomName) => placeOf(keep, `moved/${room}`, z.object({ from: ChatId, to: ChatId })),
  doomed: placeOf<readonly Doomed[]>(keep, "doomed", z.array(Doomed)),
});
export type Kept = ReturnType<typeof keptOf>;
