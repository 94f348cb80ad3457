import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
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
  readonly processes: number;
  /** End at the first seed that finds something. */
  readonly untilFound: boolean;
  /** Let whatever else runs have the machine first. */
  readonly modest?: boolean;
  /** Told of the number of runs done, now and then. */
  readonly progress?: (runs: number) => void;
}

const file = fileURLToPath(new URL("./runs.worker.ts", import.meta.url));

/**
 * Plays the seeds in processes of their own, run by Node itself, and adds up what came of them. Not in threads: those of
 * one process stand in each other's way where memory is asked for, and a run then costs a fifth more.
 */
export async function inProcesses(o: Runs): Promise<Tally> {
  const whole = emptyTally();
  const done = new Map<number, number>();
  const one = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(file, { execArgv: [] });
      child.send({
        mutant: o.mutant,
        seeds: { from: o.from + index, to: o.to, step: o.processes },
        untilFound: o.untilFound,
        modest: o.modest ?? false,
      });
      child.on("message", (raw: unknown) => {
        const message = Message.parse(raw);
        if ("tally" in message) {
          add(whole, message.tally);
          resolve();
        } else {
          done.set(index, message.runs);
          o.progress?.([...done.values()].reduce((sum, n) => sum + n, 0));
        }
      });
      child.on("error", reject);
      child.on("exit", (code, signal) =>
        reject(new Error(`a process ended without an answer: ${signal ?? code}`)),
      );
    });
  await Promise.all(Array.from({ length: o.processes }, (_, index) => one(index)));
  return whole;
}
