import { z } from "zod";
import type { Answer, Api, ApiCall } from "../../adapters/matrix/api.ts";
import { DeviceId, EventId, RoomId, UserId } from "../../adapters/matrix/ids.ts";
import type { HandClock } from "../hand-clock.helper.ts";

export const BOT = UserId.parse("@bot:example.org");
export const DEVICE = DeviceId.parse("FIRST");
export const PLACE = RoomId.parse("!room:example.org");

/** How long the stand-in remembers a transaction, as Synapse does, ms. */
const DAY = 86_400_000;

interface Stored {
  readonly event: EventId;
  readonly room: RoomId;
  readonly at: number;
  readonly device: DeviceId;
  readonly transaction: string;
  readonly content: Readonly<Record<string, unknown>>;
  redacted: boolean;
}

/** What is done to a call: answered before the server hears of it (`instead`), or after it did it (`after`). */
export type Trouble = (
  call: ApiCall,
) => { readonly instead: Answer } | { readonly after: Answer } | { readonly throws: Error } | null;

export const lost: Answer = { kind: "lost", code: "cut", retryAfter: null };
export const refused = (status: number, errcode: string, retryAfter: number | null = null): Answer => ({
  kind: "refused",
  status,
  errcode,
  retryAfter,
  body: { errcode },
});

/**
 * A stand-in for a homeserver as far as a room's destination uses one. Transactions are the device's own and forgotten
 * after a day; a repeated one answers with the event of the first.
 */
export class StandInServer implements Api {
  device = DEVICE;
  uploadLimit = 1_000_000_000;
  trouble: Trouble = () => null;
  /** All that was ever asked, as text. */
  readonly asked: string[] = [];
  readonly calls: ApiCall[] = [];
  readonly media = new Map<string, Uint8Array>();
  readonly pinned = new Map<string, readonly string[]>();
  readonly events: Stored[] = [];
  readonly #clock: HandClock;
  #transactions = new Map<string, { readonly event: EventId; readonly at: number }>();
  #made = 0;
  constructor(clock: HandClock) {
    this.#clock = clock;
  }

  forgetTransactions(): void {
    this.#transactions.clear();
  }

  async call(call: ApiCall, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    this.calls.push(call);
    this.asked.push(`${call.method} ${call.path} ${JSON.stringify([call.query, call.body])}`);
    const trouble = this.trouble(call);
    if (trouble !== null && "throws" in trouble) throw trouble.throws;
    if (trouble !== null && "instead" in trouble) return trouble.instead;
    const answer = await this.#do(call);
    return trouble === null ? answer : trouble.after;
  }

  async #do(call: ApiCall): Promise<Answer> {
    const [, room = "", what = "", rest = ""] =
      /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/([^/?]+)\/?(.*)$/.exec(call.path) ?? [];
    const parts = rest.split("/").map(decodeURIComponent);
    const place = RoomId.safeParse(decodeURIComponent(room));
    if (call.path === "/_matrix/media/v3/upload") return this.#upload(call);
    if (call.path.endsWith("/media/config")) return ok({ "m.upload.size": this.uploadLimit });
    if (call.path.endsWith("/versions")) return ok({ versions: ["v1.13"] });
    if (!place.success) return refused(404, "M_UNRECOGNIZED");
    if (what === "send") return this.#send(place.data, parts[0] ?? "", parts[1] ?? "", call.body);
    if (what === "redact") return this.#redact(place.data, parts[0] ?? "", parts[1] ?? "");
    if (what === "messages") return this.#messages(place.data, call.query ?? {});
    if (what === "state") return this.#state(place.data, call);
    return refused(404, "M_UNRECOGNIZED");
  }

  #once(room: RoomId, transaction: string, make: () => EventId): Answer {
    const key = `${this.device}/${room}/${transaction}`;
    const now = this.#clock.now();
    const known = this.#transactions.get(key);
    if (known !== undefined && now - known.at < DAY) return ok({ event_id: known.event });
    const event = make();
    this.#transactions.set(key, { event, at: now });
    return ok({ event_id: event });
  }

  #send(room: RoomId, type: string, transaction: string, body: unknown): Answer {
    if (type !== "m.room.encrypted") throw new Error(`an event of type ${type}`);
    const content = z.record(z.string(), z.unknown()).parse(body);
    if (JSON.stringify(content).length > 61_000) return refused(413, "M_TOO_LARGE");
    return this.#once(room, transaction, () => {
      const event = EventId.parse(`$event${++this.#made}`);
      const { device } = this;
      const at = this.#clock.now();
      this.events.push({ event, room, at, device, transaction, content, redacted: false });
      return event;
    });
  }

  #redact(room: RoomId, event: string, transaction: string): Answer {
    const found = this.events.find((e) => e.event === event && e.room === room);
    if (found === undefined) return refused(404, "M_NOT_FOUND");
    return this.#once(room, transaction, () => {
      found.redacted = true;
      return EventId.parse(`$redaction${++this.#made}`);
    });
  }

  #messages(room: RoomId, query: Readonly<Record<string, string>>): Answer {
    const all = this.events.filter((e) => e.room === room).toReversed();
    const from = Number(query.from ?? 0);
    const size = 3;
    const chunk = all.slice(from, from + size).map((e) => {
      const key = `${this.device}/${room}/${e.transaction}`;
      const known = e.device === this.device && this.#transactions.has(key);
      return {
        event_id: e.event,
        type: "m.room.encrypted",
        sender: BOT,
        origin_server_ts: e.at,
        content: e.redacted ? {} : e.content,
        ...(known ? { unsigned: { transaction_id: e.transaction } } : {}),
      };
    });
    return ok({ chunk, ...(from + size < all.length ? { end: String(from + size) } : {}) });
  }

  #state(room: RoomId, call: ApiCall): Answer {
    if (!call.path.includes("m.room.pinned_events")) return refused(404, "M_NOT_FOUND");
    const now = this.pinned.get(room);
    if (call.method === "GET") return now === undefined ? refused(404, "M_NOT_FOUND") : ok({ pinned: now });
    this.pinned.set(room, z.object({ pinned: z.array(z.string()) }).parse(call.body).pinned);
    return ok({ event_id: `$state${++this.#made}` });
  }

  async #upload(call: ApiCall): Promise<Answer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of call.stream?.from ?? []) pieces.push(Buffer.from(piece));
    const bytes = Buffer.concat(pieces);
    this.asked.push(bytes.toString("latin1"));
    if (bytes.length !== call.stream?.size) throw new Error("not the announced size");
    if (bytes.length > this.uploadLimit) return refused(413, "M_TOO_LARGE");
    const uri = `mxc://example.org/media${this.media.size}`;
    this.media.set(uri, bytes);
    return ok({ content_uri: uri });
  }
}

const ok = (body: unknown): Answer => ({ kind: "ok", body });
