import { z } from "zod";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import { EventId, type RoomId, type UserId } from "./ids.ts";
import { path } from "./path.ts";
import { eventsIn, type Read, read } from "./wire.ts";

/** An encrypted event that the bot's account sent, from whichever device. */
export interface OwnEvent {
  readonly event: EventId;
  /** By the server's clock. */
  readonly at: Millis;
  /** The content as the server has it; empty once it was taken away. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The transaction it was sent under; the server tells it to the device that sent it alone, and forgets it. */
  readonly transaction: string | null;
}

const Page = z.object({ chunk: z.array(z.unknown()), end: z.string().nullish() });
const Event = z.object({
  event_id: EventId,
  type: z.literal("m.room.encrypted"),
  sender: z.string(),
  origin_server_ts: z.number(),
  content: z.record(z.string(), z.unknown()).catch({}),
  unsigned: z
    .object({ transaction_id: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/**
 * The bot's own encrypted events in a room, the newest first, page by page: an end without a fault means that the room
 * was read to its beginning. The reader stops where it has seen enough.
 */
export async function* ownEvents(
  api: Api,
  room: RoomId,
  bot: UserId,
  signal: AbortSignal,
): AsyncGenerator<Read<readonly OwnEvent[]>, void> {
  const filter = { senders: [bot], types: ["m.room.encrypted"], lazy_load_members: true };
  let from: string | null = null;
  do {
    const query: Readonly<Record<string, string>> = {
      dir: "b",
      limit: "100",
      filter: JSON.stringify(filter),
      ...(from === null ? {} : { from }),
    };
    const call = { method: "GET", path: path`/_matrix/client/v3/rooms/${room}/messages`, query } as const;
    const page = read(Page, await api.call(call, signal));
    if (page.kind === "fault") {
      yield page;
      return;
    }
    // A server need not obey a filter.
    const mine = eventsIn(Event, page.value.chunk).filter((event) => event.sender === bot);
    yield {
      kind: "ok",
      value: mine.map((event) => ({
        event: event.event_id,
        at: event.origin_server_ts,
        content: event.content,
        transaction: event.unsigned?.transaction_id ?? null,
      })),
    };
    const next: string | null = page.value.end ?? null;
    from = next === from ? null : next;
  } while (from !== null);
}
