import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { bridgeProcess } from "./bridge-process.ts";
import { startMax } from "./max.ts";
import { type Measurement, median } from "./measured.ts";

const MAPPINGS = 1_000;
const ROOMS = 20;
const RUNS = 7;
/** No further run is begun after so long, ms. */
const WITHIN = 30_000;
/** How long after it was ready it counts as idle, ms. */
const SETTLED = 1_500;
const MB = 1_000_000;

/** Resident memory of `postern run` that has nothing to do, with a thousand mappings of as many channels. */
export const idle: Measurement = async () => {
  const max = await startMax();
  const channels: string[] = [];
  for (let i = 0; i < MAPPINGS; i++) channels.push(await max.channel(`Группа ${i}`));
  const bridge = await bridgeProcess(max, { channels, rooms: ROOMS, served: true });
  const until = performance.now() + WITHIN;
  const found: number[] = [];
  try {
    while (found.length === 0 || (found.length < RUNS && performance.now() < until)) {
      const running = await bridge.start();
      await sleep(SETTLED);
      found.push((await residentOf(running.process.pid ?? 0)) / MB);
      await bridge.end(running, "SIGTERM");
    }
    return [
      {
        name: `resident memory when idle, ${MAPPINGS.toLocaleString("en")} mappings`,
        value: median(found),
        unit: "MB",
        aim: { atMost: 150 },
        detail: `the most of ${found.length} runs ${Math.round(Math.max(...found))} MB`,
      },
    ];
  } finally {
    await bridge.remove();
    max.close();
  }
};

/** Bytes of memory that a process holds. */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const known = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (known !== undefined) return Number(known) * 1024;
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}
