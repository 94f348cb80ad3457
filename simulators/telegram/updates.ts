import type { SimulatorClock } from "./clock.ts";
import type { JsonObject } from "./json.ts";
import { Refused } from "./refused.ts";

/** Updates that come only to bots that ask for them by name. */
const onRequest = new Set(["chat_member", "message_reaction", "message_reaction_count"]);

interface Queued {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly body: JsonObject;
}

/** One bot's updates, as getUpdates gives them. */
export class UpdateQueue {
  #queue: Queued[] = [];
  #next = 100_000_001;
  #allowed: readonly string[] | null = null;
  #webhook = "";
  #polling: AbortController | null = null;
  #woken = new AbortController();
  readonly #clock: SimulatorClock;
  readonly #ttl: () => number;
  constructor(clock: SimulatorClock, ttl: () => number) {
    this.#clock = clock;
    this.#ttl = ttl;
  }

  get webhook(): string {
    return this.#webhook;
  }
  setWebhook(url: string): void {
    this.#webhook = url;
  }
  /** What waits to be fetched. */
  get pending(): readonly { readonly kind: string; readonly body: JsonObject }[] {
    return this.#queue;
  }
  clear(): void {
    this.#queue = [];
  }

  push(kind: string, body: JsonObject): void {
    const wanted =
      this.#allowed === null || this.#allowed.length === 0
        ? !onRequest.has(kind)
        : this.#allowed.includes(kind);
    if (!wanted) return;
    this.#queue.push({ id: this.#next++, at: this.#clock.now(), kind, body });
    this.#woken.abort();
    this.#woken = new AbortController();
  }

  /** Long poll. `timeout` in seconds. A second poll ends the first one with 409. */
  async poll(
    o: { offset: number; limit: number; timeout: number; allowed: readonly string[] | null },
    signal: AbortSignal,
  ): Promise<readonly JsonObject[]> {
    if (this.#webhook !== "")
      throw new Refused(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    this.#polling?.abort();
    const polling = new AbortController();
    this.#polling = polling;
    try {
      if (o.allowed !== null) this.#allowed = o.allowed;
      const oldest = this.#clock.now() - this.#ttl();
      this.#queue = this.#queue.filter((u) => u.at >= oldest && (o.offset <= 0 || u.id >= o.offset));
      if (o.offset < 0) this.#queue = this.#queue.slice(o.offset);
      const until = this.#clock.now() + o.timeout * 1_000;
      while (
        this.#queue.length === 0 &&
        this.#clock.now() < until &&
        !signal.aborted &&
        !polling.signal.aborted
      )
        await this.#clock.sleep(
          until - this.#clock.now(),
          AbortSignal.any([signal, polling.signal, this.#woken.signal]),
        );
      if (polling.signal.aborted)
        throw new Refused(
          409,
          "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        );
      return this.#queue
        .slice(0, Math.min(Math.max(o.limit, 1), 100))
        .map((u) => ({ update_id: u.id, [u.kind]: u.body }));
    } finally {
      if (this.#polling === polling) this.#polling = null;
    }
  }
}
