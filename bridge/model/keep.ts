/**
 * A sealed place in the database for what one adapter must keep: tokens, keys, ids of rooms. Each adapter's account has
 * one of its own and sees no other. Values are JSON; a `place` is a name of the adapter's own choice and stands there
 * in clear, so it is made of words and names of the configuration, never of an id that a messenger gave.
 *
 * Every method is synchronous. A write is durable when it returns, or when the {@link Keep.together} around it does.
 */
export interface Keep {
  /** What is kept there, to be read by a schema; undefined: nothing is. Throws where it does not open. */
  get(place: string): unknown;
  put(place: string, value: unknown): void;
  drop(place: string): void;
  /** Places in use that begin so, in order. */
  places(beginning: string): readonly string[];
  /** All that `work` puts and drops, or nothing of it. `work` must be synchronous. */
  together(work: () => void): void;
}
