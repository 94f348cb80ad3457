import { createRequire } from "node:module";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
// What every start needs of undici, and no more: the whole of it takes a tenth of the start.
import request from "undici/lib/api/api-request.js";
import Agent from "undici/lib/dispatcher/agent.js";

/** Loaded all at once, where a source has a proxy. */
const undici = (): typeof import("undici") => createRequire(import.meta.url)("undici");

/** The way out of one source: its own proxy and its own trusted certificates, shared with nothing else. */
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

/** Gets an http or https address. The only time limit is `signal`. Rejects as undici does. */
export function get(
  url: URL,
  o: {
    readonly dispatcher: Dispatcher;
    readonly signal: AbortSignal;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = url;
  return request.call(o.dispatcher, {
    origin,
    path: pathname + search,
    method: "GET",
    signal: o.signal,
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(o.headers === undefined ? {} : { headers: o.headers }),
  });
}
