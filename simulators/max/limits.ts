import type { SimulatorClock } from "./clock.ts";

/** Counts requests within the last second. */
export class Window {
  #times: number[] = [];
  readonly #clock: SimulatorClock;

  constructor(clock: SimulatorClock) {
    this.#clock = clock;
  }

  /** Takes one request of at most `perSecond`; false: too many, and it is not counted. null: no limit. */
  take(perSecond: number | null): boolean {
    if (perSecond === null) return true;
    const now = this.#clock.now();
    this.#times = this.#times.filter((at) => at > now - 1000 && at <= now);
    if (this.#times.length >= perSecond) return false;
    this.#times.push(now);
    return true;
  }
}
