#!/usr/bin/env node
import { processIo } from "./io.ts";
import { askedToEnd } from "./signals.ts";

const io = processIo(askedToEnd());
const at = process.argv.indexOf("--config");
const config = at < 0 ? null : (process.argv[at + 1] ?? null);
if (process.argv.includes("demo")) {
  const { demo } = await import("./commands/demo.ts");
  process.exit(await demo(io, { port: null, lang: null }));
} else {
  const { run } = await import("./commands/run.ts");
  process.exit(await run(io, { config, lang: null }));
}
