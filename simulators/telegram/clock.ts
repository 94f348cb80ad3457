/** Time as the simulator needs it; the bridge's own Clock fits. */
export interface SimulatorClock {
  /** Now, ms UTC. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const systemClock: SimulatorClock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** A clock that can be set ahead or back while it runs. Only `now` moves; sleeps last as long as before. */
export class OffsetClock implements SimulatorClock {
  readonly #inner: SimulatorClock;
  /** ms added to the inner clock's time. */
  offset = 0;

  constructor(inner: SimulatorClock = systemClock) {
    this.#inner = inner;
  }

  now(): number {
    return this.#inner.now() + this.offset;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#inner.sleep(ms, signal);
  }
}
