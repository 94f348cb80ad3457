#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startMaxSimulator } from "./server.ts";
import { standaloneLimits } from "./settings.ts";

const usage =
  "usage: node simulators/max/main.ts --port N [--host 127.0.0.1] [--token T] [--tls-cert FILE --tls-key FILE]";

/** Runs the simulator on its own until it is stopped; prints one line with its URLs when it is ready. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      host: { type: "string" },
      token: { type: "string" },
      "tls-cert": { type: "string" },
      "tls-key": { type: "string" },
    },
  });
  const port = /^\d{1,5}$/.test(values.port ?? "") ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535)) throw new Error("--port must be 0 (a free one) to 65535");
  const { "tls-cert": cert, "tls-key": key } = values;
  if ((cert === undefined) !== (key === undefined)) throw new Error("--tls-cert and --tls-key go together");
  const running = await startMaxSimulator({
    port,
    settings: standaloneLimits,
    ...(cert === undefined || key === undefined
      ? {}
      : { tls: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.token === undefined ? {} : { token: values.token }),
  });
  console.log(`MAX simulator: ${running.url} control: ${running.controlUrl} token: ${running.token}`);
  const stop = () => void running.close().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  console.error(usage);
  process.exitCode = 1;
});
