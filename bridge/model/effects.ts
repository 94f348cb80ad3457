import type { Millis } from "./ids.ts";

/** Time, handed in so that a simulation owns it. */
export interface Clock {
  /** Now, ms UTC. */
  now(): Millis;
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Chance, handed in so that a simulation owns it. Keys and nonces come from the cryptographic library instead. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `n` random bytes. */
  bytes(n: number): Uint8Array;
}
