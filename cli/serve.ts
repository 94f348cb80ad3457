import { mkdir } from "node:fs/promises";
import { type FeedServer, type ReaderFiles, startFeedServer } from "../adapters/web/feed/server.ts";
import { createTreeCarrier } from "../adapters/web/feed/tree.ts";
import { systemDisk } from "../bridge/disk.ts";
import type { RoomName } from "../bridge/model/ids.ts";
import type { Source } from "../bridge/model/source.ts";
import { type Reports, startRuntime } from "../bridge/runtime.ts";
import { originUrl } from "../config/addresses.ts";
import type { Core } from "./core.ts";
import { feedAddress } from "./join-link.ts";

export interface ServeOptions {
  readonly sources: readonly Source[];
  /** The reader page, where the feed serves it. */
  readonly reader: ReaderFiles | null;
  readonly reports: Reports;
}

export interface Served {
  /** Where the page is opened, with a closing slash; null when nothing listens and no address is configured. */
  readonly page: string | null;
  readonly port: number | null;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export type ServeResult =
  | { readonly ok: true; readonly served: Served }
  | { readonly ok: false; readonly code: "port_taken" | "port_refused"; readonly address: string };

/** Starts feed and runtime over an opened core. */
export async function serve(core: Core, o: ServeOptions): Promise<ServeResult> {
  const { config, bridge, clock } = core;
  await mkdir(config.feed.folder, { recursive: true });
  await bridge.sweep();
  const feed = await listen(core, o);
  if (feed !== null && "code" in feed) return { ok: false, ...feed };
  const idOf = (room: RoomName): string => {
    const state = bridge.store.seal.get(room);
    return state === null ? "" : Buffer.from(state.roomId).toString("hex");
  };
  const runtime = startRuntime({
    bridge,
    vault: core.vault,
    sources: o.sources,
    carriers: [createTreeCarrier(systemDisk, config.feed.folder, core.failpoints)],
    destinations: [],
    mappings: config.mappings,
    lang(name) {
      const room = config.mappings.find((m) => m.name === name)?.rooms[0];
      return (room === undefined ? undefined : config.rooms.get(room)?.lang) ?? config.lang;
    },
    clock,
    random: core.random,
    failpoints: core.failpoints,
    reports: o.reports,
    filesAtOnce: Math.max(1, ...[...config.sources.values()].map((s) => s.media.atOnce)),
    fileDeadline: (source) => config.sources.get(source)?.media.deadline ?? 600_000,
    copied: (room) => feed?.changed(idOf(room)),
  });
  const { publicUrl, listen: place } = config.feed;
  const own = feed === null || place === null ? null : `${feedAddress(place.host, feed.port)}/`;
  return {
    ok: true,
    served: {
      page: publicUrl === null ? own : `${publicUrl}/`,
      port: feed?.port ?? null,
      ended: runtime.ended,
      async stop() {
        await runtime.stop();
        await feed?.close();
      },
    },
  };
}

async function listen(
  core: Core,
  o: ServeOptions,
): Promise<FeedServer | null | { readonly code: "port_taken" | "port_refused"; readonly address: string }> {
  const { feed } = core.config;
  if (feed.listen === null) return null;
  const { host, port } = feed.listen;
  try {
    return await startFeedServer({
      folder: feed.folder,
      host,
      port,
      limits: feed.limits,
      trustProxy: feed.trustProxy,
      reader: o.reader,
      origins: [...core.config.rooms.values()].flatMap((room) => room.origins.map(originUrl)),
      clock: core.clock,
    });
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    return { code: taken ? "port_taken" : "port_refused", address: `${host}:${port}` };
  }
}
