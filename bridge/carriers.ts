import { type Bell, createBell } from "./bell.ts";
import type { Clock, Random } from "./model/effects.ts";
import type { Millis, RoomName } from "./model/ids.ts";
import { pause } from "./outbox/retry.ts";
import { type Carrier, type LogView, NotCarried } from "./seal/carrier.ts";
import { isFull, type Space } from "./space.ts";

/** A head is made anew at least this often, so that readers see the mirror alive. */
const HEAD_EVERY = 30 * 60_000;
/** A place that only asks to wait for less long is nothing that anybody needs to hear of. */
const SHORT_WAIT = 10 * 60_000;

/** One carrier of one room. `behind`: the log grew since it was last copied. */
interface Way {
  readonly carrier: Carrier;
  readonly bell: Bell;
  behind: boolean;
}

export interface CarriersOptions {
  readonly rooms: readonly RoomName[];
  readonly carriers: readonly Carrier[];
  /** The log as of now; called for each copy. */
  readonly view: (room: RoomName) => LogView | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly space: Space;
  /** `reason`: the code of a {@link NotCarried}; null: there is none. */
  readonly report: (
    room: RoomName,
    carrier: string,
    code: "copied" | "carrier_failed",
    reason: string | null,
  ) => void;
  /** Called after a room's log reached a carrier. */
  readonly copied: (room: RoomName, carrier: string) => void;
}

/** Copies every room's log to every carrier, each room and carrier on its own: one that fails holds up no other. */
export function createCarriers(o: CarriersOptions) {
  const ways = new Map(
    o.rooms.map((room) => [
      room,
      o.carriers.map((carrier) => ({ carrier, bell: createBell(o.clock), behind: false })),
    ]),
  );

  /** Copies until `signal` aborts, and then once more what has grown meanwhile. */
  const follow = async (room: RoomName, way: Way, signal: AbortSignal, cut: AbortSignal): Promise<void> => {
    const { carrier, bell } = way;
    let tries = 0;
    while (!signal.aborted || (way.behind && !cut.aborted)) {
      const from = o.clock.now();
      let until: Millis = from + HEAD_EVERY;
      way.behind = false;
      try {
        const log = o.view(room);
        if (log !== null) {
          await carrier.copy(log, cut);
          o.copied(room, carrier.name);
        }
        if (tries > 0) o.report(room, carrier.name, "copied", null);
        tries = 0;
        // The bell also ends a wait now and then by itself: that alone is no reason to make a head and write it.
        do await bell.wait(until, signal);
        while (!way.behind && !signal.aborted && o.clock.now() < until && o.clock.now() >= from);
      } catch (error) {
        if (isFull(error)) o.space.foundFull();
        const why = error instanceof NotCarried ? error : null;
        const now = o.clock.now();
        if ((why?.until ?? Number.POSITIVE_INFINITY) - now > SHORT_WAIT)
          o.report(room, carrier.name, "carrier_failed", why?.code ?? null);
        until = why?.until ?? now + pause(tries++, o.random);
        await o.clock.sleep(until - now, signal);
      }
    }
  };

  return {
    /** The room's log grew. */
    grown(room: RoomName) {
      for (const way of ways.get(room) ?? []) {
        way.behind = true;
        way.bell.ring();
      }
    },
    /** Copies until `signal` aborts; what is under way and what has grown is finished first, unless `cut` aborts. */
    async run(signal: AbortSignal, cut: AbortSignal): Promise<void> {
      await Promise.all([...ways].flatMap(([room, its]) => its.map((way) => follow(room, way, signal, cut))));
    },
  };
}
