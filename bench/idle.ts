import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Running } from "../tests/e2e/processes.ts";
import { type BridgeProcess, bridgeProcess } from "./bridge-process.ts";
import { startMax } from "./max.ts";
import { type Measurement, median } from "./measured.ts";

const MAPPINGS = 1_000;
const ROOMS = 20;
/** Bridges that idle side by side, each with a folder of its own. */
const RUNS = 3;
/** After so long, ms, with every channel read, Node has given back what the start took. */
const SETTLED = 25_000;
const MB = 1_000_000;

/** Resident memory of `postern run` that has nothing to do, with a thousand mappings of as many channels. */
export const idle: Measurement = async () => {
  const max = await startMax();
  const channels: string[] = [];
  for (let i = 0; i < MAPPINGS; i++) channels.push(await max.channel(`Группа ${i}`));
  const bridges: BridgeProcess[] = [];
  const found: number[] = [];
  try {
    for (let i = 0; i < RUNS; i++)
      bridges.push(await bridgeProcess(max, { channels, rooms: ROOMS, served: true }));
    const running: Running[] = [];
    for (const bridge of bridges) {
      // Once before: what the first start compiles stays in memory.
      await bridge.end(await bridge.start(), "SIGTERM");
      running.push(await bridge.start());
    }
    await sleep(SETTLED);
    for (const { process } of running) found.push((await residentOf(process.pid ?? 0)) / MB);
    for (const [i, bridge] of bridges.entries()) {
      const one = running[i];
      if (one !== undefined) await bridge.end(one, "SIGKILL");
    }
    return [
      {
        name: `resident memory when idle, ${MAPPINGS.toLocaleString("en")} mappings`,
        value: median(found),
        unit: "MB",
        aim: { atMost: 150 },
        detail: `the most of ${found.length} ${Math.round(Math.max(...found))} MB`,
      },
    ];
  } finally {
    for (const bridge of bridges) await bridge.remove();
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
