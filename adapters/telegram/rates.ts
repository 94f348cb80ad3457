import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { ChatId } from "./ids.ts";

/** So much slower than Telegram allows: clocks differ. */
const MARGIN = 1.02;

/**
 * What Telegram publishes, as token buckets: so many at once, and one more each `every` ms. Fewer at once than it
 * allows: what is on its way may bunch up.
 */
const OVERALL = { many: 20, every: (1_000 / 30) * 1.01 };
const CHAT = { many: 1, every: 1_000 * MARGIN };
/** Groups, supergroups and (as far as is known) channels: 20 a minute. */
const GROUP = { many: 19, every: 3_000 * MARGIN };

/** The longest that is taken from an answer: a mistake there must not stop anything for good, ms. */
const LONGEST = 24 * 3_600_000;

export interface RatesOptions {
  readonly clock: Clock;
  /** Until when a 429 of an earlier run holds the bot; null: none does. */
  readonly until: Millis | null;
  /** Writes down until when a 429 holds the bot, before anything else is done. */
  readonly keep: (until: Millis) => void;
  /**
   * Until when earlier runs may have sent something (null: none did), and what writes that down, before anything is
   * sent; it is called seldom, however much is sent. Absent: they may have sent something up to now.
   */
  readonly used?: { readonly until: Millis | null; readonly put: (until: Millis) => void };
}

/** It is written down so far ahead that something is sent, ms. */
const AHEAD: Millis = 30_000;

/** One bucket, as the time at which it will be full again (GCRA): no timers, no floating sums. */
class Bucket {
  #fullAt: number;
  readonly #many: number;
  readonly #every: number;
  constructor(size: { readonly many: number; readonly every: number }, fullAt: number) {
    this.#many = size.many;
    this.#every = size.every;
    this.#fullAt = fullAt;
  }
  /** When `n` may be taken. More than it ever holds need it full, and are paid off afterwards. */
  at(n: number, now: Millis): number {
    return Math.max(now, this.#fullAt - Math.max(0, this.#many - n) * this.#every);
  }
  take(n: number, at: number): void {
    this.#fullAt = Math.max(this.#fullAt, at) + n * this.#every;
  }
  /** What was taken may have been used only so much later, ms. */
  late(by: number): void {
    this.#fullAt += by;
  }
  /** Whether it is full, as one that was never used. */
  full(now: Millis): boolean {
    return this.#fullAt <= now;
  }
  /** Holds so many at most at `at`. */
  drain(at: Millis, left: number): void {
    this.#fullAt = Math.max(this.#fullAt, at + (this.#many - left) * this.#every);
  }
}

interface ChatBuckets {
  readonly own: Bucket;
  readonly group: Bucket | null;
}

/**
 * When a bot may send: 30 a second in all, one a second to a chat, 20 a minute to a group or channel. How much earlier
 * runs sent is not known, so every bucket begins as one that was empty when the last of them may have sent
 * something: a process that dies again and again runs into no limit. A 429 holds the whole bot until its time, to the
 * millisecond: whether it meant one chat or all, the answer does not say.
 */
export function createRates({ clock, until, keep, used }: RatesOptions) {
  const startedAt = clock.now();
  let heldUntil = Math.min(until ?? 0, startedAt + LONGEST);
  let usedUntil = Number.NEGATIVE_INFINITY;
  const emptyAt = Math.min(
    used?.until ?? (used === undefined ? startedAt : Number.NEGATIVE_INFINITY),
    startedAt,
  );
  const fresh = (size: { readonly many: number; readonly every: number }): Bucket => {
    const bucket = new Bucket(size, Number.NEGATIVE_INFINITY);
    bucket.drain(emptyAt, 0);
    return bucket;
  };
  const overall = fresh(OVERALL);
  const chats = new Map<ChatId, ChatBuckets>();
  const bucketsOf = (chat: ChatId): ChatBuckets => {
    const known = chats.get(chat);
    if (known !== undefined) return known;
    const made = { own: fresh(CHAT), group: chat < 0 ? fresh(GROUP) : null };
    chats.set(chat, made);
    return made;
  };
  /** Chats that have long been quiet are as good as new: nothing grows with those who write to the bot. */
  const sweep = (now: Millis): void => {
    if (chats.size <= 1_000) return;
    for (const [chat, { own, group }] of chats)
      if (own.full(now) && group?.full(now) !== false) chats.delete(chat);
  };
  const inChat = (chat: ChatId | null, cost: number, now: Millis): number => {
    if (chat === null) return Math.max(now, heldUntil);
    const { own, group } = bucketsOf(chat);
    return Math.max(heldUntil, own.at(cost, now), group?.at(cost, now) ?? 0);
  };
  const earliest = (chat: ChatId | null, cost: number, now: Millis): number =>
    Math.max(overall.at(cost, now), inChat(chat, cost, now));

  return {
    /** Until when a 429 holds everything, ms; in the past: it does not. */
    heldUntil: (): Millis => heldUntil,
    /** When something may be sent to a chat (null: something that counts for the bot alone), ms, rounded up. */
    notBefore: (chat: ChatId | null, cost = 1): Millis => Math.ceil(earliest(chat, cost, clock.now())),
    /** As {@link notBefore}, by the chat's own limits and a 429 alone. */
    inChat: (chat: ChatId | null, cost: number): Millis => Math.ceil(inChat(chat, cost, clock.now())),
    /**
     * Takes the tokens and tells when they may be used, ms. Not to be asked before {@link inChat}: what waits for its
     * chat would keep all other chats waiting.
     */
    take(chat: ChatId | null, cost: number): Millis {
      const now = clock.now();
      sweep(now);
      const at = Math.ceil(earliest(chat, cost, now));
      if (at >= usedUntil) {
        usedUntil = at + AHEAD;
        used?.put(usedUntil);
      }
      overall.take(cost, at);
      if (chat !== null) {
        const { own, group } = bucketsOf(chat);
        own.take(cost, at);
        group?.take(cost, at);
      }
      return at;
    },
    /**
     * What was taken for a chat from `at` on is used by now: the next second there is counted from then, since
     * a message that was long on its way must not be caught up with by the next one.
     */
    used(chat: ChatId | null, at: Millis): void {
      if (chat !== null) chats.get(chat)?.own.late(Math.max(0, clock.now() - at));
    },
    /** The server asked to wait. */
    limited(told: Millis): void {
      const at = Math.min(told, clock.now() + LONGEST);
      if (at <= heldUntil) return;
      heldUntil = at;
      keep(at);
      overall.drain(at, 1);
    },
  };
}
export type Rates = ReturnType<typeof createRates>;
