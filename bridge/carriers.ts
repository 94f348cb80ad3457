import { createBell } from "./bell.ts";
import type { Clock, Random } from "./model/effects.ts";
import type { Millis, RoomName } from "./model/ids.ts";
import { pause } from "./outbox/retry.ts";
import type { Carrier, LogView } from "./seal/carrier.ts";

/** A head is made anew at least this often, so that readers see the mirror alive. */
const HEAD_EVERY = 30 * 60_000;

export interface CarriersOptions {
  readonly rooms: readonly RoomName[];
  readonly carriers: readonly Carrier[];
  /** The log as of now; called for each copy. */
  readonly view: (room: RoomName) => LogView | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: (room: RoomName, carrier: string, code: "copied" | "carrier_failed") => void;
  /** Called after a room's log reached a carrier. */
  readonly copied: (room: RoomName, carrier: string) => void;
}

/** Copies every room's log to every carrier, each room and carrier on its own: one that fails holds up no other. */
export function createCarriers(o: CarriersOptions) {
  const bells = new Map(o.rooms.map((room) => [room, o.carriers.map(() => createBell(o.clock))]));

  const follow = async (
    room: RoomName,
    carrier: Carrier,
    index: number,
    signal: AbortSignal,
  ): Promise<void> => {
    const bell = bells.get(room)?.[index];
    if (bell === undefined) return;
    let tries = 0;
    while (!signal.aborted) {
      let until: Millis = o.clock.now() + HEAD_EVERY;
      try {
        const log = o.view(room);
        if (log !== null) {
          await carrier.copy(log, signal);
          o.copied(room, carrier.name);
        }
        if (tries > 0) o.report(room, carrier.name, "copied");
        tries = 0;
        await bell.wait(until, signal);
      } catch {
        o.report(room, carrier.name, "carrier_failed");
        until = o.clock.now() + pause(tries++, o.random);
        await o.clock.sleep(until - o.clock.now(), signal);
      }
    }
  };

  return {
    /** The room's log grew. */
    grown(room: RoomName) {
      for (const bell of bells.get(room) ?? []) bell.ring();
    },
    async run(signal: AbortSignal): Promise<void> {
      await Promise.all(o.rooms.flatMap((room) => o.carriers.map((c, i) => follow(room, c, i, signal))));
    },
  };
}
