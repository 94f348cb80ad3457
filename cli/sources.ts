import { readFile } from "node:fs/promises";
import { systemClock, systemRandom } from "../bridge/clock.ts";
import type { Clock } from "../bridge/model/effects.ts";
import type { Source } from "../bridge/model/source.ts";
import type { Config, SourceConfig } from "../config/config.ts";

/**
 * The sources that the configuration names, each with the channels that mappings read from it. An adapter is loaded
 * only where it is named.
 */
export async function sourcesOf(config: Config, clock: Clock = systemClock): Promise<readonly Source[]> {
  return Promise.all([...config.sources.values()].map((source) => sourceOf(config, source, clock)));
}

async function sourceOf(config: Config, source: SourceConfig, clock: Clock): Promise<Source> {
  const channels = new Map(
    config.mappings
      .filter((m) => m.source === source.name)
      // The first mapping of a channel says how much of its past is taken.
      .toReversed()
      .map((m) => [m.channel, { channel: m.channel, backfill: m.backfill }]),
  );
  const { createMaxBotSource } = await import("../adapters/max-bot/source.ts");
  return createMaxBotSource({
    name: source.name,
    token: source.token.reveal(),
    baseUrl: source.baseUrl,
    ca: source.caFile === null ? null : await readFile(source.caFile, "utf8"),
    proxy: source.proxy?.reveal() ?? null,
    channels: [...channels.values()],
    reach: source.reach,
    clock,
    random: systemRandom,
  });
}
