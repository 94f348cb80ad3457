import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { configuredBridge } from "../tests/e2e/configured-bridge.ts";
import { launch, type Running } from "../tests/e2e/processes.ts";
import type { BenchMax } from "./max.ts";

/** `postern run` as a process, with its compiled code kept from the first end on. */
export interface BridgeProcess {
  /** Starts it; resolves when `/ready` answers that it is, rejects when it ends before. */
  start(): Promise<Running>;
  /** Ends it: regularly, or at once. */
  end(running: Running, how: "SIGTERM" | "SIGKILL"): Promise<void>;
  remove(): Promise<void>;
}

/**
 * A bridge that mirrors channels of `max`, each under a mapping of its own, to so many rooms in turn. `served`: the feed
 * and the reader page are served too, and not only written.
 */
export async function bridgeProcess(
  max: BenchMax,
  { channels, rooms, served }: { channels: readonly string[]; rooms: number; served: boolean },
): Promise<BridgeProcess> {
  const names = Array.from({ length: rooms }, (_, i) => `room-${i + 1}`);
  const bridge = await configuredBridge({
    token: max.token,
    yaml: ({ port }) =>
      [
        "version: 1",
        "data: ./data",
        `sources: { faculty: { type: max-bot, base_url: "${max.url}" } }`,
        "rooms:",
        ...names.map((name) => `  ${name}: { type: sealed, title: Факультет }`),
        "mappings:",
        ...channels.map(
          (channel, i) => `  - { source: faculty, channel: ${channel}, rooms: [${names[i % rooms]}] }`,
        ),
        `feed: { listen: ${served ? '"127.0.0.1:0"' : "off"} }`,
        `monitor: { listen: "127.0.0.1:${port}" }`,
      ].join("\n"),
  });
  return {
    async start() {
      const running = launch(["cli/start.mjs", "--config", path.join(bridge.folder, "postern.yaml"), "run"], {
        ...bridge.env,
        XDG_CACHE_HOME: path.join(bridge.folder, "cache"),
      });
      let ended = false;
      void running.ended.then(() => {
        ended = true;
      });
      while (!ended) {
        const answer = await fetch(`http://127.0.0.1:${bridge.port}/ready`).catch(() => null);
        await answer?.arrayBuffer();
        if (answer?.status === 200) return running;
        await sleep(10);
      }
      throw new Error(`the bridge ended before it was ready:\n${running.output()}`);
    },
    async end(running, how) {
      running.process.kill(how);
      await running.ended;
    },
    remove: bridge.remove,
  };
}
