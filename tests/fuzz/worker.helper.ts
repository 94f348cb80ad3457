import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { Dice } from "./dice.helper.ts";
import { makeTarget, type Target } from "./target.helper.ts";

// One target in a thread of its own: who watches it may end it when it hangs.

const Order = z.object({
  target: z.string(),
  seed: z.number(),
  from: z.number(),
  count: z.number(),
  ms: z.number(),
  slow: z.number(),
  growth: z.number(),
  place: z.instanceof(SharedArrayBuffer),
});
const order = Order.parse(workerData);
const place = new Int32Array(order.place);

setFlagsFromString("--expose-gc");
const gc: unknown = runInNewContext("gc");
function heap(): number {
  if (typeof gc === "function") gc();
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Thrown or rejected beside the promise that is waited for: as much a crash as any. */
const strays: unknown[] = [];
process.on("unhandledRejection", (error) => strays.push(error));
process.on("uncaughtException", (error) => strays.push(error));

const said = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;

/** What went wrong with an input; null: nothing. */
async function trouble(
  target: Target,
  bytes: Uint8Array,
  seen?: Map<string, number>,
): Promise<string | null> {
  const before = process.threadCpuUsage();
  try {
    const word = await target.run(bytes);
    seen?.set(word, (seen.get(word) ?? 0) + 1);
    if (strays.length > 0) await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    return said(error);
  }
  const stray = strays.splice(0)[0];
  if (stray !== undefined) return `unhandled: ${said(stray)}`;
  const { user, system } = process.threadCpuUsage(before);
  const ms = Math.round((user + system) / 1000);
  return ms > order.slow ? `took ${ms} ms` : null;
}

/** The same fault, whatever its numbers and places. */
const kindOf = (fault: string): string => (fault.split("\n")[0] ?? "").replaceAll(/\d+/g, "0");

/** A smaller input with the same fault: parts are cut out while it stays. */
async function shrunk(target: Target, bytes: Uint8Array, fault: string): Promise<Uint8Array> {
  let best = bytes;
  const end = Date.now() + 10_000;
  for (let step = best.length >> 1; step > 0; step = step >> 1)
    for (let at = 0; at < best.length && Date.now() < end; ) {
      const smaller = new Uint8Array(Buffer.concat([best.subarray(0, at), best.subarray(at + step)]));
      const same = await trouble(target, smaller);
      if (same !== null && kindOf(same) === kindOf(fault)) best = smaller;
      else at += step;
    }
  return best;
}

const target = await makeTarget(order.target);
const WARM = 50;
let base = 0;
const seen = new Map<string, number>();
const end = Date.now() + order.ms;
let n = order.from;
let fault: string | null = null;
let bytes = new Uint8Array();
for (; n < order.from + order.count && Date.now() < end; n++) {
  Atomics.store(place, 0, n);
  Atomics.notify(place, 0);
  bytes = new Uint8Array(target.input(new Dice(order.seed, n)));
  fault = await trouble(target, bytes, seen);
  if (fault !== null) break;
  if (n - order.from === WARM) base = heap();
}
Atomics.store(place, 0, -2);
const small = fault === null ? bytes : await shrunk(target, bytes, fault);
// What is freed outside the heap is counted off a little later: the least of some looks is what is held.
let held = heap();
for (let look = 0; look < 20 && held - base > order.growth / 4; look++) {
  await new Promise((resolve) => setImmediate(resolve));
  held = Math.min(held, heap());
}
const growth = base === 0 ? 0 : held - base;
await target.close?.();
parentPort?.postMessage({
  n: n - order.from,
  seen: Object.fromEntries(seen),
  growth,
  failed:
    fault !== null
      ? { input: n, fault, base64: Buffer.from(small).toString("base64") }
      : growth > order.growth
        ? { input: -1, fault: `the memory grew by ${Math.round(growth / 1e6)} MB`, base64: "" }
        : null,
});
