import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of a file after which its buffers are let go. */
const EVERY = 8_000_000;

let gone = 0;
let collect: (() => void) | null = null;

/**
 * Told of each piece of a file that passed. Its buffers lie outside of V8's heap, which waits until 64 MB of them have
 * gathered and then looks through all of the heap, again and again; asked in time it frees them in a millisecond.
 */
export function passed(bytes: number): void {
  gone += bytes;
  if (gone < EVERY) return;
  gone = 0;
  collect ??= collector();
  collect();
}

/** What frees young objects alone. Only code that is given it can ask. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return typeof gc === "function" ? () => void gc({ type: "minor" }) : () => undefined;
}
