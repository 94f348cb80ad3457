import type { Clock } from "../bridge/model/effects.ts";

/** A clock that stands still until it is moved; sleeps end when it passes them, or when their signal aborts. */
export class HandClock implements Clock {
  #now: number;
  #sleeping: { readonly until: number; readonly wake: () => void }[] = [];
  constructor(now = Date.UTC(2026, 10, 2, 9)) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true || ms <= 0) return resolve();
      this.#sleeping.push({ until: this.#now + ms, wake: resolve });
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleeping.filter((s) => s.until <= this.#now);
    this.#sleeping = this.#sleeping.filter((s) => s.until > this.#now);
    for (const sleep of due) sleep.wake();
  }
}
