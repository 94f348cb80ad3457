import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { matrixDestination } from "../../adapters/matrix/destination.ts";
import type { Engine, EngineFault } from "../../adapters/matrix/engine.ts";
import { EventId, type RoomId } from "../../adapters/matrix/ids.ts";
import { createUploads } from "../../adapters/matrix/media.ts";
import type { Fault } from "../../adapters/matrix/wire.ts";
import { systemRandom } from "../../bridge/clock.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import {
  accepted,
  type CoreOptions,
  core,
  ROOM,
  soon,
  start,
  type TestCore,
  waiting,
} from "../core.helper.ts";
import { BOT, DEVICE, PLACE, StandInServer } from "./homeserver.helper.ts";

/** Encrypts as Megolm does as far as a server can see it, and opens what it encrypted. */
export class StandInEngine implements Pick<Engine, "user" | "device" | "encrypt" | "share"> {
  readonly user = BOT;
  device = DEVICE;
  fault: EngineFault | null = null;
  /** The session of what is encrypted from now on. */
  session = "session";
  /** From which index on all who are in the room open it. */
  from = 0;
  shares = 0;
  #index = 0;
  readonly #key = randomBytes(32);
  async encrypt(room: RoomId, _members: unknown, _trust: unknown, type: string, content: unknown) {
    if (this.fault !== null) return this.fault;
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-256-ctr", this.#key, iv);
    const clear = JSON.stringify({ type, room_id: room, content });
    const head = Buffer.from([3, 8, Math.min(this.#index++, 127)]);
    const sealed = Buffer.concat([head, iv, cipher.update(clear), Buffer.alloc(83)]).toString("base64");
    const relation = Object(content)["m.relates_to"];
    const made = {
      algorithm: "m.megolm.v1.aes-sha2",
      ciphertext: sealed.replace(/=+$/, ""),
      device_id: this.device,
      sender_key: "key",
      session_id: this.session,
      ...(relation === undefined ? {} : { "m.relates_to": relation }),
    };
    return { content: JSON.stringify(made), session: this.session };
  }
  async share() {
    this.shares++;
    return this.fault ?? { session: this.session, from: this.from };
  }
  open(content: Readonly<Record<string, unknown>>): Clear {
    const bytes = Buffer.from(z.string().parse(content.ciphertext), "base64");
    const cipher = createDecipheriv("aes-256-ctr", this.#key, bytes.subarray(3, 19));
    const clear = Buffer.concat([cipher.update(bytes.subarray(19, -83))]).toString();
    return Clear.parse(JSON.parse(clear).content);
  }
}

const Clear = z.looseObject({
  msgtype: z.string(),
  body: z.string(),
  formatted_body: z.string().optional(),
  "m.new_content": z.looseObject({ msgtype: z.string(), body: z.string() }).optional(),
  "m.relates_to": z
    .object({
      rel_type: z.string().optional(),
      event_id: EventId.optional(),
      "m.in_reply_to": z.object({ event_id: EventId }).optional(),
    })
    .optional(),
  file: z
    .object({
      url: z.string(),
      key: z.looseObject({ k: z.string() }),
      iv: z.string(),
      hashes: z.object({ sha256: z.string() }),
    })
    .optional(),
  info: z.record(z.string(), z.unknown()).optional(),
});
export type Clear = z.infer<typeof Clear>;

/** An event as a student's client shows it. */
export interface Shown {
  readonly id: EventId;
  readonly body: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly reply: EventId | null;
  readonly edited: boolean;
}

export interface World extends TestCore {
  readonly server: StandInServer;
  readonly engine: StandInEngine;
  destination: Destination;
  /** The destination as a new process has it: what the one before remembered is gone. */
  restart(): void;
  /** What the destination is told besides; may be changed by a test. */
  readonly now: { place: RoomId | null; members: Fault | null };
  /** Of which rooms the members are not relied on any more; null: of all. */
  readonly forgotten: readonly (RoomId | null)[];
  shown(place?: RoomId): readonly Shown[];
  bodies(): readonly string[];
}

/** A core whose room is a Matrix room on a stand-in server. */
export async function world(o: CoreOptions = {}): Promise<World> {
  const c = await core(o);
  const server = new StandInServer(c.clock);
  const engine = new StandInEngine();
  const now: World["now"] = { place: PLACE, members: null };
  const forgotten: (RoomId | null)[] = [];
  const fresh = (): Destination =>
    matrixDestination({
      room: ROOM,
      api: server,
      engine,
      members: {
        of: async () => (now.members === null ? { kind: "ok", value: [BOT] } : now.members),
        forget: (room) => void forgotten.push(room ?? null),
      },
      place: () => now.place,
      held: () => false,
      trust: { strict: false, shareHistory: true },
      receiptOf: (announcement, part) => c.bridge.store.map.receiptOf(ROOM, announcement, part),
      lang: "ru",
      zone: "Europe/Moscow",
      allows: c.bridge.allows,
      uploads: createUploads({
        api: server,
        clock: c.clock,
        failpoints: c.failpoints,
        spooled: c.bridge.spooled,
        preview: c.bridge.preview,
      }),
      clock: c.clock,
      random: systemRandom,
      failpoints: c.failpoints,
    });
  const shown = (place: RoomId = PLACE): readonly Shown[] => {
    const events = server.events
      .filter((e) => e.room === place && !e.redacted)
      .map((e) => ({ id: e.event, content: engine.open(e.content) }));
    const edits = events.filter((e) => e.content["m.relates_to"]?.rel_type === "m.replace");
    return events
      .filter((e) => !edits.includes(e))
      .map(({ id, content }): Shown => {
        const edit = edits.findLast((e) => e.content["m.relates_to"]?.event_id === id);
        const last = edit?.content["m.new_content"] ?? content;
        const reply = content["m.relates_to"]?.["m.in_reply_to"]?.event_id ?? null;
        return { id, body: last.body, content: last, reply, edited: edit !== undefined };
      });
  };
  const made: World = {
    ...c,
    server,
    engine,
    destination: fresh(),
    now,
    forgotten,
    shown,
    bodies: () => shown().map((s) => s.body),
    restart() {
      made.destination = fresh();
    },
  };
  return made;
}

/** Runs the core until the test ends. */
export const run = (w: World, over: Parameters<typeof start>[3] = {}) =>
  start(w, {}, [], { destinations: [w.destination], ...over });

/** Waits until all that was told is accepted and nothing is queued any more. */
export async function settled(w: World): Promise<void> {
  await accepted(w);
  await soon(() => {
    // A file that is being fetched has the time it takes on this machine.
    const fetching = w.bridge.store.media.pending(1).some(({ at }) => at <= w.clock.now());
    if (!fetching) w.clock.advance(1_000);
    if (waiting(w) > 0) throw new Error("something waits");
  });
}

/** A file as a student's client opens it; throws where it is not what its event says. */
export function opened(w: World, content: Readonly<Record<string, unknown>>): Buffer {
  const file = Clear.parse(content).file;
  const bytes = file === undefined ? undefined : w.server.media.get(file.url);
  if (file === undefined || bytes === undefined) throw new Error("no such file");
  const hash = createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "");
  if (hash !== file.hashes.sha256) throw new Error("another file");
  const key = Buffer.from(file.key.k, "base64url");
  const cipher = createDecipheriv("aes-256-ctr", key, Buffer.from(file.iv, "base64"));
  return Buffer.concat([cipher.update(bytes)]);
}
