import type { Config } from "../config/config.ts";

/** Whether an address (with scheme) is that of the feed which a bridge on this machine serves. */
export function isOwnFeed({ feed }: Config, url: string): boolean {
  if (feed.listen === null) return false;
  const { hostname, port } = new URL(url);
  return port === String(feed.listen.port) && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
