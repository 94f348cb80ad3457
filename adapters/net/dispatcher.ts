import { createRequire } from "node:module";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
// What every start needs of undici, and no more: the whole of it takes a tenth of the start.
import Agent from "undici/lib/dispatcher/agent.js";

/** Loaded all at once, where there is a proxy. */
const undici = (): typeof import("undici") => createRequire(import.meta.url)("undici");

/**
 * The way out of one source or account: its own proxy and its own trusted certificates, shared with nothing else.
 * A proxy is used for everything; where it fails, the request fails.
 */
export function createDispatcher(o: {
  readonly ca: string | null;
  readonly proxy: string | null;
}): Dispatcher {
  const tls = o.ca === null ? {} : { ca: [...rootCertificates, o.ca] };
  if (o.proxy === null) return new Agent({ connect: tls });
  const { ProxyAgent, Socks5ProxyAgent } = undici();
  if (/^socks/i.test(o.proxy)) return new Socks5ProxyAgent(o.proxy, { requestTls: tls });
  return new ProxyAgent({ uri: o.proxy, requestTls: tls, proxyTls: tls, proxyTunnel: true });
}
