import { rootCertificates } from "node:tls";
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from "undici";

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
  if (/^socks/i.test(o.proxy)) return new Socks5ProxyAgent(o.proxy, { requestTls: tls });
  return new ProxyAgent({ uri: o.proxy, requestTls: tls, proxyTls: tls, proxyTunnel: true });
}
