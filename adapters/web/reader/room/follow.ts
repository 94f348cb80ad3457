import type { Head } from "../psr1/head.ts";
import type { Net } from "./fetch.ts";
import type { Room } from "./room.ts";
import { syncOnce } from "./sync.ts";

export interface FollowOptions {
  readonly take: (records: readonly Uint8Array[]) => Promise<void>;
  /** Something that is shown changed. */
  readonly changed: () => void;
  /** A place was heard and all it has is here. */
  readonly synced: () => Promise<void>;
}

/** An open room being followed. */
export interface Following {
  /** Look at once. */
  look(): void;
  /** The page is hidden: no more questions until {@link look}. */
  rest(): void;
  stop(): void;
}

export interface FollowEnvironment extends Net {
  readonly now: () => number;
  readonly visible: () => boolean;
}

/** A place that answers a held question sooner than this with nothing new does not hold; it is asked this seldom. */
const HELD = 5_000;
const SELDOM = 20_000;
/** Pause after a round in which every place failed: growing, at most the second. */
const FAILED = 4_000;
const LONGEST = 120_000;

/** Follows a room's log from its places, one at a time: the next when one fails, is behind or freezes. */
export function follow(env: FollowEnvironment, room: Room, o: FollowOptions): Following {
  const over = new AbortController();
  let pause = new AbortController();
  let resting = !env.visible();
  let head: Head | null = null;
  let failures = 0;

  const round = async (): Promise<boolean> => {
    let behind = false;
    for (const origin of room.stored.origins) {
      const before = head;
      const asked = env.now();
      const signal = AbortSignal.any([over.signal, pause.signal]);
      const done = await syncOnce({ net: env, book: room.book, origin, take: o.take, signal }, before);
      if (over.signal.aborted) return true;
      if (pause.signal.aborted) return true;
      if (done.result === "failed") continue;
      behind ||= done.result === "behind";
      if (done.result === "behind") {
        // What it told is in the set all the same; another place may have the rest.
        room.changed();
        continue;
      }
      const same = before !== null && done.head?.seq === before.seq && done.head.restart === before.restart;
      head = done.head;
      room.behind = false;
      room.offline = false;
      heard(origin);
      await o.synced();
      if (same && env.now() - asked < HELD)
        await env.sleep(SELDOM, AbortSignal.any([over.signal, pause.signal]));
      return true;
    }
    room.behind = behind;
    room.offline = !behind;
    head = null;
    return false;
  };

  /** Remembers which place worked, and when. */
  const heard = (origin: string): void => {
    const { stored } = room;
    const origins = [origin, ...stored.origins.filter((other) => other !== origin)];
    room.stored = { ...stored, origins, contact: Math.floor(env.now() / 1000) };
  };

  const run = async (): Promise<void> => {
    room.loading = true;
    o.changed();
    while (!over.signal.aborted) {
      if (resting) {
        await env.sleep(2 ** 30, AbortSignal.any([over.signal, pause.signal]));
        continue;
      }
      const found = await round();
      if (over.signal.aborted) return;
      failures = found ? 0 : failures + 1;
      // What is missing is said only after one more try at every place.
      room.asked = found || failures > 1;
      room.loading = !found && failures < 2 && room.book.entries.size === 0;
      room.changed();
      o.changed();
      if (!found) {
        const wait = Math.min(LONGEST, FAILED * 2 ** Math.min(failures - 1, 10));
        await env.sleep(wait, AbortSignal.any([over.signal, pause.signal]));
      }
    }
  };
  void run();

  const interrupt = (): void => {
    const before = pause;
    pause = new AbortController();
    before.abort();
  };
  return {
    look() {
      if (!resting && failures === 0) return;
      resting = false;
      head = null;
      interrupt();
    },
    rest() {
      resting = true;
      interrupt();
    },
    stop: () => over.abort(),
  };
}
