import path from "node:path";
import { Worker } from "node:worker_threads";
import { z } from "zod";

export interface FuzzOptions {
  readonly target: string;
  readonly seed: number;
  /** Ends after so many inputs, or so many ms, whichever is first. */
  readonly count?: number;
  readonly ms?: number;
  /** The first input: for one alone, with `count: 1`. */
  readonly from?: number;
  /** An input that is not done after so long, ms, hangs. */
  readonly silent?: number;
}

const Told = z.object({
  /** Inputs that were tried. */
  n: z.number(),
  /** How far they got, in the target's own words. */
  seen: z.record(z.string(), z.number()),
  /** Bytes of heap by which the run grew. */
  growth: z.number(),
  failed: z.object({ input: z.number(), fault: z.string(), base64: z.string() }).nullable(),
});
export type Fuzzed = z.infer<typeof Told>;

/** The most that one input may take: ms of computing, ms of waiting for anything at all. */
const SLOW = 2_000;
const SILENT = 10_000;
/** Loading a target may take this long, ms, and shrinking what it found. */
const LOADING = 60_000;
/** By how much a run may grow, bytes; and what a thread may hold at most, MB. */
const GROWTH = 48e6;
const HEAP = 400;

/** Tries inputs on a target in a thread of its own, and ends the thread when one hangs or swells. Never throws. */
export function fuzz(o: FuzzOptions): Promise<Fuzzed> {
  const shared = new SharedArrayBuffer(4);
  const place = new Int32Array(shared);
  Atomics.store(place, 0, -1);
  const { target, seed, from = 0, count = Number.MAX_SAFE_INTEGER, ms = 86_400_000, silent = SILENT } = o;
  const worker = new Worker(path.join(import.meta.dirname, "worker.helper.ts"), {
    workerData: { target, seed, from, count, ms, slow: SLOW, growth: GROWTH, place: shared },
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
    execArgv: [],
  });
  return new Promise((resolve) => {
    let last = -1;
    let since = Date.now();
    let ended = false;
    const end = (result: Fuzzed): void => {
      if (ended) return;
      ended = true;
      clearInterval(watch);
      void worker.terminate().then(() => resolve(result));
    };
    const failed = (fault: string): void => {
      const input = Atomics.load(place, 0);
      const failure = { input, fault, base64: "" };
      end({ n: Math.max(0, input - from), seen: {}, growth: 0, failed: failure });
    };
    const watch = setInterval(() => {
      const now = Atomics.load(place, 0);
      if (now !== last) {
        last = now;
        since = Date.now();
      } else if (Date.now() - since > (now < 0 ? LOADING : silent)) failed("hangs");
    }, 100);
    worker.on("message", (message) => end(Told.parse(message)));
    worker.on("error", (error) => failed(error instanceof Error ? (error.stack ?? error.message) : "broke"));
    worker.on("exit", (code) => failed(`the thread ended (${code})`));
  });
}

/** What came of it, to be printed: how to see a failure again, and the input where it is small. */
export function told(o: FuzzOptions, done: Fuzzed): string {
  const seen = Object.entries(done.seen).map(([word, n]) => `${word} ${n}`);
  const line = `${o.target}: seed ${o.seed}, ${done.n} inputs (${seen.join(", ")}), ${Math.round(done.growth / 1e5) / 10} MB grown`;
  if (done.failed === null) return line;
  const { input, fault, base64 } = done.failed;
  const again = `again with: node tests/fuzz/again.ts ${o.target} ${o.seed} ${input}`;
  const small =
    base64 === ""
      ? ""
      : `\ninput (base64, made smaller): ${base64.slice(0, 1000)}${base64.length > 1000 ? "…" : ""}`;
  return `${line}\nFAILED at input ${input}: ${fault}\n${again}${small}`;
}
