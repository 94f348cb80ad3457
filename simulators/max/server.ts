import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Answer, type Asked, error, htmlPage } from "./answer.ts";
import { createApi } from "./api.ts";
import { OffsetClock, type SimulatorClock } from "./clock.ts";
import { type Control, createControl, createOperations } from "./control.ts";
import { createControlHttp } from "./control-http.ts";
import type { Fault } from "./faults.ts";
import { reset, send } from "./send.ts";
import type { Settings } from "./settings.ts";
import { createSimulator, type Simulator } from "./simulator.ts";
import { createTlsServer, type Pem } from "./tls.ts";
import { troubleOf } from "./troubles.ts";

export interface StartOptions {
  /** 0: one that is free. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** What clients must send as `Authorization`. Default {@link defaultToken}. */
  readonly token?: string;
  /** Default: the system's. */
  readonly clock?: SimulatorClock;
  readonly settings?: Partial<Settings>;
  /** What its links begin with, where it is reached through something else. Default: its own URL. */
  readonly publicUrl?: string;
  /** PEM; given, it serves https. */
  readonly tls?: Pem;
}

export const defaultToken = "simulated-token";

export interface RunningMax {
  /** Base URL of the API, without a slash at the end. */
  readonly url: string;
  readonly controlUrl: string;
  readonly token: string;
  readonly control: Control;
  /** Cuts every connection, hanging ones too, and frees the port. */
  close(): Promise<void>;
}

/** Starts a simulated MAX. Rejects where the port cannot be had. */
export async function startMaxSimulator(options: StartOptions): Promise<RunningMax> {
  const host = options.host ?? "127.0.0.1";
  let url = "";
  const sim = createSimulator({
    clock: new OffsetClock(options.clock),
    settings: options.settings ?? {},
    token: options.token ?? defaultToken,
    base: () => options.publicUrl ?? url,
  });
  const closing = new AbortController();
  const handle = createHandler(sim, closing.signal);
  const tls = options.tls === undefined ? null : createTlsServer(options.tls, handle, sim.stats.met);
  const server = tls?.server ?? createServer(handle);
  sim.changeCertificate = tls?.change ?? null;
  // A long poll may be silent for its whole timeout; a hung request for ever.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  url = `${options.tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url,
    controlUrl: `${url}/_control`,
    token: sim.token,
    control: createControl(sim),
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createHandler(sim: Simulator, closing: AbortSignal) {
  const api = createApi(sim);
  const control = createControlHttp(createOperations(sim));

  const serve = async (request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> => {
    const { signal } = asked;
    const bodiless = request.method === "HEAD";
    if (asked.path.startsWith("/_control")) {
      await send({ response, answer: control(asked), bodiless, fault: null, clock: sim.clock, signal });
      return;
    }
    const seen = sim.stats.begin(asked.method, asked.path, request.url ?? "", sim.clock.now());
    const fault = sim.faults.next(asked.method, asked.path, asked.query.toString());
    const trouble = fault && troubleOf(fault);
    if (trouble !== null) sim.stats.met.add(trouble);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset" && fault.when !== "body") {
      reset(response);
      return;
    }
    const answer = (fault && instead(fault)) ?? (await api(asked));
    if (await send({ response, answer, bodiless, fault, clock: sim.clock, signal }))
      sim.stats.end(seen, answer.status);
  };

  return (request: IncomingMessage, response: ServerResponse): void => {
    const gone = new AbortController();
    const stop = () => gone.abort();
    response.once("close", stop);
    if (closing.aborted) stop();
    closing.addEventListener("abort", stop, { once: true, signal: gone.signal });
    read(request)
      .then((body) => serve(request, response, { ...parseTarget(request), body, signal: gone.signal }))
      // A client that is gone is no fault of ours; anything else is a bug and must be seen.
      .catch((reason: unknown) => {
        if (gone.signal.aborted) return;
        console.error(reason);
        response.destroy();
      });
  };
}

/** What is answered in place of the right answer, by a fault that replaces it. */
function instead(fault: Fault): Answer | null {
  switch (fault.kind) {
    case "rate_limit": {
      const headers = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
      return error(429, "too.many.requests", "Too many requests", headers);
    }
    case "status":
      return error(fault.status, fault.code ?? "internal.error", fault.message ?? "Simulated fault");
    case "html":
      return htmlPage();
    case "expired_media":
      return error(403, "link.expired", "The link has expired");
    default:
      return null;
  }
}

function parseTarget(request: IncomingMessage): Omit<Asked, "body" | "signal"> {
  const target = new URL(request.url ?? "/", "http://simulator");
  const { method = "GET", headers } = request;
  return { method, path: target.pathname, query: target.searchParams, headers };
}

async function read(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}
