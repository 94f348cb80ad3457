import type { SimulatorClock } from "./clock.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Settings } from "./settings.ts";
import type { Trouble } from "./troubles.ts";

interface QueuedUpdate {
  readonly seq: number;
  /** When it was queued, ms UTC. */
  readonly at: number;
  readonly type: string;
  readonly body: JsonObject;
  readonly troubles: readonly Trouble[];
}

/** What one look at the queue gives. `marker`: the next sequence number expected by this reader. */
export interface Page {
  readonly updates: readonly Json[];
  readonly marker: number;
  /** More than `limit` was waiting. */
  readonly capped: boolean;
  /** How many had expired and were dropped. */
  readonly expired: number;
  /** What is troublesome in the updates given. */
  readonly troubles: readonly Trouble[];
}

/**
 * The bot's update queue with MAX's marker semantics: each update has a sequence number, an answer's marker points at
 * the next one expected, and passing a marker commits (forgets) everything before it. Old updates are dropped.
 */
export class UpdateQueue {
  #queue: QueuedUpdate[] = [];
  #next = 25_493_970;
  #committed = this.#next;
  readonly #waiting = new Set<() => void>();
  readonly #clock: SimulatorClock;
  readonly #settings: Settings;

  constructor(clock: SimulatorClock, settings: Settings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Queues an update (`update_type` and `timestamp` stand in it) and wakes who waits. */
  push(type: string, body: JsonObject, troubles: readonly Trouble[] = []): number {
    const seq = this.#next++;
    this.#queue.push({ seq, at: this.#clock.now(), type, body, troubles });
    this.wake();
    return seq;
  }

  /** Queues the last `n` updates once more, with sequence numbers of their own. */
  repeat(n: number): number {
    const last = this.#queue.slice(-n);
    for (const update of last) this.push(update.type, update.body, [...update.troubles, "repeated_update"]);
    return last.length;
  }

  /** Commits what `marker` says was received, then reads up to `limit` updates. `types` null: all. */
  read(marker: number | null, limit: number, types: ReadonlySet<string> | null): Page {
    if (marker !== null) this.#commit(Math.min(marker, this.#next));
    const expired = this.#drop((u) => u.at + this.#settings.updateTtlMs > this.#clock.now());
    const wanted = this.#queue.filter((u) => types === null || types.has(u.type));
    const page =
      marker === null && this.#settings.noMarker === "latest" ? wanted.slice(-1) : wanted.slice(0, limit);
    const last = page.at(-1);
    const more = last !== undefined && page.length < wanted.length && last !== wanted.at(-1);
    return {
      updates: page.map((u) => u.body),
      marker: more ? last.seq + 1 : this.#next,
      capped: more && page.length === limit,
      expired,
      troubles: page.flatMap((u) => u.troubles),
    };
  }

  /** Resolves at the next update, or when `signal` aborts. */
  arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** Lets everyone who waits look again. */
  wake(): void {
    for (const done of [...this.#waiting]) done();
  }

  /** Drops every queued update, as MAX does after its TTL. Answers how many. */
  expire(): number {
    return this.#drop(() => false);
  }

  /** `next`: the sequence number of the next update; `pending`: queued and not committed. */
  get state(): { committed: number; next: number; pending: number; waiting: number } {
    return {
      committed: this.#committed,
      next: this.#next,
      pending: this.#queue.length,
      waiting: this.#waiting.size,
    };
  }

  #commit(marker: number): void {
    if (marker <= this.#committed) return;
    this.#committed = marker;
    this.#drop((u) => u.seq >= marker);
  }

  #drop(keep: (update: QueuedUpdate) => boolean): number {
    const before = this.#queue.length;
    if (!this.#queue.every(keep)) this.#queue = this.#queue.filter(keep);
    return before - this.#queue.length;
  }
}
