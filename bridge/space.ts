import type { Clock } from "./model/effects.ts";
import type { Millis } from "./model/ids.ts";

/** How the disk stands. `low`: there is room, but less than twice what is to stay free. `free`: bytes; null: unknown. */
export interface SpaceReport {
  readonly kind: "fine" | "low" | "full";
  readonly free: number | null;
}

/** Whether there is room on the disk, for all that would fill it further. */
export interface Space {
  /** Whether there is room, as far as is known. */
  hasRoom(): boolean;
  /** Somebody found no room for a write: there is none until it is tried again, after a short pause. */
  foundFull(): void;
  /** Resolves when there is room, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void>;
  /** Looks at the disk until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** As it stood when it was looked at last. */
  state(): SpaceReport;
}

export interface SpaceOptions {
  /** Free bytes where the bridge writes, the least of all places; null: unknown. */
  readonly free: () => Promise<number | null>;
  /** Below so many bytes nothing more is read or fetched. */
  readonly floor: number;
  readonly clock: Clock;
  /** Told of each change. Must not throw. */
  readonly report: (report: SpaceReport) => void;
}

/** How often the disk is looked at: with room, and without, ms. */
const EVERY: Millis = 15_000;
const SOON: Millis = 5_000;
/** Reading goes on when so much more than the floor is free, so that it does not stop again at once. */
const SLACK = 1.05;

export function createSpace(o: SpaceOptions): Space {
  let state: SpaceReport = { kind: "fine", free: null };
  let foundAt: Millis | null = null;

  const become = (kind: SpaceReport["kind"], free: number | null): void => {
    const changed = kind !== state.kind;
    state = { kind, free };
    if (changed) o.report(state);
  };

  const look = async (): Promise<void> => {
    const free = await o.free().catch(() => null);
    const now = o.clock.now();
    // A clock that was set back must not hold it for ever.
    if (foundAt !== null && (now - foundAt >= SOON || now < foundAt)) foundAt = null;
    const floor = state.kind === "full" ? o.floor * SLACK : o.floor;
    if (foundAt !== null || (free !== null && free < floor)) become("full", free);
    else become(free !== null && free < 2 * o.floor ? "low" : "fine", free);
  };

  return {
    hasRoom: () => state.kind !== "full",
    foundFull() {
      foundAt = o.clock.now();
      become("full", state.free);
    },
    async wait(signal) {
      while (state.kind === "full" && !signal.aborted) {
        await o.clock.sleep(SOON, signal);
        if (!signal.aborted) await look();
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await o.clock.sleep(state.kind === "full" ? SOON : EVERY, signal);
      }
    },
    state: () => state,
  };
}

/** Knows no floor: only a write that finds no room makes it full, for a moment. */
export const boundless = (clock: Clock): Space =>
  createSpace({ free: async () => null, floor: 0, clock, report: () => {} });

/** Of the disk and of SQLite: a write found no room. */
const FULL = ["ENOSPC", "EDQUOT", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"];

/** Whether an error says that there was no room for a write. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && FULL.some((code) => code === error.code);

/** Does `work` again as often as it finds no room, as soon as there is some. undefined: `signal` aborted before. */
export async function withRoom<T>(
  space: Space,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isFull(error)) throw error;
      space.foundFull();
      await space.wait(signal);
      if (signal.aborted) return undefined;
    }
  }
}
