import type { Clock } from "./model/effects.ts";
import type { Millis, RoomName, SourceName } from "./model/ids.ts";
import { type Space, withRoom } from "./space.ts";
import type { Silences } from "./store/outbox.ts";

export interface SilenceWatchOptions {
  readonly sources: readonly SourceName[];
  /** When a source was last read, by its own clock; null: never. */
  readonly readAt: (source: SourceName) => Millis | null;
  readonly outbox: Silences;
  readonly clock: Clock;
  readonly space: Space;
  /** Rooms got a note that a source is silent. */
  readonly told: (source: SourceName, rooms: readonly RoomName[]) => void;
}

const EVERY: Millis = 60_000;
/** A clock that went further than this between two looks was set, or the machine slept. */
const JUMP: Millis = 5 * 60_000;
/** After a start or a sleep a source has so long to be read before anybody is told that it is silent. */
const GRACE: Millis = 10 * 60_000;

/** Watches for sources that are not read, whatever keeps them from it. It measures by this machine's own clock. */
export function createSilenceWatch(o: SilenceWatchOptions) {
  const heardAt = new Map<SourceName, Millis>();
  const newest = new Map<SourceName, Millis>();

  return {
    /** A batch was accepted. One that tells no newer time is no sign of life. */
    heard(source: SourceName, readAt: Millis) {
      if (readAt <= (newest.get(source) ?? Number.NEGATIVE_INFINITY)) return;
      newest.set(source, readAt);
      heardAt.set(source, o.clock.now());
    },
    async run(signal: AbortSignal): Promise<void> {
      let awakeSince = o.clock.now();
      let before = awakeSince;
      for (const source of o.sources) {
        const readAt = o.readAt(source);
        if (readAt === null) continue;
        newest.set(source, Math.max(readAt, newest.get(source) ?? readAt));
        if (!heardAt.has(source)) heardAt.set(source, Math.min(readAt, awakeSince));
      }
      while (!signal.aborted) {
        const now = o.clock.now();
        if (now - before > JUMP || now < before) awakeSince = now;
        before = now;
        if (now - awakeSince >= GRACE)
          for (const [source, at] of heardAt) {
            const rooms = await withRoom(o.space, signal, () => o.outbox.silent(source, now - at));
            if (rooms !== undefined && rooms.length > 0) o.told(source, rooms);
          }
        await o.clock.sleep(EVERY, signal);
      }
    },
  };
}
