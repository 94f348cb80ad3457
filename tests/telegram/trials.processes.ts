import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const Told = z.object({
  seed: z.number(),
  violations: z.array(z.string()),
  deaths: z.number(),
  unknown: z.number(),
  doubles: z.number(),
  probes: z.number(),
});
export type Told = z.infer<typeof Told>;

const file = fileURLToPath(new URL("./trials.worker.ts", import.meta.url));

/** Plays trials in processes of their own, run by Node itself, and answers what came of each. */
export async function trials(o: {
  /** Name of a planted bug; null: the bridge as it is. */
  readonly mutant: string | null;
  readonly seeds: readonly number[];
  readonly processes: number;
  /** End at the first seed that finds something. */
  readonly untilFound: boolean;
  readonly progress?: (done: number) => void;
}): Promise<readonly Told[]> {
  const all: Told[] = [];
  const one = (seeds: readonly number[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(file, { execArgv: [] });
      child.send({ mutant: o.mutant, seeds, untilFound: o.untilFound });
      child.on("message", (raw: unknown) => {
        if (raw === "done") return resolve();
        all.push(Told.parse(raw));
        o.progress?.(all.length);
      });
      child.on("error", reject);
      child.on("exit", (code, signal) => reject(new Error(`ended without an answer: ${signal ?? code}`)));
    });
  const share = (n: number) => o.seeds.filter((_, i) => i % o.processes === n);
  await Promise.all(Array.from({ length: o.processes }, (_, n) => one(share(n))));
  return all.sort((a, b) => a.seed - b.seed);
}
