import { spawn } from "node:child_process";
import { once } from "node:events";
import { bridgeProcess } from "./bridge-process.ts";
import { startMax } from "./max.ts";
import type { Measurement } from "./measured.ts";
import { ms, pairs, timed } from "./pairs.ts";

/** From the start of `postern run` until `/ready` answers that it is, against a start of Node that does nothing. */
export const spawnToReady: Measurement = async () => {
  const max = await startMax();
  const bridge = await bridgeProcess(max, {
    channels: [await max.channel("Объявления")],
    rooms: 1,
    served: false,
  });
  try {
    // Compiled code is kept at a regular end.
    await bridge.end(await bridge.start(), "SIGTERM");
    const made = await pairs({
      baseline: () => timed(() => once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit")),
      async measured() {
        const from = performance.now();
        const running = await bridge.start();
        const took = performance.now() - from;
        await bridge.end(running, "SIGKILL");
        return took;
      },
      within: 25_000,
    });
    return [
      {
        name: "start of run until /ready, one mapping, compiled code kept, against node -e 0",
        value: made.ratio,
        unit: "×",
        aim: { atMost: 12 },
        detail: `${ms(made.measured)}, ${ms(made.baseline)}`,
      },
    ];
  } finally {
    await bridge.remove();
    max.close();
  }
};
