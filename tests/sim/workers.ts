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
  /** Until it is settled one process alone plays: what else runs needs the machine. */
  readonly beside?: Promise<unknown>;
  /** End at the first seed that finds something. */
  readonly untilFound: boolean;
  /** Let whatever else runs have the machine first. */
  readonly modest?: boolean;
  /** Told of the number of runs done, now and then. */
  readonly progress?: (runs: number) => void;
}

const file = fileURLToPath(new URL("./runs.worker.ts", import.meta.url));

/** How many seeds a process is given at a time. */
const PAGE = 20;

/**
 * Plays the seeds in processes of their own, run by Node itself, and adds up what came of them. Not in threads: those of
 * one process stand in each other's way where memory is asked for, and a run then costs a fifth more.
 */
export async function inProcesses(o: Runs): Promise<Tally> {
  const whole = emptyTally();
  const done = new Map<number, number>();
  let next = o.from;
  const page = (): readonly number[] => {
    const seeds = Array.from({ length: Math.min(PAGE, o.to - next + 1) }, (_, i) => next + i);
    next += seeds.length;
    return seeds;
  };
  const one = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(file, { execArgv: [] });
      child.send({ mutant: o.mutant, untilFound: o.untilFound, modest: o.modest ?? false });
      child.on("message", (raw: unknown) => {
        const message = Message.parse(raw);
        if ("tally" in message) {
          add(whole, message.tally);
          resolve();
        } else {
          child.send(page());
          done.set(index, message.runs);
          o.progress?.([...done.values()].reduce((sum, n) => sum + n, 0));
        }
      });
      child.on("error", reject);
      child.on("exit", (code, signal) =>
        reject(new Error(`a process ended without an answer: ${signal ?? code}`)),
      );
    });
  const first = one(0);
  const others = async (): Promise<void> => {
    await Promise.race([o.beside?.catch(() => undefined), first]);
    if (next > o.to) return;
    await Promise.all(Array.from({ length: o.processes - 1 }, (_, i) => one(i + 1)));
  };
  await Promise.all([first, others()]);
  whole.failures.sort((a, b) => a.seed - b.seed);
  return whole;
}
