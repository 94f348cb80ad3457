import { mkdir } from "node:fs/promises";
import type { FeedServer, ReaderFiles } from "../adapters/web/feed/server.ts";
import type { Clock } from "../bridge/model/effects.ts";
import { originUrl } from "../config/addresses.ts";
import type { Config } from "../config/config.ts";
import { feedAddress } from "./join-link.ts";
import { originsOf, sealedRooms } from "./room-kinds.ts";

/** Why the feed is not served. */
export interface FeedFault {
  readonly code: "port_taken" | "port_refused";
  readonly address: string;
}

/** The feed of a configuration: written to its folder, and served where the configuration says so. */
export interface Feed {
  /** null: nothing listens. */
  readonly port: number | null;
  /** Where the page is opened, with a closing slash; null when nothing listens and no address is configured. */
  readonly page: string | null;
  /** A room's head changed. */
  changed(roomId: string): void;
  /** Serves another configuration. What it answers goes on where nothing of it changed; a fault changes nothing. */
  change(config: Config, reader: ReaderFiles | null): Promise<FeedFault | null>;
  close(): Promise<void>;
}

type Listening =
  | { readonly ok: true; readonly server: FeedServer | null }
  | { readonly ok: false; readonly fault: FeedFault };

/** Everything that the server depends on, to see whether it changed. */
const settingsOf = (config: Config) => ({
  ...config.feed,
  publicUrl: null,
  origins: sealedRooms(config).flatMap((room) => originsOf(config, room).map(originUrl)),
});

export async function openFeed(
  config: Config,
  reader: ReaderFiles | null,
  clock: Clock,
  asked: () => void = () => {},
): Promise<{ readonly ok: true; readonly feed: Feed } | { readonly ok: false; readonly fault: FeedFault }> {
  const first = await listen(config, reader, { clock, asked });
  if (!first.ok) return first;
  let server = first.server;
  let served = config;

  const change: Feed["change"] = async (next, page) => {
    if (JSON.stringify(settingsOf(next)) === JSON.stringify(settingsOf(served))) {
      served = next;
      return null;
    }
    const [before, after] = [served.feed.listen, next.feed.listen];
    // One address cannot be listened on twice: there the old server goes first, and comes back if the new one fails.
    const same = before !== null && before.host === after?.host && before.port === after.port;
    const port = same ? (server?.port ?? before.port) : (after?.port ?? 0);
    if (same) await server?.close();
    const opened = await listen(next, page, { clock, asked }, port);
    if (opened.ok) {
      if (!same) await server?.close();
      server = opened.server;
      served = next;
      return null;
    }
    if (same) {
      const again = await listen(served, page, { clock, asked }, port);
      if (again.ok) server = again.server;
    }
    return opened.fault;
  };

  return {
    ok: true,
    feed: {
      get port() {
        return server?.port ?? null;
      },
      get page() {
        const { publicUrl, listen: place } = served.feed;
        if (publicUrl !== null) return `${publicUrl}/`;
        return server === null || place === null ? null : `${feedAddress(place.host, server.port)}/`;
      },
      changed: (roomId) => server?.changed(roomId),
      change,
      close: async () => server?.close(),
    },
  };
}

async function listen(
  config: Config,
  reader: ReaderFiles | null,
  around: { readonly clock: Clock; readonly asked: () => void },
  port = config.feed.listen?.port ?? 0,
): Promise<Listening> {
  const { feed } = config;
  await mkdir(feed.folder, { recursive: true });
  if (feed.listen === null) return { ok: true, server: null };
  const { host } = feed.listen;
  try {
    const { startFeedServer } = await import("../adapters/web/feed/server.ts");
    const server = await startFeedServer({
      folder: feed.folder,
      host,
      port,
      limits: feed.limits,
      trustProxy: feed.trustProxy,
      reader,
      origins: settingsOf(config).origins,
      ...around,
    });
    return { ok: true, server };
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    return {
      ok: false,
      fault: { code: taken ? "port_taken" : "port_refused", address: `${host}:${port}` },
    };
  }
}
