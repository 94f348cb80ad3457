import { createBell } from "../bell.ts";
import type { Failpoints } from "../failpoint.ts";
import { SpoolLost } from "../media/spool.ts";
import type { Clock, Random } from "../model/effects.ts";
import type { Millis, RoomName } from "../model/ids.ts";
import type { Outcome } from "../model/outcome.ts";
import { isFull, type Space, withRoom } from "../space.ts";
import { createTasks } from "../tasks.ts";
import type { Destination } from "./destination.ts";
import type { Delivery, Outbox } from "./port.ts";
import { pause } from "./retry.ts";

/** How long a delivery waits for its attachments, counted from its acceptance, before it goes without them, ms. */
export const MEDIA_PATIENCE = 20_000;

/** The longest that lanes are served without a turn for everything else, ms. */
const BREATH = 20;

export interface WorkerOptions {
  readonly outbox: Outbox;
  readonly destinations: ReadonlyMap<RoomName, Destination>;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
  readonly space: Space;
  /** Rooms served at the same time. */
  readonly concurrency: number;
  /** Told of every outcome but `sent`, and of `sent` too: for logs, notices and counts. Must not throw. */
  readonly report: (delivery: Delivery, outcome: Outcome) => void;
  /** Told that attachments are to be fetched anew, or that rooms went without some. Must not throw. */
  readonly wanting?: () => void;
}

export interface Worker {
  /**
   * Serves the lanes until `signal` aborts; what is under way is finished first. `cut` ends that too: what comes of it
   * later is not recorded, as if the process had been killed.
   */
  run(signal: AbortSignal, cut: AbortSignal): Promise<void>;
  /** Something was queued, an attachment became ready, or a room is held no more: look again. */
  wake(): void;
}

/** Serves every room's lane: one delivery at a time in a room, several rooms at once. */
export function createWorker(o: WorkerOptions): Worker {
  const bell = createBell(o.clock);
  const busy = new Set<RoomName>();
  const parked = new Map<RoomName, Millis>();
  const homeless = new Set<RoomName>();
  /**
   * Rooms within rates that had their turn in this round. Served by turns they are through together; else the last few
   * would go on alone, each as slowly as one room may be sent to.
   */
  const served = new Set<RoomName>();
  /** Deliveries whose last try certainly did not arrive. Of any other that is fixed the answer may have been lost. */
  const notThere = new Set<number>();
  const startedAt = o.clock.now();

  /** Until when a head waits for its attachments: they are fetched from when it was accepted, or since the start. */
  const waitsForMedia = (delivery: Delivery): Millis | null => {
    if (delivery.action === "late" || delivery.fixed !== null) return null;
    if (!delivery.media.some((m) => m.state.kind === "pending")) return null;
    const now = o.clock.now();
    const until = Math.max(startedAt, delivery.acceptedAt) + MEDIA_PATIENCE;
    // A clock that was set back must not make it wait for longer.
    return now < until && delivery.acceptedAt <= now ? until : null;
  };

  /** Adds rooms to which nothing may be sent at `now`; answers when the first of those may that know it. */
  const away = (taken: Set<RoomName>, now: Millis): Millis | null => {
    let soonest: Millis | null = null;
    for (const to of o.destinations.values()) {
      const at = to.notBefore?.() ?? now;
      if (to.held?.() === true) taken.add(to.room);
      else if (at > now) {
        taken.add(to.room);
        if (!busy.has(to.room)) soonest = Math.min(soonest ?? at, at);
      }
    }
    return soonest;
  };

  const attempt = async (
    delivery: Delivery,
    to: Destination,
    signal: AbortSignal,
  ): Promise<Outcome | null> => {
    let fixed = delivery.fixed;
    if (fixed === null) {
      o.failpoints("prepare.before");
      const made = await to.prepare(delivery, signal);
      if (signal.aborted) return null;
      if (made.kind === "outcome") return made.outcome;
      fixed = await o.outbox.fix(delivery, made.prepared, made.lacking);
      if (made.lacking.length > 0) o.wanting?.();
      if (fixed === null) return null;
    } else if (to.settle !== undefined && !notThere.delete(delivery.id)) {
      const found = await to.settle(fixed, delivery, signal);
      if (found.kind !== "retry" || found.anew === true || found.at > o.clock.now()) return found;
    }
    o.failpoints("send.before");
    let outcome = await to.send(fixed, delivery, signal);
    if (outcome.kind === "unknown" && to.settle !== undefined)
      outcome = await to.settle(fixed, delivery, signal);
    o.failpoints("send.after");
    if (outcome.kind === "retry" && outcome.anew !== true) notThere.add(delivery.id);
    return outcome;
  };

  const serve = async (delivery: Delivery, to: Destination, signal: AbortSignal): Promise<void> => {
    let outcome: Outcome | null;
    try {
      outcome = await attempt(delivery, to, signal);
    } catch (error) {
      if (error instanceof SpoolLost) {
        await withRoom(o.space, signal, () => o.outbox.mediaLost(error.media));
        o.wanting?.();
        return;
      }
      if (isFull(error)) {
        // Nothing came of it and nothing can be noted down: it heads its lane still, and is tried when there is room.
        o.space.foundFull();
        await o.space.wait(signal);
        return;
      }
      // A bug or a disk fault in one room must not hold up the others; the error itself may carry texts.
      outcome = { kind: "retry", at: o.clock.now() + pause(delivery.tries, o.random), code: "internal" };
    }
    if (outcome === null || signal.aborted) return;
    const known = outcome;
    await withRoom(o.space, signal, () => o.outbox.settle(delivery, known));
    if (!signal.aborted) o.report(delivery, outcome);
  };

  return {
    wake() {
      parked.clear();
      bell.ring();
    },
    async run(signal, cut) {
      const tasks = createTasks();
      let breathedAt = o.clock.now();
      while (!signal.aborted) {
        tasks.check();
        // A sealed room waits for nothing outside: a long queue would let nobody else have a turn.
        if (o.clock.now() - breathedAt >= BREATH) {
          await o.clock.sleep(0, signal);
          breathedAt = o.clock.now();
        }
        const now = o.clock.now();
        for (const [room, until] of parked) if (until <= now) parked.delete(room);
        const taken = new Set([...busy, ...parked.keys(), ...homeless]);
        const soonest = away(taken, now);
        const head =
          busy.size >= o.concurrency
            ? null
            : await withRoom(o.space, signal, () => o.outbox.claim(o.clock.now(), taken, served));
        if (head === undefined) break;
        if (head === null || "next" in head) {
          const next = [head?.next ?? null, soonest, ...parked.values()].filter((t) => t !== null);
          await bell.wait(next.length === 0 ? null : Math.min(...next), signal);
          continue;
        }
        const to = o.destinations.get(head.room);
        if (to === undefined) {
          homeless.add(head.room);
          continue;
        }
        const until = waitsForMedia(head);
        if (until !== null) {
          parked.set(head.room, until);
          continue;
        }
        busy.add(head.room);
        if (served.has(head.room)) served.clear();
        if (to.notBefore !== undefined) served.add(head.room);
        tasks.start(serve(head, to, cut), () => {
          busy.delete(head.room);
          bell.ring();
        });
      }
      await tasks.ended();
    },
  };
}
