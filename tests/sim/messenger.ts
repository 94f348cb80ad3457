import { hash } from "node:crypto";
import { z } from "zod";
import type { Bridge } from "../../bridge/bridge.ts";
import type { AnnouncementId, RoomName } from "../../bridge/model/ids.ts";
import type { Mapping } from "../../bridge/model/mapping.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type { Destination, Fixed, Preparation } from "../../bridge/outbox/destination.ts";
import type { Delivery, DeliveryMedia } from "../../bridge/outbox/port.ts";
import { Injected, type Life, type World } from "./world.ts";

/** What the bridge asks of the messenger: the fixed bytes are this as JSON. */
const Request = z.object({
  /** Differs between any two preparations, so that other bytes are other bytes. */
  nonce: z.string(),
  op: z.enum(["new", "change", "delete"]),
  announcement: z.string(),
  part: z.string(),
  text: z.string(),
  struck: z.boolean(),
  /** What stands where a file should be, in order. */
  lines: z.array(z.string()),
  /** Media id → what the file is: a hash of its bytes. */
  files: z.array(z.tuple([z.string(), z.string()])),
  reply: z.string().nullable(),
  was: z.string().nullable(),
});
type Request = z.infer<typeof Request>;

export interface Message {
  readonly announcement: string;
  readonly part: string;
  /** Every state it was in, the last one shown. */
  readonly states: Request[];
  deleted: boolean;
}

export const digestOf = (bytes: Uint8Array): string => hash("sha256", bytes, "hex").slice(0, 16);

/** A messenger's chat: it takes whatever it is sent, twice if it is sent twice, and keeps it over all lives. */
export class Chat {
  readonly messages: Message[] = [];
  /** Announcements of which it took something not at all. */
  readonly refused = new Set<string>();
  readonly #taken = new Set<string>();
  /** It asked not to be asked before, ms since the start; and whether the bridge has written that down. */
  #busy = { until: 0, life: 0, known: false };
  readonly #world: World;
  constructor(world: World) {
    this.#world = world;
  }

  has = (bytes: Uint8Array): boolean => this.#taken.has(digestOf(bytes));

  find = (announcement: string, part: string): Message | undefined =>
    this.messages.find((m) => m.announcement === announcement && m.part === part && !m.deleted);

  /** The bridge has (not) written down that it must wait. */
  known(yes: boolean, life: Life): void {
    if (!yes || this.#busy.life === life.number) this.#busy = { ...this.#busy, known: yes };
  }

  take(bytes: Uint8Array): Outcome {
    const r = Request.parse(JSON.parse(Buffer.from(bytes).toString()));
    this.#world.note(`chat ${r.op} ${r.part} ${r.text}`);
    const found = this.find(r.announcement, r.part);
    if (r.op === "new") {
      this.messages.push({ announcement: r.announcement, part: r.part, states: [r], deleted: false });
    } else if (found === undefined) {
      // A database that was put back may ask once more for what was done.
      if (this.#world.hits.has("restore")) return { kind: "sent", receipt: null };
      if (!this.refused.has(r.announcement))
        this.#world.wrong(`chat: ${r.op} of what is not there: ${r.text}`);
      return { kind: "refused", code: "gone" };
    } else if (r.op === "change") found.states.push(r);
    else found.deleted = true;
    this.#taken.add(digestOf(bytes));
    return { kind: "sent", receipt: `${this.messages.length}` };
  }

  async send(fixed: Fixed, d: Delivery, life: Life, signal: AbortSignal): Promise<Outcome> {
    const world = this.#world;
    await world.outside(life, "chat.send");
    const busy = this.#busy;
    if (world.mono < busy.until && (busy.known || busy.life === life.number))
      world.wrong("chat: asked again before the time that it named");
    if (world.strikes("send.retry")) {
      const wait = world.chance.between(1, 60_000);
      this.#busy = { until: world.mono + wait, life: life.number, known: false };
      return { kind: "retry", at: world.now() + wait, code: "rate_limited" };
    }
    if (world.strikes("send.slow"))
      await world.clock(life).sleep(world.chance.between(5_000, 60_000), signal);
    if (world.strikes("send.lost")) return { kind: "unknown", code: "no_answer" };
    if (world.strikes("send.throws")) {
      if (world.chance.odds(0.5)) this.take(fixed.bytes);
      throw new Injected("send");
    }
    if (world.strikes("send.refused")) {
      this.refused.add(d.announcement);
      return { kind: "refused", code: "forbidden" };
    }
    const outcome = this.take(fixed.bytes);
    return world.strikes("send.arrived") ? { kind: "unknown", code: "no_answer" } : outcome;
  }

  async settle(fixed: Fixed, life: Life): Promise<Outcome> {
    await this.#world.outside(life, "chat.settle");
    if (this.#world.strikes("settle.unknown")) return { kind: "unknown", code: "no_answer" };
    if (this.has(fixed.bytes)) return { kind: "sent", receipt: null };
    return { kind: "retry", at: this.#world.now(), code: "not_there" };
  }
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The chat as a destination of one life. */
export function chatDestination(
  world: World,
  chat: Chat,
  room: RoomName,
  bridge: Bridge,
  mappings: readonly Mapping[],
  life: Life,
): Destination {
  const mappingOf = (d: Delivery): Mapping | undefined => mappings.find((m) => m.name === d.mapping);
  const request = (d: Delivery, over: Partial<Request>): Preparation => {
    const r: Request = {
      nonce: Buffer.from(world.chance.bytes(6)).toString("hex"),
      op: "new",
      announcement: d.announcement,
      part: d.part,
      text: "",
      struck: false,
      lines: [],
      files: [],
      reply: null,
      was: null,
      ...over,
    };
    return { kind: "ready", prepared: { kind: "bytes", bytes: Buffer.from(JSON.stringify(r)) }, lacking: [] };
  };

  const spooled = async (media: DeliveryMedia): Promise<string> => {
    const key = bridge.store.media.state(media.id)?.spool?.key;
    if (key === undefined) throw new Error("a ready attachment without a key");
    return digestOf(await collect(bridge.spool.read(media.id, Buffer.from(key, "base64url"))));
  };

  const whole = async (d: Delivery): Promise<Preparation> => {
    if (d.clean === null) return { kind: "outcome", outcome: { kind: "refused", code: "payload_gone" } };
    const mapping = mappingOf(d);
    const before = new Map(chat.find(d.announcement, "whole")?.states.at(-1)?.files ?? []);
    const files: [string, string][] = [];
    const lines: string[] = [];
    const lacking: DeliveryMedia[] = [];
    for (const media of d.media) {
      if (mapping?.attachments.includes(media.kind) === false) continue;
      const had = before.get(media.id);
      if (had !== undefined) files.push([media.id, had]);
      else if (media.state.kind === "failed") lines.push(media.state.code);
      else if (media.state.kind === "ready") {
        if (media.state.meta.size > (mapping?.largestFile ?? 0)) lines.push("too_large");
        else files.push([media.id, await spooled(media)]);
      } else {
        lines.push("later");
        lacking.push(media);
      }
    }
    const known = d.replyTo !== null && bridge.store.map.has(room, d.replyTo);
    const made = request(d, {
      op: d.action === "post" ? "new" : "change",
      part: "whole",
      text: d.clean.text.text,
      struck: d.action === "strike",
      lines,
      files,
      reply: known ? d.replyTo : null,
      was: d.was?.text ?? null,
    });
    return made.kind === "ready" ? { ...made, lacking: lacking.map((m) => m.id) } : made;
  };

  const reply = (d: Delivery, to: AnnouncementId): Preparation =>
    request(d, { text: d.line ?? "", reply: bridge.store.map.has(room, to) ? to : null });

  return {
    room,
    async prepare(d) {
      await world.outside(life, "chat.prepare");
      if (d.action === "remove") return request(d, { op: "delete" });
      return d.action === "reply" ? reply(d, d.announcement) : whole(d);
    },
    send: (fixed, d, signal) => chat.send(fixed, d, life, signal),
    settle: (fixed) => chat.settle(fixed, life),
  };
}
