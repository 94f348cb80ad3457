import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { z } from "zod";
import { mutants, plant } from "../mutants/mutants.ts";

/** Plays seeds one after another, over a planted bug if one is named, and posts what they came to. */
const Order = z.object({
  mutant: z.string().nullable(),
  /** End at the first that finds something. */
  untilFound: z.boolean(),
  /** Whatever else runs has the machine first. */
  modest: z.boolean(),
});
/** Seeds that it asked for; an empty list: all are given away. */
const Seeds = z.array(z.number());

// Whoever asked is gone: nobody waits for an answer. Also when it was killed, since the system closes the channel.
process.on("disconnect", () => process.exit());
const [order] = await once(process, "message");
const { mutant, untilFound, modest } = Order.parse(order);
if (modest) setPriority(0, constants.priority.PRIORITY_LOW);
// Every signal that is aborted makes an error: where it was made, nobody asks here. A seed that is replayed tells.
Error.stackTraceLimit = 0;
const planted = mutants.find((m) => m.name === mutant);
if (mutant !== null && planted === undefined) throw new Error("no such mutant");
if (planted !== undefined) plant(planted);

// Only now: what is imported is the bridge with the bug in it. No run of a mutant may end the process.
process.on("unhandledRejection", () => {});
const { run } = await import("./run.ts");
const { scenarioOf } = await import("./scenario.ts");
const { count, emptyTally } = await import("./tally.ts");

/** One run in so many uses the real cryptographic library. */
const REAL_EVERY = 200;
const tally = emptyTally();
const more = async (): Promise<readonly number[]> => {
  const answer = once(process, "message");
  process.send?.({ runs: tally.runs });
  return Seeds.parse((await answer)[0]);
};
let found = false;
for (let seeds = await more(); seeds.length > 0; seeds = found ? [] : await more())
  for (const seed of seeds) {
    count(tally, seed, await run(scenarioOf(seed), { real: seed % REAL_EVERY === 0 }));
    found = untilFound && tally.failures.length > 0;
    if (found) break;
  }
process.send?.({ tally }, () => process.disconnect());
