import type { Trouble } from "../../../simulators/max/troubles.ts";
import type { Chance } from "./chance.ts";
import type { Control, Kind } from "./posts.ts";
import { atTheStart, passing, type Weather } from "./weather.ts";

/** Brings one weather after another, each until it was met. */
export class Skies {
  readonly #control: Control;
  readonly #chance: Chance;
  readonly #met: (trouble: Trouble) => number;
  #passing: Weather[];
  #starts: Weather[];
  #on: { readonly weather: Weather; readonly before: number } | null = null;
  #calm = 0;
  #asked = 0;

  constructor(control: Control, chance: Chance, met: (trouble: Trouble) => number) {
    this.#control = control;
    this.#chance = chance;
    this.#met = met;
    this.#passing = [...chance.shuffled(passing)];
    this.#starts = [...chance.shuffled(atTheStart)];
  }

  /** What the bridge meets now, for a person. */
  get now(): string {
    return this.#on?.weather.trouble ?? "clear";
  }

  /** Whether all that was to come has come and gone. */
  get clear(): boolean {
    return this.#passing.length === 0 && this.#on === null;
  }

  /** Ends what was met. */
  look(): void {
    if (this.#on === null || this.#met(this.#on.weather.trouble) <= this.#on.before) return;
    this.#on.weather.off(this.#control);
    this.#on = null;
    this.#calm = this.#chance.below(8);
  }

  /** After some posts in calm, the next comes. */
  next(): void {
    if (this.#on !== null || this.#calm-- > 0) return;
    const weather = this.#passing.pop();
    if (weather === undefined) return;
    this.#on = { weather, before: this.#met(weather.trouble) };
    this.#asked = 0;
    weather.on(this.#control);
  }

  /** Holds when what is on was met, or it seems that it needs another post. */
  patience(): () => boolean {
    const until = Date.now() + 300;
    return () => {
      this.look();
      return this.#on === null || Date.now() > until;
    };
  }

  /** What must be posted now for it to be met. */
  needs(): Kind | null {
    const needs = this.#on?.weather.needs ?? null;
    return needs !== null && this.#asked++ % 8 === 0 ? needs : null;
  }

  /** The bridge is about to start: its first look at a history meets something. */
  start(): void {
    this.#starts.pop()?.on(this.#control);
  }
}
