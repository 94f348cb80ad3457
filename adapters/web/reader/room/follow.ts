import type { Head } from "../psr1/head.ts";
import type { Net } from "./fetch.ts";
import type { Room } from "./room.ts";
import { type Synced, syncOnce } from "./sync.ts";

export interface FollowOptions {
  readonly take: (records: readonly Uint8Array[]) => Promise<void>;
  /** Something that is shown changed. */
  readonly changed: () => void;
  /** The places were asked; what they told, if only of two histories, is to be kept. */
  readonly asked: () => Promise<void>;
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

/** The head of the place that was heard; null: none was. */
type Heard = { readonly head: Head | null } | null;

/**
 * Asks a room's places one after another, until one has all that is known: the next when one fails, is behind or
 * freezes. Remembers which place worked, and when. Answers what nobody needs when `signal` aborts.
 */
export async function askPlaces(
  env: FollowEnvironment,
  room: Room,
  take: FollowOptions["take"],
  known: Head | null,
  signal: AbortSignal,
): Promise<Heard> {
  let worst: Synced = "failed";
  let spare: { readonly origin: string; readonly head: Head | null } | null = null;
  const heard = (origin: string, head: Head | null): Heard => {
    const { stored } = room;
    const origins = [origin, ...stored.origins.filter((other) => other !== origin)];
    room.stored = { ...stored, origins, contact: Math.floor(env.now() / 1000) };
    room.behind = false;
    room.offline = false;
    return { head };
  };
  for (const origin of room.stored.origins) {
    const { result, head } = await syncOnce({ net: env, book: room.book, origin, take, signal }, known);
    if (signal.aborted) return null;
    room.changed();
    if (result === "ok") return heard(origin, head);
    if (result === "behind") worst = result;
    if (result === "stale") spare ??= { origin, head };
  }
  if (spare !== null) return heard(spare.origin, spare.head);
  room.behind = worst === "behind";
  room.offline = !room.behind;
  return null;
}

/** Follows a room's log from its places. */
export function follow(env: FollowEnvironment, room: Room, o: FollowOptions): Following {
  const over = new AbortController();
  let pause = new AbortController();
  let resting = !env.visible();
  let head: Head | null = null;
  let failures = 0;

  const newGaps = (): boolean => room.history.gaps.some((gap) => !room.gaps.has(gap.key));

  /** What is missing is said only after one more try at every place. */
  const sayGaps = async (found: boolean, signal: AbortSignal): Promise<void> => {
    if (found && newGaps())
      for (const origin of room.stored.origins)
        await syncOnce({ net: env, book: room.book, origin, take: o.take, signal }, null);
    else if (!found && failures < 2 && room.stored.origins.length > 0) return;
    if (signal.aborted) return;
    room.changed();
    room.gaps = new Set(room.history.gaps.map((gap) => gap.key));
  };

  const round = async (signal: AbortSignal): Promise<void> => {
    const before = head;
    const asked = env.now();
    const heard = await askPlaces(env, room, o.take, before, signal);
    if (signal.aborted) return;
    failures = heard === null ? failures + 1 : 0;
    head = heard?.head ?? null;
    await o.asked();
    await sayGaps(heard !== null, signal);
    if (signal.aborted) return;
    room.loading = heard === null && failures < 2 && room.book.entries.size === 0;
    o.changed();
    const same = before !== null && head?.seq === before.seq && head.restart === before.restart;
    if (heard === null) await env.sleep(Math.min(LONGEST, FAILED * 2 ** Math.min(failures - 1, 10)), signal);
    else if (same && env.now() - asked < HELD) await env.sleep(SELDOM, signal);
  };

  const run = async (): Promise<void> => {
    room.loading = true;
    o.changed();
    while (!over.signal.aborted) {
      const signal = AbortSignal.any([over.signal, pause.signal]);
      await (resting ? env.sleep(2 ** 30, signal) : round(signal));
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
