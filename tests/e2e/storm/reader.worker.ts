import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { fastClock } from "../../../bridge/clock.ts";
import { reader } from "../../reader.helper.ts";
import { difference } from "./show.ts";

/** Reads one room by its link until it shows what it must; posts in what it differs at last, or null. */
const Order = z.object({
  link: z.string(),
  /** What it must show. */
  wanted: z.array(
    z.object({
      chat: z.string(),
      mid: z.string(),
      body: z.string(),
      tail: z.string(),
      told: z.number(),
      removed: z.boolean(),
      file: z.string().nullable(),
    }),
  ),
  clock: z.object({ speed: z.number(), since: z.number() }),
  /** ms. */
  patience: z.number(),
});

const { link, wanted, clock, patience } = Order.parse(workerData);
const end = Date.now() + patience;
const own = await reader(link, undefined, fastClock(clock.speed, clock.since));
let differs = await difference(own, wanted).catch(String);
while (differs !== null && Date.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  differs = await difference(own, wanted).catch(String);
}
own.close();
parentPort?.postMessage(differs);
