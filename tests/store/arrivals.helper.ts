import { Cursor, MappingName, RoomName } from "../../bridge/model/ids.ts";
import type { RawMedia } from "../../bridge/model/post.ts";
import type { Accepted, Arrival, Delivery, Route } from "../../bridge/outbox/port.ts";
import { scrub } from "../../bridge/pipeline/clean.ts";
import { post, ROOM, SOURCE, T, type TestCore } from "../core.helper.ts";

export const route = (over: Partial<Route> = {}): Route => ({
  room: ROOM,
  mapping: MappingName.parse("all"),
  urgent: false,
  pin: false,
  ...over,
});
export const to = (room: string, over: Partial<Route> = {}): Route =>
  route({ room: RoomName.parse(room), ...over });

/** What the pipeline hands to TX 1 for the post `n`. */
export function arrival(
  n: number,
  text: string,
  over: {
    readonly type?: "posted" | "edited" | "snapshot";
    readonly at?: number;
    readonly routes?: readonly Route[];
    readonly attachments?: readonly RawMedia[];
  } = {},
): Arrival {
  const raw = post(n, text, { attachments: over.attachments ?? [] });
  const { clean, media } = scrub(raw, { lang: "ru", timezone: "Europe/Moscow" });
  return {
    type: over.type ?? "posted",
    channel: raw.channel,
    foreignId: raw.foreignId,
    postedAt: raw.postedAt,
    at: T + (over.at ?? 0),
    fingerprint: JSON.stringify([text, media.map((m) => m.identity)]),
    clean,
    media: media.map((m) => ({ ...m, limit: 1_000_000 })),
    replyTo: null,
    routes: over.routes ?? [route()],
  };
}

export const removal = (n: number): Arrival => {
  const { channel, foreignId } = post(n, "");
  return { type: "removed", channel, foreignId, at: T + 1_000 };
};

let batches = 0;
export const accept = (c: TestCore, ...arrivals: readonly Arrival[]): Promise<Accepted> =>
  c.bridge.outbox.accept({
    source: SOURCE,
    cursor: Cursor.parse(String(++batches)),
    readAt: c.clock.now(),
    arrivals,
  });

/** The head that is due, or null. */
export async function claim(c: TestCore, ...busy: readonly RoomName[]): Promise<Delivery | null> {
  const head = await c.bridge.outbox.claim(c.clock.now(), new Set(busy));
  return "next" in head ? null : head;
}

/** A delivery that must be there. */
export async function head(c: TestCore, ...busy: readonly RoomName[]): Promise<Delivery> {
  const found = await claim(c, ...busy);
  if (found === null) throw new Error("nothing is due");
  return found;
}

export const bytes = (text: string) => ({ kind: "bytes", bytes: Buffer.from(text) }) as const;
export const sent = { kind: "sent", receipt: null } as const;
