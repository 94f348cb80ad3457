import type { Failpoints } from "../../bridge/failpoint.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type * as outbox from "../../bridge/outbox/destination.ts";
import type { Api } from "./api.ts";
import { megolmIndex } from "./engine/freshness.ts";
import type { Engine, RoomTrust } from "./engine.ts";
import { decodeFixed, type Fixed } from "./fixed.ts";
import type { EventId, RoomId } from "./ids.ts";
import { lookBack } from "./look-back.ts";
import type { Members } from "./members.ts";
import { beforehand, outcomeOf, waitOf } from "./outcomes.ts";
import { path } from "./path.ts";
import type { Receipt } from "./receipt.ts";
import { redact, setPinned } from "./rooms-api.ts";
import { EventSent, type Fault, isPassing, read } from "./wire.ts";

export interface SenderOptions {
  readonly api: Api;
  readonly engine: Pick<Engine, "user" | "device" | "share">;
  readonly members: Pick<Members, "of" | "forget">;
  /** The room as it is now; an upgrade moves it. null: it is not set up. */
  readonly place: () => RoomId | null;
  readonly trust: RoomTrust;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
}

export interface Sender {
  /**
   * Sends what is not there yet. Repeating is harmless, however long ago and from whichever device it was begun.
   * `untried`: it was prepared a moment ago, and nobody began to send it. `before`: what stood there until then.
   */
  send(
    fixed: outbox.Fixed,
    o: { readonly tries: number; readonly untried: boolean; readonly before: () => Receipt | null },
    signal: AbortSignal,
  ): Promise<Outcome>;
  /** What {@link send} finds out by itself: it may be called again. */
  settle(fixed: outbox.Fixed): Outcome;
}

/** How long the server surely remembers a transaction id, ms: Synapse forgets it after 24 hours. */
const REMEMBERED = 12 * 3_600_000;
/** A clock that was set back by more makes what was prepared count as old, ms. */
const SET_BACK = 60_000;
/** After so many tries a pin that cannot be set is let go: it is no announcement. */
const PIN_PATIENCE = 10;
/** So long after a send whose answer was lost the server may still be about to take it, ms. */
const UNDER_WAY = 5 * 60_000;

/** How far the sending of one delivery has come in this process, so that a wait for the server begins nothing anew. */
interface Progress {
  readonly key: string;
  /** What the transaction ids begin with. No number of ours: it would tell how much goes to other rooms. */
  readonly nonce: string;
  readonly there: Map<number, EventId>;
  readonly redacted: Set<EventId>;
  looked: boolean;
  /** When a send began that may have arrived though no answer says so, or at the latest; null: there was none. */
  unsure: Millis | null;
  /** When the server wants to be asked again, and what happened last. */
  wait: Millis;
  code: string;
}

export function createSender(o: SenderOptions): Sender {
  let progress: Progress | null = null;
  const startedAt = o.clock.now();

  const progressOf = (of: string, nonce: string, untried: boolean): Progress => {
    const key = `${of}.${nonce}`;
    if (progress?.key !== key) {
      const unsure = untried ? null : startedAt;
      progress = {
        key,
        nonce,
        there: new Map(),
        redacted: new Set(),
        looked: false,
        unsure,
        wait: 0,
        code: "again",
      };
    }
    return progress;
  };

  const failed = (p: Progress, fault: Fault): Outcome => {
    const outcome = outcomeOf(fault, o.clock.now());
    p.wait = waitOf(fault.retryAfter, o.clock.now());
    p.code = outcome.code;
    return outcome;
  };

  /** Whether the server may have forgotten the transactions, or what was prepared is for another room. */
  const stale = (fixed: Fixed): boolean => {
    const age = o.clock.now() - fixed.at;
    const elsewhere = fixed.device !== o.engine.device || fixed.user !== o.engine.user;
    return age > REMEMBERED || age < -SET_BACK || elsewhere || fixed.room !== o.place();
  };

  /** Finds out what of it is in the room. */
  const look = async (p: Progress, fixed: Fixed, signal: AbortSignal): Promise<Outcome | null> => {
    const sought = fixed.events.map((content, i) => ({ transaction: transactionOf(p, i), content }));
    const found = await lookBack(o.api, { ...fixed, since: fixed.at }, sought, signal);
    if (found.kind === "fault") return beforehand(found, o.clock.now());
    for (const [i, event] of found.value) p.there.set(i, event);
    return null;
  };

  /** What nobody has seen is made anew where it is of no use any more. null: go on with what is not there. */
  const renewed = async (p: Progress, fixed: Fixed, signal: AbortSignal): Promise<Outcome | null> => {
    if (p.looked || fixed.events.length === 0 || !stale(fixed)) return null;
    const unseen = await look(p, fixed, signal);
    if (unseen !== null) return unseen;
    p.looked = true;
    return p.there.size === 0 ? ANEW : null;
  };

  /**
   * Somebody left since it was encrypted, and may hold its key. It is made anew when for certain nothing of it is there
   * or on its way; of what is there in part the rest follows under the same key.
   */
  const outdated = async (p: Progress, fixed: Fixed, signal: AbortSignal): Promise<Outcome | null> => {
    if (p.there.size > 0) return null;
    if (p.unsure === null) return ANEW;
    const unseen = await look(p, fixed, signal);
    if (unseen !== null || p.there.size > 0) return unseen;
    const settled = p.unsure + UNDER_WAY;
    const now = o.clock.now();
    // A clock that was set back must not make it wait for longer.
    return now >= settled || now < p.unsure ? ANEW : { kind: "retry", at: settled, code: "keys_changed" };
  };

  const share = async (room: RoomId, signal: AbortSignal) => {
    // No sync tells of a room that was replaced, so who is still there is asked each time.
    if (room !== o.place()) o.members.forget(room);
    const members = await o.members.of(room, signal);
    if (members.kind === "fault") return beforehand(members, o.clock.now());
    const shared = await o.engine.share(room, members.value, o.trust, signal);
    return "kind" in shared ? ({ kind: "retry", at: shared.at ?? 0, code: "keys" } as const) : shared;
  };

  const post = async (p: Progress, fixed: Fixed, signal: AbortSignal): Promise<Outcome | null> => {
    const all = fixed.events.map((content, i) => ({ content, i }));
    const left = () => all.filter(({ i }) => !p.there.has(i));
    if (left().length === 0) return null;
    const shared = await share(fixed.room, signal);
    if ("kind" in shared) return shared;
    const closed = left().some(({ content }) => content.session_id !== shared.session);
    const instead = closed ? await outdated(p, fixed, signal) : null;
    if (instead !== null) return instead;
    // Devices that came since could not open it.
    const early = left().some(
      ({ content }) => (megolmIndex(content.ciphertext) ?? shared.from) < shared.from,
    );
    if (early && p.there.size === 0 && p.unsure === null) return ANEW;
    for (const { content, i } of left()) {
      const transaction = transactionOf(p, i);
      // The one place from which an event leaves: its type is in the path, its content can be ciphertext alone.
      const at = path`/_matrix/client/v3/rooms/${fixed.room}/send/m.room.encrypted/${transaction}`;
      const before = p.unsure;
      p.unsure = o.clock.now();
      o.failpoints("event.before");
      const answer = read(EventSent, await o.api.call({ method: "PUT", path: at, body: content }, signal));
      o.failpoints("event.after");
      if (answer.kind === "fault") {
        const outcome = failed(p, answer);
        if (outcome.kind !== "unknown") p.unsure = before;
        return outcome;
      }
      p.there.set(i, answer.value.event_id);
    }
    return null;
  };

  const takeAway = async (p: Progress, fixed: Fixed, signal: AbortSignal) => {
    for (const [i, { room, event }] of fixed.redact.entries()) {
      if (p.redacted.has(event)) continue;
      o.failpoints("event.before");
      const done = await redact(o.api, room, event, transactionOf(p, `r${i}`), signal);
      o.failpoints("event.after");
      // What the server does not know needs no taking away; where the bot is no more, nothing can be.
      const beyond = done.kind === "fault" && done.code === "M_FORBIDDEN" && room !== o.place();
      if (done.kind === "fault" && done.code !== "M_NOT_FOUND" && !beyond) return failed(p, done);
      p.redacted.add(event);
    }
    return null;
  };

  /** Pins and unpins as the mapping says. What the server does not let the bot pin stays unpinned. */
  const pin = async (p: Progress, fixed: Fixed, receipt: Receipt, tries: number, signal: AbortSignal) => {
    const steps = [
      ...(fixed.pinned === null ? [] : [[fixed.pinned, false] as const]),
      ...(receipt.pinned === null ? [] : [[receipt.pinned, true] as const]),
    ];
    if (fixed.pinned === receipt.pinned) return null;
    for (const [event, pinned] of steps) {
      const done = await setPinned(o.api, fixed.room, event, pinned, signal);
      if (done.kind === "fault" && isPassing(done) && tries < PIN_PATIENCE) return failed(p, done);
    }
    return null;
  };

  return {
    async send({ key, bytes }, { tries, untried, before }, signal) {
      const fixed = decodeFixed(bytes);
      // Until the room is set up, or safe again, the lane waits.
      if (o.place() === null) return { kind: "retry", at: 0, code: "no_room" };
      const p = progressOf(key, fixed.nonce, untried);
      let waits =
        (await renewed(p, fixed, signal)) ??
        (await post(p, fixed, signal)) ??
        (await takeAway(p, fixed, signal));
      // The bot is no more in the room that was replaced: what it could not finish there is for the new one.
      if (waits?.kind === "retry" && waits.code === "may_not_post" && fixed.room !== o.place()) waits = ANEW;
      if (waits?.kind === "retry" && waits.anew === true) progress = null;
      if (waits?.kind === "refused" && p.there.size > 0)
        return { ...waits, partly: JSON.stringify(partlyOf(fixed, p, before())) };
      if (waits !== null) return waits;
      const receipt = receiptOf(fixed, p.there);
      const unpinned = await pin(p, fixed, receipt, tries, signal);
      if (unpinned !== null) return unpinned;
      progress = null;
      return { kind: "sent", receipt: JSON.stringify(receipt) };
    },

    settle({ key, bytes }) {
      const p = progress?.key === `${key}.${decodeFixed(bytes).nonce}` ? progress : null;
      return { kind: "retry", at: p?.wait ?? 0, code: p?.code ?? "again" };
    },
  };
}

/** Nobody has seen it: it is made anew, for the room, the device and the members of now. */
const ANEW = { kind: "retry", at: 0, code: "made_anew", anew: true } as const;

const transactionOf = (p: Progress, place: number | string): string => `${p.nonce}.${place}`;

/** What stands in the room when all of it is there. */
function receiptOf(fixed: Fixed, there: ReadonlyMap<number, EventId>): Receipt {
  const known = (id: EventId | number): EventId => {
    const event = typeof id === "number" ? there.get(id) : id;
    if (event === undefined) throw new Error("a slot without its event");
    return event;
  };
  const slots = fixed.slots.map((s) => ({ ...s, event: known(s.event), edits: s.edits.map(known) }));
  const first = slots.find((s) => s.copy === "")?.event ?? null;
  return { v: 1, room: fixed.room, slots, pinned: fixed.pin ? first : null, former: fixed.former };
}

/**
 * What stands in the room when only some of it is there: what it lacks is said, and what is too much is taken away, by
 * what changes it next.
 */
function partlyOf(fixed: Fixed, { there, redacted }: Progress, before: Receipt | null): Receipt {
  const known = (id: EventId | number): readonly EventId[] => {
    const event = typeof id === "number" ? there.get(id) : id;
    return event === undefined ? [] : [event];
  };
  const slots = fixed.slots.flatMap((s) =>
    known(s.event).map((event) => {
      const edits = s.edits.flatMap(known);
      return { ...s, event, edits, same: edits.length === s.edits.length ? s.same : "" };
    }),
  );
  const left = fixed.redact.filter(({ event }) => !redacted.has(event));
  const needless = before?.slots.filter((s) => left.some(({ event }) => event === s.event)) ?? [];
  const former = left.filter(({ room }) => room !== fixed.room);
  return {
    v: 1,
    room: fixed.room,
    slots: [...slots, ...needless],
    pinned: fixed.pinned,
    former: [...fixed.former, ...former],
  };
}
