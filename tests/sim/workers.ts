import { Worker } from "node:worker_threads";
import { z } from "zod";
import { add, emptyTally, type Tally } from "./tally.ts";

const numbers = z.object({ events: z.number(), faults: z.number(), crashes: z.number() });
const Message = z.union([
  z.object({ runs: z.number() }),
  z.object({
    tally: numbers.extend({
      runs: z.number(),
      least: numbers,
      hits: z.record(z.string(), z.number()),
      failures: z.array(z.object({ seed: z.number(), violations: z.array(z.string()) })),
    }),
  }),
]);

export interface Runs {
  /** Name of a planted bug; null: the bridge as it is. */
  readonly mutant: string | null;
  readonly from: number;
  readonly to: number;
  readonly threads: number;
  /** End at the first seed that finds something. */
  readonly untilFound: boolean;
  /** Let whatever else runs have the machine first. */
  readonly modest?: boolean;
  /** Told of the number of runs done, now and then. */
  readonly progress?: (runs: number) => void;
}

/** Plays the seeds in threads of their own, run by Node itself, and adds up what came of them. */
export async function inThreads(o: Runs): Promise<Tally> {
  const whole = emptyTally();
  const done = new Map<number, number>();
  const one = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./runs.worker.ts", import.meta.url), {
        execArgv: [],
        workerData: {
          mutant: o.mutant,
          seeds: { from: o.from + index, to: o.to, step: o.threads },
          untilFound: o.untilFound,
          modest: o.modest ?? false,
        },
      });
      worker.on("message", (raw: unknown) => {
        const message = Message.parse(raw);
        if ("tally" in message) {
          add(whole, message.tally);
          resolve();
        } else {
          done.set(index, message.runs);
          o.progress?.([...done.values()].reduce((sum, n) => sum + n, 0));
        }
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("a thread ended without an answer")));
    });
  await Promise.all(Array.from({ length: o.threads }, (_, index) => one(index)));
  return whole;
}
