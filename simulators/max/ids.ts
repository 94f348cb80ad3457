/**
 * MAX's message ids. A `mid` is `mid.`, 16 hex digits of the chat id (two's complement) and 16 hex digits of the
 * message's number, which is `creation ms << 16 | counter`; `seq` is that number (it exceeds 2^53).
 */

const hex16 = (value: bigint) => BigInt.asUintN(64, value).toString(16).padStart(16, "0");

/** The `mid` of message number `seq` in chat `chatId` (decimal text). */
export const midOf = (chatId: string, seq: bigint): string => `mid.${hex16(BigInt(chatId))}${hex16(seq)}`;

/** Hands out message numbers of one chat: unique, and rising for messages created in the same millisecond. */
export class SeqMaker {
  readonly #last = new Map<number, bigint>();
  #made = 0n;

  /** The number of a message created at `ms`. */
  make(ms: number): bigint {
    const last = this.#last.get(ms);
    this.#made += 1n;
    // Real counters do not start at 0; the upper half stays free for messages of the same millisecond.
    const seq = last === undefined ? (BigInt(ms) << 16n) | ((this.#made * 40503n) & 0x7fffn) : last + 1n;
    this.#last.set(ms, seq);
    return seq;
  }
}

/** Lets clients pass a mid with or without its `mid.` prefix, as the schema allows. */
export const fullMid = (mid: string): string => (mid.startsWith("mid.") ? mid : `mid.${mid}`);
