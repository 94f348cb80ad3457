import type { Clock, Random } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { Answer, Api } from "./api.ts";
import type { Engine } from "./engine.ts";
import type { RoomId, UserId } from "./ids.ts";
import type { Members } from "./members.ts";
import { type ChatEvent, type Invitation, newsOf, type RoomNews } from "./sync-rooms.ts";
import { FILTER, Sync } from "./sync-wire.ts";
import { faultOf, read } from "./wire.ts";

/** What the loop tells about itself. */
export type SyncStatus =
  /** All that the server had until `at` was heard and stored. */
  | { readonly kind: "heard"; readonly at: Millis }
  /** A sync failed, for the `failures`-th time in a row; the next is at `until`. */
  | {
      readonly kind: "trouble";
      readonly code: string;
      readonly failures: number;
      readonly until: Millis;
    };

/** Why the loop ended. `logged_out`: the token is no longer taken; a new login is needed. */
export type SyncEnd = "stopped" | "logged_out" | "deactivated";

/** Told in this order, before the sync's place is stored; after a crash the same may be told again. */
export interface SyncListener {
  status(status: SyncStatus): void;
  /** What must survive a crash is to be durable when it resolves. */
  room(news: RoomNews): Promise<void>;
  invitation(invitation: Invitation): Promise<void>;
  chat(event: ChatEvent): Promise<void>;
}

export interface SyncOptions {
  readonly api: Api;
  readonly bot: UserId;
  readonly engine: Pick<Engine, "receive" | "flush" | "rotate">;
  readonly members: Members;
  /** Where the next sync begins, stored durably. */
  readonly place: { get(): string | null; put(place: string): void };
  /** The rooms and direct chats of the bot, as they are at that time. */
  readonly rooms: () => ReadonlySet<RoomId>;
  readonly chats: () => ReadonlySet<RoomId>;
  readonly listener: SyncListener;
  readonly clock: Clock;
  readonly random: Random;
}

/** How long the server holds a sync when there is nothing new, ms. */
const HELD = 30_000;
/** What it may take beyond that; and for a first sync, ms. */
const BEYOND = 30_000;
const FIRST = 10 * 60_000;
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/**
 * Hears what the server has for the device, without end.
 *
 * The SDK's own loop is not used: its pauses are timers of its own (5 to 15 s, whatever a 429 says), a sync under way
 * cannot be ended, a token that is no longer taken is asked with for ever, what breaks while a sync is processed is
 * swallowed, and each round lengthens a chain of promises.
 */
export function createSync(o: SyncOptions): { run(signal: AbortSignal): Promise<SyncEnd> } {
  const ask = (place: string | null, signal: AbortSignal): Promise<Answer> =>
    o.api.call(
      {
        method: "GET",
        path: "/_matrix/client/v3/sync",
        query: {
          filter: JSON.stringify(FILTER),
          // Nobody is to see that it is there.
          set_presence: "offline",
          timeout: place === null ? "0" : String(HELD),
          ...(place === null ? {} : { since: place }),
        },
        deadline: place === null ? FIRST : HELD + BEYOND,
      },
      signal,
    );

  const take = async (sync: Sync, first: boolean): Promise<void> => {
    const watched = { bot: o.bot, rooms: o.rooms(), chats: o.chats(), members: o.members };
    // What was known of the members may be old: a gap has no bounds.
    if (first) o.members.forget();
    const news = newsOf(sync, first, watched);
    await o.engine.receive({
      toDevice: sync.to_device.events,
      changed: [...sync.device_lists.changed, ...news.seen],
      left: sync.device_lists.left,
      oneTimeKeys: sync.device_one_time_keys_count ?? null,
      unusedFallbackKeys: sync.device_unused_fallback_key_types ?? null,
    });
    for (const room of news.rotate) await o.engine.rotate(room);
    for (const one of news.rooms) await o.listener.room(one);
    for (const one of news.invitations) await o.listener.invitation(one);
    for (const one of news.chat) await o.listener.chat(one);
    o.place.put(sync.next_batch);
    o.members.upToDate();
  };

  const loop = async (signal: AbortSignal, flush: () => void): Promise<SyncEnd> => {
    let place = o.place.get();
    let failures = 0;
    while (!signal.aborted) {
      const answer = await ask(place, signal);
      const sync = read(Sync, answer);
      if (sync.kind === "ok") {
        await take(sync.value, place === null);
        place = sync.value.next_batch;
        failures = 0;
        o.listener.status({ kind: "heard", at: o.clock.now() });
        flush();
        continue;
      }
      const end = endOf(answer);
      if (end !== null) return end;
      // The server does not know the place: it was put back to an older state, or is another one.
      if (place !== null && answer.kind === "refused" && answer.status === 400) place = null;
      failures++;
      const grown = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** Math.min(failures - 1, 10));
      const until =
        o.clock.now() + Math.max(sync.retryAfter ?? 0, Math.ceil(grown * (0.5 + o.random.next() / 2)));
      o.listener.status({ kind: "trouble", code: sync.code, failures, until });
      await o.clock.sleep(until - o.clock.now(), signal);
    }
    return "stopped";
  };

  return {
    /**
     * Runs until `signal` aborts or the account is no longer let in. Throws for bugs, and with what broke the engine.
     */
    async run(signal) {
      // What breaks beside the loop ends it at once, though the server may hold its question.
      const broken = new AbortController();
      const either = AbortSignal.any([signal, broken.signal]);
      const flusher = createFlusher(o.engine, either, (error) => broken.abort(error));
      try {
        return await loop(either, flusher.flush);
      } catch (error) {
        if (signal.aborted && error === signal.reason) return "stopped";
        throw error;
      } finally {
        await flusher.ended();
        broken.signal.throwIfAborted();
      }
    },
  };
}

function endOf(answer: Answer): SyncEnd | null {
  if (answer.kind !== "refused") return null;
  const { code } = faultOf(answer);
  if (code === "M_UNKNOWN_TOKEN" || code === "M_MISSING_TOKEN") return "logged_out";
  return code === "M_USER_DEACTIVATED" ? "deactivated" : null;
}

/** Lets the engine send what it wants to, beside the loop, so that a slow answer does not keep news waiting. */
function createFlusher(
  engine: Pick<Engine, "flush">,
  signal: AbortSignal,
  broke: (error: unknown) => void,
): { flush(): void; ended(): Promise<void> } {
  let running: Promise<void> | null = null;
  let again = false;
  const pass = async (): Promise<void> => {
    try {
      do {
        again = false;
        // What the outside did is kept by the engine for the next time.
        await engine.flush(signal);
      } while (again && !signal.aborted);
    } catch (error) {
      if (!signal.aborted) broke(error);
    } finally {
      running = null;
    }
  };
  return {
    flush() {
      if (running === null) running = pass();
      else again = true;
    },
    ended: async () => {
      await running;
    },
  };
}
