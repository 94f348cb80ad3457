/**
 * `npm run bench [-- --check] [-- NAME…]`: measures and prints one table. Each measurement is a process of its own with
 * a limit of time, so that one which breaks or hangs is told as such and holds up no other. Ends well whatever the
 * numbers are, since machines differ; with `--check` it fails where one is worse than its aim by a factor of two.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { measurements } from "./all.ts";
import { faults, type Result, table } from "./table.ts";

/** The longest that all of it may take, ms. */
const LONGEST = 320_000;

const Made = z.array(
  z.object({
    name: z.string(),
    value: z.number(),
    unit: z.enum(["×", "MB", "ms", "requests"]),
    aim: z.union([z.object({ atLeast: z.number() }), z.object({ atMost: z.number() })]),
    detail: z.string(),
    printed: z.literal(true).exactOptional(),
  }),
);

let running: ChildProcess | null = null;
let stopped = false;

/** Ends a measurement with all that it started. */
function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It is gone already, with all of its own.
  }
}

/** Makes one measurement, with a folder for temporary files that goes with it. */
async function measure(name: string, limit: number): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-bench-"));
  const child = fork(path.join(import.meta.dirname, "one.ts"), [name], {
    detached: true,
    env: { ...process.env, TMPDIR: folder, TEMP: folder, XDG_CONFIG_HOME: folder },
  });
  running = child;
  try {
    return await new Promise((resolve) => {
      const late = () => resolve({ name, fault: `not done within ${Math.round(limit / 1000)} s` });
      const timer = setTimeout(late, limit);
      child.once("message", (said) => {
        clearTimeout(timer);
        const made = Made.safeParse(said);
        resolve(made.success ? { name, made: made.data } : { name, fault: "it told no numbers" });
      });
      child.once("error", () => undefined);
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        resolve({ name, fault: `it ended with ${signal ?? code}` });
      });
    });
  } finally {
    end(child);
    running = null;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const names = Object.keys(measurements);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`There is no measurement "${unknown}". There are: ${names.join(", ")}.`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    stopped = true;
    process.exitCode = 130;
    if (running !== null) end(running);
  });
const until = performance.now() + LONGEST;
const results: Result[] = [];
for (const [name, { limit }] of Object.entries(measurements)) {
  if (stopped || (asked.length > 0 && !asked.includes(name))) continue;
  const left = until - performance.now();
  results.push(left <= 0 ? { name, fault: "no time was left" } : await measure(name, Math.min(limit, left)));
}
console.log(table(results));
const found = faults(results);
if (process.argv.includes("--check") && found.length > 0 && !stopped) {
  console.log(`\nWorse than the aim by a factor of two, or not measured: ${found.join("; ")}`);
  process.exitCode = 1;
}
