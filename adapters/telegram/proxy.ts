import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { rootCertificates } from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import { SocksProxyAgent } from "socks-proxy-agent";

/** The way out of one bot: its own proxy and its own certificates, shared with nothing else. */
export interface Way {
  readonly agent: HttpAgent | HttpsProxyAgent<string> | SocksProxyAgent;
  /** Whether a connection was made through the proxy so far; without a proxy always true. */
  proven(): boolean;
  /** Ends what is open. */
  close(): void;
}

/** No connection through the proxy. The cause is left out: it may name the proxy's password. */
class ProxyFailed extends Error {
  readonly code = "POSTERN_PROXY";
}

/**
 * Through `proxy` alone, where there is one: `socks5://` (names are resolved there, never here), `http://` or
 * `https://`. `root`: the address of the Bot API, `ca`: certificates (PEM) to be trusted besides the usual ones.
 */
export function wayOut(o: {
  readonly root: string;
  readonly proxy: string | null;
  readonly ca: string | null;
}): Way {
  const tls = o.ca === null ? {} : { ca: [...rootCertificates, o.ca] };
  if (o.proxy === null) {
    const options = { keepAlive: true, ...tls };
    const agent = o.root.startsWith("https:") ? new HttpsAgent(options) : new HttpAgent(options);
    return { agent, proven: () => true, close: () => agent.destroy() };
  }
  let through = 0;
  const noted = async <T extends Duplex>(connecting: Promise<T>): Promise<T> => {
    const socket = await connecting.catch(() => null);
    // Where the proxy refuses to make a tunnel, the agent hands out its refusal as if it were the server's answer.
    if (socket?.writable !== true) throw new ProxyFailed("the proxy made no connection");
    through += 1;
    return socket;
  };
  class Socks extends SocksProxyAgent {
    override connect(...[request, to]: Parameters<SocksProxyAgent["connect"]>) {
      return noted(super.connect(request, { ...to, ...tls }));
    }
  }
  class Tunnel extends HttpsProxyAgent<string> {
    override connect(...[request, to]: Parameters<HttpsProxyAgent<string>["connect"]>) {
      return noted(super.connect(request, { ...to, ...tls }));
    }
  }
  const keep = { keepAlive: true };
  const agent = /^socks/i.test(o.proxy)
    ? new Socks(o.proxy.replace(/^socks5?h?:/i, "socks5h:"), keep)
    : new Tunnel(o.proxy, { ...keep, ...tls });
  return { agent, proven: () => through > 0, close: () => agent.destroy() };
}
