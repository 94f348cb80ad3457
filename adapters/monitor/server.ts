import type { MetricFamily } from "../../bridge/metrics.ts";
import type { Ready } from "../../bridge/readiness.ts";
import { prometheusText } from "./prometheus.ts";

// An import would load all that Node's module can name, its own web sockets too: a tenth of a second of every start.
const { createServer } = process.getBuiltinModule("node:http");

export interface MonitorOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly ready: () => Ready;
  readonly metrics: () => readonly MetricFamily[];
}

export interface Monitor {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json; charset=utf-8",
  body: `${JSON.stringify(value)}\n`,
});

const ownNames = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i;
const isOwn = (host: string): boolean => host === "::1" || ownNames.test(host);

/**
 * For programs that watch the bridge, on a listener of its own: `/live` (the process answers), `/ready` (200, or 503
 * with codes that say why not) and `/metrics` for Prometheus. Rejects when it cannot listen there. Where only this machine can ask, it must ask
 * for this machine: a web page whose name was turned to 127.0.0.1 reads nothing through the rep's browser.
 */
export async function startMonitor(o: MonitorOptions): Promise<Monitor> {
  const answer = (path: string): Answer => {
    try {
      if (path === "/live") return json(200, { live: true });
      if (path === "/ready") {
        const ready = o.ready();
        return json(ready.ready ? 200 : 503, ready);
      }
      if (path === "/metrics")
        return {
          status: 200,
          type: "text/plain; version=0.0.4; charset=utf-8",
          body: prometheusText(o.metrics()),
        };
      return json(404, { code: "not_found" });
    } catch {
      // What went wrong may carry texts.
      return json(500, { code: "internal" });
    }
  };

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const { method = "", url = "", headers } = request;
    const { status, type, body } =
      isOwn(o.host) && !isOwn(headers.host ?? "")
        ? json(421, { code: "wrong_host" })
        : method === "GET" || method === "HEAD"
          ? answer(url.replace(/\?.*$/s, ""))
          : json(405, { code: "method_not_allowed" });
    response.writeHead(status, {
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(method === "HEAD" ? "" : body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(o.port, o.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : o.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
