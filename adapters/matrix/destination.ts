import type { Failpoints } from "../../bridge/failpoint.ts";
import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { AnnouncementId, RoomName } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import { plain } from "../../bridge/model/rich-text.ts";
import type { Destination, Preparation } from "../../bridge/outbox/destination.ts";
import type { Delivery } from "../../bridge/outbox/port.ts";
import type { Api } from "./api.ts";
import { type ComposeOptions, createComposer } from "./compose.ts";
import type { Engine, RoomTrust } from "./engine.ts";
import { type Content, text } from "./event.ts";
import { type Ciphertext, ciphertext, encodeFixed } from "./fixed.ts";
import type { EventId, RoomId } from "./ids.ts";
import type { Members } from "./members.ts";
import { beforehand } from "./outcomes.ts";
import { type Plan, planned } from "./plan.ts";
import { eventsOf, type Placed, type Receipt, readReceipt } from "./receipt.ts";
import { createSender } from "./sending.ts";

export interface MatrixDestinationOptions extends ComposeOptions {
  readonly room: RoomName;
  readonly api: Api;
  readonly engine: Pick<Engine, "user" | "device" | "encrypt" | "share">;
  readonly members: Pick<Members, "of" | "forget">;
  /** The Matrix room as it is now; an upgrade moves it. null: it is not set up, or nothing may be sent there. */
  readonly place: () => RoomId | null;
  /** Whether the lane need not ask again until it is told. */
  readonly held: () => boolean;
  readonly trust: RoomTrust;
  /** What was last said of a part of an announcement in this room. */
  readonly receiptOf: (announcement: AnnouncementId, part: string) => string | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
}

/** The part under which the announcement itself stands in the message map. */
const WHOLE = "whole";

/**
 * An end-to-end encrypted Matrix room as a destination. Everything that is said there passes through the engine: where
 * it cannot encrypt, the delivery waits, and there is no other way out. An announcement is several events, whose ids the
 * receipt tells.
 */
export function matrixDestination(o: MatrixDestinationOptions): Destination {
  const compose = createComposer(o);
  const sender = createSender(o);

  /** What stands in the room of now; what stands in one that it replaced is `former`. */
  const standing = (d: Delivery, part: string, place: RoomId): Receipt | null => {
    const receipt = readReceipt(o.receiptOf(d.announcement, part));
    if (receipt === null || receipt.room === place) return receipt;
    return { v: 1, room: place, slots: [], pinned: null, former: [...eventsOf(receipt)] };
  };

  /** The event that an answer to an announcement points at. */
  const firstOf = (announcement: AnnouncementId, place: RoomId, copy = ""): EventId | null => {
    const receipt = readReceipt(o.receiptOf(announcement, WHOLE));
    if (receipt?.room !== place) return null;
    const of = (which: string) => receipt.slots.find((s) => s.copy === which)?.event;
    return of(copy) ?? of("") ?? null;
  };

  const encrypt = async (
    place: RoomId,
    contents: readonly Content[],
    signal: AbortSignal,
  ): Promise<readonly Ciphertext[] | Outcome> => {
    if (contents.length === 0) return [];
    const members = await o.members.of(place, signal);
    if (members.kind === "fault") return beforehand(members, o.clock.now());
    const events: Ciphertext[] = [];
    for (const content of contents) {
      const made = await o.engine.encrypt(place, members.value, o.trust, "m.room.message", content, signal);
      if ("kind" in made) return { kind: "retry", at: made.at ?? 0, code: "keys" };
      events.push(ciphertext(made.content));
    }
    o.failpoints("encrypted.after");
    return events;
  };

  const placed = (plan: Plan, room: RoomId): readonly Placed[] =>
    plan.redact.map((event) => ({ room, event }));

  interface Made extends Pick<Plan, "send" | "slots"> {
    readonly room: RoomId;
    readonly redact: readonly Placed[];
    readonly before: Receipt | null;
    readonly pin: boolean;
    readonly lacking: Extract<Preparation, { kind: "ready" }>["lacking"];
  }

  const finish = async (made: Made, signal: AbortSignal): Promise<Preparation> => {
    const { before, pin, slots, room, redact } = made;
    const pinned = before?.pinned ?? null;
    if (made.send.length === 0 && redact.length === 0 && pin === (pinned !== null)) {
      const receipt = before === null ? null : JSON.stringify(before);
      return { kind: "outcome", outcome: { kind: "sent", receipt } };
    }
    const events = await encrypt(room, made.send, signal);
    if ("kind" in events) return { kind: "outcome", outcome: events };
    const bytes = encodeFixed({
      v: 1,
      room,
      user: o.engine.user,
      device: o.engine.device,
      at: o.clock.now(),
      nonce: Buffer.from(o.random.bytes(9)).toString("base64url"),
      events: [...events],
      redact: [...redact],
      slots: [...slots],
      pin,
      pinned,
      former: [...(before?.former ?? [])],
    });
    return { kind: "ready", prepared: { kind: "bytes", bytes }, lacking: made.lacking };
  };

  const announcement = async (d: Delivery, place: RoomId, signal: AbortSignal): Promise<Preparation> => {
    if (d.clean === null) return { kind: "outcome", outcome: { kind: "refused", code: "payload_gone" } };
    const before = standing(d, WHOLE, place);
    const there = before?.slots ?? [];
    // A repetition has a copy of its own; everything else changes the announcement and what was repeated of it.
    const copies = d.action === "digest" ? [d.part] : [...new Set(["", ...there.map((s) => s.copy)])];
    const of = (copy: string) => there.filter((s) => s.copy === copy);
    const files = await compose.files(d, of(copies[0] ?? ""), signal);
    if ("kind" in files) return { kind: "outcome", outcome: files };
    const reply = (copy: string) => (d.replyTo === null ? null : firstOf(d.replyTo, place, copy));
    const made = copies.map((copy) => ({ copy, ...compose.pieces(d, of(copy), files, copy !== "") }));
    const plan = planned(
      there,
      made.map(({ copy, pieces }) => ({
        copy,
        pieces,
        reply: reply(copy),
        urgent: d.urgent && copy === "",
      })),
    );
    const lacking = made.find((m) => m.copy === "")?.lacking ?? [];
    const pin = d.action === "digest" ? before?.pinned != null : d.pin && d.action !== "strike";
    return finish({ ...plan, room: place, redact: placed(plan, place), before, pin, lacking }, signal);
  };

  /** A line that is no announcement: what changed, or that a source is silent. */
  const line = (d: Delivery, place: RoomId, kind: "text" | "notice", signal: AbortSignal) => {
    const before = standing(d, d.part, place);
    const reply = d.replyTo === null ? null : firstOf(d.replyTo, place);
    const pieces = [{ part: "text.0", content: text(plain(d.line ?? ""), kind) }];
    const plan = planned(before?.slots ?? [], [{ copy: "", pieces, reply, urgent: false }]);
    const redact = placed(plan, place);
    return finish({ ...plan, room: place, redact, before, pin: false, lacking: [] }, signal);
  };

  /** Takes back what stands there, in the room where it stands. */
  const removal = (d: Delivery, signal: AbortSignal): Promise<Preparation> => {
    const before = readReceipt(o.receiptOf(d.announcement, d.part));
    const none: Preparation = { kind: "outcome", outcome: { kind: "sent", receipt: null } };
    if (before === null) return Promise.resolve(none);
    const empty = { send: [], slots: [], pin: false, lacking: [] };
    const left = { ...before, former: [] };
    return finish({ ...empty, room: before.room, redact: eventsOf(before), before: left }, signal);
  };

  return {
    room: o.room,
    held: o.held,
    async prepare(d, signal) {
      const place = o.place();
      // Until the room is set up, or was looked at and is safe, the lane waits: nothing of it is lost.
      if (place === null) return { kind: "outcome", outcome: { kind: "retry", at: 0, code: "no_room" } };
      if (d.action === "remove") return removal(d, signal);
      if (d.action === "reply") return line(d, place, "text", signal);
      if (d.action === "note") return line(d, place, "notice", signal);
      return announcement(d, place, signal);
    },
    send(fixed, d, signal) {
      const before = () => readReceipt(o.receiptOf(d.announcement, d.part));
      return sender.send(fixed, { tries: d.tries, untried: d.fixed === null, before }, signal);
    },
    settle: async (fixed) => sender.settle(fixed),
  };
}
