#!/usr/bin/env node
import { parseArgs } from "node:util";
import { startTelegramSimulator } from "./server.ts";
import { publishedLimits } from "./settings.ts";

const usage =
  "usage: node simulators/telegram/main.ts --port N [--host 127.0.0.1] [--token T] [--own-server]";

/** Runs the simulator on its own until it is stopped; prints one line with its URLs when it is ready. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      host: { type: "string" },
      token: { type: "string" },
      "own-server": { type: "boolean" },
    },
  });
  const port = /^\d{1,5}$/.test(values.port ?? "") ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535)) throw new Error("--port must be 0 (a free one) to 65535");
  const running = await startTelegramSimulator({
    port,
    settings: { limits: publishedLimits, ownServer: values["own-server"] ?? false },
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.token === undefined ? {} : { token: values.token }),
  });
  console.log(`Telegram simulator: ${running.url} control: ${running.url}/control token: ${running.token}`);
  const stop = () => void running.close().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  console.error(usage);
  process.exitCode = 1;
});
