import { once } from "node:events";
import { z } from "zod";
import { plant } from "../mutants/mutants.ts";
import { telegramMutants } from "./mutants.helper.ts";

/** Plays trials one after another, over a planted bug if one is named, and tells what they came to. */
const Order = z.object({
  mutant: z.string().nullable(),
  seeds: z.array(z.number()),
  untilFound: z.boolean(),
});

process.on("disconnect", () => process.exit());
const [order] = await once(process, "message");
const { mutant, seeds, untilFound } = Order.parse(order);
const planted = telegramMutants.find((m) => m.name === mutant);
if (mutant !== null && planted === undefined) throw new Error("no such mutant");
if (planted !== undefined) plant(planted);
Error.stackTraceLimit = 0;
process.on("unhandledRejection", () => {});

// Only now: what is imported is the bridge with the bug in it.
const { isSkipping, trial } = await import("./trial.helper.ts");
for (const seed of seeds) {
  const { violations, deaths, unknown, doubles, probes } = await trial(seed, { skipping: isSkipping(seed) });
  process.send?.({ seed, violations, deaths, unknown, doubles, probes });
  if (untilFound && violations.length > 0) break;
}
process.send?.("done", () => process.disconnect());
