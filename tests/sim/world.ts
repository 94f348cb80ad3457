import type { Failpoint, Failpoints } from "../../bridge/failpoint.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import { Chance } from "./chance.ts";
import type { CrashPlan, FaultKind, Scenario } from "./scenario.ts";

/** When every simulated day begins: a Monday, 09:00 in Moscow. */
export const START = Date.UTC(2026, 10, 2, 6);

/** Thrown at a failpoint where the process dies. Nothing that it ran goes on afterwards. */
class Killed extends Error {}

/** What a simulated disk, source or messenger throws when it is told to. Anything else that is thrown is a bug. */
export class Injected extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`injected: ${code}`);
    this.code = code;
  }
}

/** One life of the bridge, from its start to its end or its death. */
export interface Life {
  readonly number: number;
  dead: boolean;
  /** Makes the database refuse every further change. */
  freeze: () => void;
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/**
 * Time, chance, faults and death of one run. Time stands still while anything can still be done, and then jumps to
 * whoever sleeps shortest, so that a day costs no more than what happens in it.
 */
export class World {
  readonly scenario: Scenario;
  readonly chance: Chance;
  /** Real time, ms since the start; no fault changes it. */
  mono = 0;
  /** By how much the bridge's clock is wrong, ms. */
  clockError = 0;
  /** No more faults and crashes: the end of a run must come to rest. */
  calm = false;
  /** How often each fault and crash point was hit. */
  readonly hits = new Map<string, number>();
  readonly violations: string[] = [];
  /** What happened, in order, as a number: equal for two runs exactly when they did the same. */
  trace = 0;
  /** The last things that happened, for a person who looks for a bug. */
  readonly story: string[] | null;
  #faults = new Map<FaultKind, number[]>();
  #crashes: CrashPlan[];
  #sleepers: Sleeper[] = [];
  #order = 0;

  constructor(scenario: Scenario, told: boolean) {
    this.scenario = scenario;
    this.story = told ? [] : null;
    this.chance = new Chance(scenario.seed, 2);
    for (const { kind, skip } of scenario.faults)
      this.#faults.set(kind, [...(this.#faults.get(kind) ?? []), skip]);
    this.#crashes = scenario.crashes.map((c) => ({ ...c }));
  }

  note(what: string): void {
    let h = this.trace;
    for (let i = 0; i < what.length; i++) h = (Math.imul(h ^ what.charCodeAt(i), 0x01000193) + 0x9e37) | 0;
    this.trace = h;
    this.story?.push(`${(this.mono / 1000).toFixed(3)} ${what}`);
  }

  wrong(what: string): void {
    this.violations.push(what);
    this.note(`WRONG ${what}`);
  }

  hit(what: string): void {
    this.hits.set(what, (this.hits.get(what) ?? 0) + 1);
    this.note(`! ${what}`);
  }

  /** Whether a fault strikes at this opportunity. */
  strikes(kind: FaultKind): boolean {
    const waiting = this.#faults.get(kind);
    const [skip, ...others] = waiting ?? [];
    if (this.calm || waiting === undefined || skip === undefined) return false;
    if (skip > 0) {
      waiting[0] = skip - 1;
      return false;
    }
    this.#faults.set(kind, others);
    this.hit(kind);
    return true;
  }

  /** A fault strikes at its next opportunities, besides those that the scenario plans. */
  plan(kind: FaultKind, times: number): void {
    this.#faults.set(
      kind,
      Array.from({ length: times }, () => 0),
    );
  }

  /** The bridge's clock, ms UTC. */
  now(): number {
    return START + Math.floor(this.mono) + this.clockError;
  }

  /** The source's clock, which is always right. */
  sourceNow(): number {
    return START + Math.floor(this.mono);
  }

  #sleep(at: number, wake: () => void): Sleeper {
    const sleeper = { at, order: this.#order++, wake };
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sleepers[middle];
      if (other !== undefined && other.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#sleepers.splice(low, 0, sleeper);
    return sleeper;
  }

  /** Calls `what` at a time, ms since the start. */
  later(at: number, what: () => void): void {
    this.#sleep(at, what);
  }

  /** Lets everything run that can, without any time passing. */
  breathe(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Wakes whoever sleeps shortest. False: nobody sleeps, so nothing will ever happen again. */
  step(): boolean {
    const next = this.#sleepers.shift();
    if (next === undefined) return false;
    this.mono = Math.max(this.mono, next.at);
    next.wake();
    return true;
  }

  clock(life: Life): Clock {
    return {
      now: () => this.now(),
      sleep: (ms, signal) => {
        if (life.dead) return never();
        return new Promise((resolve) => {
          if (signal?.aborted === true) return resolve();
          const stop = () => {
            const place = this.#sleepers.indexOf(sleeper);
            if (place >= 0) this.#sleepers.splice(place, 1);
            resolve();
          };
          const sleeper = this.#sleep(this.mono + Math.max(0, ms), () => {
            signal?.removeEventListener("abort", stop);
            if (!life.dead) resolve();
          });
          signal?.addEventListener("abort", stop, { once: true });
        });
      },
    };
  }

  /** The crash that is planned next; null: none is left. */
  get crashAhead(): CrashPlan | null {
    return this.calm ? null : (this.#crashes[0] ?? null);
  }

  /** The planned place was not reached in time: the process dies at any next moment instead. */
  crashSoon(): void {
    const [first, ...others] = this.#crashes;
    if (first !== undefined) this.#crashes = [{ ...first, point: "moment", skip: 0 }, ...others];
  }

  /** Ends a life at once. Its database takes no more changes, and none of its work goes on. */
  kill(life: Life, point: string): void {
    life.dead = true;
    life.freeze();
    this.hit(point);
  }

  #dies(life: Life, point: Failpoint | "moment"): boolean {
    const ahead = this.crashAhead;
    if (ahead === null || ahead.point !== point) return false;
    if (ahead.skip > 0) {
      this.#crashes[0] = { ...ahead, skip: ahead.skip - 1 };
      return false;
    }
    this.#crashes.shift();
    this.lastCrash = ahead;
    this.kill(life, point);
    return true;
  }
  /** How the last death came. */
  lastCrash: CrashPlan | null = null;

  failpoints(life: Life): Failpoints {
    return (name) => {
      if (life.dead) throw new Killed();
      this.note(name);
      if (this.#dies(life, name)) throw new Killed();
    };
  }

  /** Something that the outside is asked for: takes a moment now and then, and may be the last that a life does. */
  async outside(life: Life, what: string): Promise<void> {
    if (life.dead || this.#dies(life, "moment")) return never();
    this.note(what);
    if (!this.chance.odds(1 / 8)) return;
    await this.clock(life).sleep(this.chance.between(1, 40));
  }
}
