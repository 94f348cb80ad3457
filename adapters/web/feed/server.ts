import { open, readFile } from "node:fs/promises";
import path from "node:path";
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock } from "../../../bridge/model/effects.ts";
import { newerThan } from "./head-place.ts";
import { type AddressLimits, createLimiter } from "./limits.ts";

export interface FeedServerOptions {
  /** The static tree. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly limits: AddressLimits;
  readonly trustProxy: "x-forwarded-for" | "x-real-ip" | null;
  /** The reader page with what lies beside it, or null when the page lives elsewhere. */
  readonly reader: ReaderFiles | null;
  /** Where else the rooms' logs are kept: addresses with scheme that the page served here may ask. */
  readonly origins: readonly string[];
  readonly clock: Clock;
  /** Somebody asked: counted, and nothing of it is told. */
  readonly asked?: () => void;
}

/** The page as it was built. */
export interface ReaderFiles {
  readonly html: string;
  readonly worker: string;
  readonly manifest: string;
}

export interface FeedServer {
  readonly port: number;
  /** A room's head changed: held requests are answered. */
  changed(roomId: string): void;
  close(): Promise<void>;
}

/** How long `head?after=` is held, ms (PSR1: up to 25 s). */
const HOLD = 25_000;

/** With every answer. */
const careful = {
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
};

/** What is answered to bytes that are no request. */
const statusOf: ReadonlyMap<string | undefined, string> = new Map([
  ["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
  ["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
]);

const params = /^\/([0-9a-f]{32})\/(head|cert|s\/\d{1,5}\.\d{1,3}\/\d{1,15}|f\/[0-9a-f]{32})$/;

/**
 * Serves the tree (and, in the demo or on request, the page). It knows no readers: no log, no cookie, nothing
 * stored; addresses are counted in memory for the limits alone.
 */
export async function startFeedServer(o: FeedServerOptions): Promise<FeedServer> {
  const limiter = createLimiter(o.limits, o.clock);
  const waiting = new Map<string, Set<() => void>>();
  const app = Fastify({
    logger: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
    // What comes before any hook: fastify's own answers would say what serves here, and repeat the request.
    frameworkErrors: (_error, request, { raw }) => {
      const wait = limiter.take(addressOf(request));
      if (wait > 0) raw.writeHead(429, { ...careful, "retry-after": `${wait}` });
      else raw.writeHead(400, careful);
      raw.end();
    },
    clientErrorHandler: (error, socket) => {
      const status = statusOf.get(error.code) ?? "400 Bad Request";
      if (socket.writable)
        socket.write(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      socket.destroy();
    },
  });
  const closing = new AbortController();

  const addressOf = (request: FastifyRequest): string => {
    const told = o.trustProxy === null ? undefined : request.headers[o.trustProxy];
    const list = Array.isArray(told) ? told.join(",") : told;
    return list?.split(",").at(-1)?.trim() || request.ip;
  };

  app.addHook("onRequest", async (request, reply) => {
    o.asked?.();
    reply.headers(careful);
    const wait = limiter.take(addressOf(request));
    if (wait > 0) return reply.code(429).header("retry-after", wait).send();
  });

  const sendFile = async (request: FastifyRequest, reply: FastifyReply, file: string, cache: string) => {
    // Opened before it is measured: a file that is replaced meanwhile still gives its own bytes and length.
    const handle = await open(file, "r").catch(() => null);
    const info = await handle?.stat();
    if (handle === null || info?.isFile() !== true) {
      await handle?.close();
      return reply.code(404).send();
    }
    const from = /^bytes=(\d{1,15})-$/.exec(request.headers.range ?? "")?.[1];
    const start = from === undefined ? 0 : Number(from);
    if (from !== undefined && start >= info.size) {
      await handle.close();
      return reply.code(416).header("content-range", `bytes */${info.size}`).send();
    }
    const release = limiter.stream(addressOf(request));
    if (release === null) {
      await handle.close();
      return reply.code(429).header("retry-after", 5).send();
    }
    reply.raw.once("close", release);
    reply.headers({
      "content-type": "application/octet-stream",
      "content-length": info.size - start,
      "accept-ranges": "bytes",
      "cache-control": cache,
    });
    if (from !== undefined)
      reply.code(206).header("content-range", `bytes ${start}-${info.size - 1}/${info.size}`);
    if (request.method === "HEAD" || info.size === start) {
      await handle.close();
      return reply.send();
    }
    return reply.send(handle.createReadStream({ start, end: info.size - 1 }));
  };

  /** Waits until the room's head is newer than `after`, at most {@link HOLD}. */
  const hold = async (
    request: FastifyRequest,
    file: string,
    roomId: string,
    after: string,
  ): Promise<boolean> => {
    const release = limiter.stream(addressOf(request));
    if (release === null) return false;
    const gone = new AbortController();
    const leave = () => gone.abort();
    request.raw.once("close", leave);
    const end = o.clock.now() + HOLD;
    try {
      while (!gone.signal.aborted && !closing.signal.aborted) {
        const heard = new AbortController();
        const ring = () => heard.abort();
        const bells = waiting.get(roomId) ?? new Set();
        waiting.set(roomId, bells.add(ring));
        const head = await readFile(file).catch(() => null);
        const left = end - o.clock.now();
        const over = left <= 0 || head === null || newerThan(head, after);
        if (!over) await o.clock.sleep(left, AbortSignal.any([heard.signal, gone.signal, closing.signal]));
        bells.delete(ring);
        if (bells.size === 0) waiting.delete(roomId);
        if (over) return true;
      }
      return true;
    } finally {
      request.raw.off("close", leave);
      release();
    }
  };

  app.get("/*", async (request, reply) => {
    const url = URL.parse(request.url, "http://feed");
    if (url === null) return reply.code(404).send();
    const found = params.exec(url.pathname);
    if (found === null) return page(url.pathname, reply, o);
    const [, roomId = "", rest = ""] = found;
    reply.header("access-control-allow-origin", "*");
    reply.header("cross-origin-resource-policy", "cross-origin");
    const file = path.join(o.folder, roomId, ...rest.split("/"));
    const after = url.searchParams.get("after");
    if (rest === "head" && after !== null && request.method === "GET")
      if (!(await hold(request, file, roomId, after))) return reply.code(429).header("retry-after", 5).send();
    const immutable = rest.startsWith("f/");
    return sendFile(request, reply, file, immutable ? "public, max-age=31536000, immutable" : "no-cache");
  });
  app.options("/*", async (_request, reply) =>
    reply
      .headers({
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "range",
      })
      .code(204)
      .send(),
  );
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  // Of what was wrong with a request only the number is told.
  app.setErrorHandler<FastifyError>(({ statusCode = 500 }, _request, reply) =>
    reply.code(statusCode >= 400 && statusCode < 500 ? statusCode : 500).send(),
  );

  await app.listen({ host: o.host, port: o.port });
  const address = app.server.address();
  const port = address !== null && typeof address === "object" ? address.port : o.port;
  void (async () => {
    while (!closing.signal.aborted) {
      await o.clock.sleep(60_000, closing.signal);
      limiter.forget();
    }
  })();

  return {
    port,
    changed(roomId) {
      for (const ring of waiting.get(roomId) ?? []) ring();
    },
    async close() {
      closing.abort();
      await app.close();
    },
  };
}

/** The reader page, when this server carries it. */
function page(pathname: string, reply: FastifyReply, o: FeedServerOptions) {
  const found = o.reader === null ? undefined : pageFiles(o.reader).get(pathname);
  if (found === undefined) return reply.code(404).send();
  const [type, text] = found;
  const asked = ["'self'", ...new Set(o.origins.map((origin) => new URL(origin).origin))];
  return reply
    .headers({
      "content-security-policy": `frame-ancestors 'none'; connect-src ${asked.join(" ")}`,
      "cache-control": "no-cache",
    })
    .type(type)
    .send(text);
}

const pageFiles = ({ html, worker, manifest }: ReaderFiles): ReadonlyMap<string, readonly [string, string]> =>
  new Map([
    ["/", ["text/html; charset=utf-8", html]],
    ["/index.html", ["text/html; charset=utf-8", html]],
    ["/worker.js", ["text/javascript; charset=utf-8", worker]],
    ["/manifest.webmanifest", ["application/manifest+json; charset=utf-8", manifest]],
  ]);
