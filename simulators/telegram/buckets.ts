import type { Limits } from "./settings.ts";

/** One token bucket, as the time at which it will be full again (so that it needs no timer). */
class Bucket {
  #fullAt = Number.NEGATIVE_INFINITY;
  readonly #many: number;
  readonly #every: number;
  constructor(many: number, everyMs: number) {
    this.#many = many;
    this.#every = everyMs;
  }
  /** When `n` could be taken; more than it ever holds need it full. */
  at(n: number): number {
    return this.#fullAt - Math.max(0, this.#many - n) * this.#every;
  }
  take(n: number, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + n * this.#every;
  }
}

/** What floating sums may be off by, ms. */
const TOLERANCE = 0.001;

/**
 * The three limits that Telegram publishes, and those that were provoked. What is refused costs nothing.
 */
export class Buckets {
  readonly #bots = new Map<number, Bucket>();
  readonly #chats = new Map<string, { readonly own: Bucket; readonly group: Bucket | null }>();
  #provoked: { readonly bot: number | null; readonly chat: number | null; readonly until: number }[] = [];

  /** From now until `until` (ms) everything that fits is refused; null: whatever bot, whatever chat. */
  provoke(bot: number | null, chat: number | null, until: number): void {
    this.#provoked.push({ bot, chat, until });
  }

  /** Until when a provoked limit holds, ms; 0: none does. */
  held(bot: number, chat: number | null, now: number): number {
    this.#provoked = this.#provoked.filter((p) => p.until > now);
    const fits = this.#provoked.filter(
      (p) => (p.bot === null || p.bot === bot) && (p.chat === null || p.chat === chat),
    );
    return Math.max(0, ...fits.map((p) => p.until));
  }

  /** Takes `cost` and answers 0, or takes nothing and answers when it could be had, ms. */
  take(o: { limits: Limits; bot: number; chat: number | null; cost: number; now: number }): number {
    const { limits, bot, chat, cost, now } = o;
    const all = entry(this.#bots, bot, () => new Bucket(limits.burst, 1_000 / limits.perSecond));
    const own =
      chat === null
        ? null
        : entry(this.#chats, `${bot}/${chat}`, () => ({
            own: new Bucket(limits.chatBurst, 1_000 / limits.chatPerSecond),
            group: chat < 0 ? new Bucket(limits.groupBurst, 60_000 / limits.groupPerMinute) : null,
          }));
    const used = [all, own?.own, own?.group].filter((b) => b instanceof Bucket);
    const at = Math.max(...used.map((b) => b.at(cost)));
    if (at > now + TOLERANCE) return at;
    for (const bucket of used) bucket.take(cost, now);
    return 0;
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
