import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { z } from "zod";
import { type Measurement, median } from "./measured.ts";

const MB = 1_000_000;
const LARGE = 500 * MB;
const SMALL = MB;
const RUNS = 4;
/** No further run is begun after so long, ms. */
const WITHIN = 30_000;

const Peaks = z.object({ small: z.number(), large: z.number() });

/** By how much a bridge's memory grows while a large file passes from MAX to a destination. */
const passing =
  (where: "http" | "matrix" | "telegram", to: string): Measurement =>
  async () => {
    const until = performance.now() + WITHIN;
    const found: z.infer<typeof Peaks>[] = [];
    while (found.length === 0 || (found.length < RUNS && performance.now() < until)) {
      const sizes = [`${SMALL}`, `${LARGE}`];
      const child = fork(path.join(import.meta.dirname, "file-passes.ts"), [where, ...sizes]);
      let said: unknown;
      child.once("message", (message) => {
        said = message;
      });
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`the file did not pass: ${code}`);
      found.push(Peaks.parse(said));
    }
    const peaks = (size: "small" | "large") => Math.round(median(found.map((f) => f[size])) / MB);
    return [
      {
        name: `memory while a file of ${LARGE / MB} MB passes from MAX to ${to}, beyond that for ${SMALL / MB} MB`,
        value: median(found.map((f) => f.large - f.small)) / MB,
        unit: "MB",
        aim: { atMost: 64 },
        detail: `${peaks("large")} MB, ${peaks("small")} MB; ${found.length} runs`,
      },
    ];
  };

/** To a local HTTP destination. */
export const memory = passing("http", "HTTP");
/** To a Matrix room, encrypted on its way. */
export const matrixFile = passing("matrix", "a Matrix room");
/** To a Telegram room, through a Bot API server of one's own. */
export const telegramFile = passing("telegram", "a Telegram room");
