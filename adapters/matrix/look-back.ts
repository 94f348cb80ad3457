import type { Millis } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import type { Ciphertext } from "./fixed.ts";
import type { EventId, RoomId, UserId } from "./ids.ts";
import { ownEvents } from "./own-events.ts";
import type { Read } from "./wire.ts";

/** How far the server's clock and ours may be apart, ms. */
const APART = 86_400_000;
/** The most that is read, in pages of a hundred: more than any room of announcements gets in the time that matters. */
const PAGES = 500;

/** An event of which it is to be found out whether it is in the room. */
export interface Sought {
  readonly transaction: string;
  readonly content: Ciphertext;
}

/**
 * Which of `sought` are in the room, by their places in it. An event is known by its transaction, which the server tells
 * the device that sent it, and by its ciphertext, which is never the same twice.
 */
export async function lookBack(
  api: Api,
  where: { readonly room: RoomId; readonly user: UserId; readonly since: Millis },
  sought: readonly Sought[],
  signal: AbortSignal,
): Promise<Read<ReadonlyMap<number, EventId>>> {
  const found = new Map<number, EventId>();
  let pages = 0;
  for await (const page of ownEvents(api, where.room, where.user, signal)) {
    if (page.kind === "fault") return page;
    for (const { event, transaction, content } of page.value) {
      const place = sought.findIndex(
        (s) => s.transaction === transaction || s.content.ciphertext === content.ciphertext,
      );
      if (place >= 0) found.set(place, event);
    }
    const before = page.value.some(({ at }) => at < where.since - APART);
    if (found.size === sought.length || before || ++pages >= PAGES) break;
  }
  return { kind: "ok", value: found };
}
