import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { searchBytes } from "../../leak/search.helper.ts";

/** What is done to a call on its way to the homeserver and back. */
export type Fault =
  /** The connection is cut before the homeserver hears of it. */
  | { readonly kind: "cut_before" }
  /** The homeserver takes it; the connection is cut before its answer comes back. */
  | { readonly kind: "cut_after" }
  /** The homeserver takes it; half of its answer comes back. */
  | { readonly kind: "cut_within" }
  /** Never answered, and the homeserver never hears of it. */
  | { readonly kind: "silent_before" }
  /** The homeserver takes it, and it is never answered. */
  | { readonly kind: "silent_after" }
  /** This is answered instead; the homeserver never hears of it. */
  | { readonly kind: "answer"; readonly status: number; readonly type: string; readonly body: string }
  /** The homeserver takes it; its answer is changed on the way back. */
  | { readonly kind: "change"; readonly change: (body: unknown) => unknown }
  /** The homeserver takes it; its answer waits until the promise is kept. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> };

const answer = (status: number, body: unknown): Fault => ({
  kind: "answer",
  status,
  type: "application/json",
  body: JSON.stringify(body),
});

/** Faults by name. */
export const faults = {
  cutBefore: { kind: "cut_before" },
  cutAfter: { kind: "cut_after" },
  cutWithin: { kind: "cut_within" },
  silentBefore: { kind: "silent_before" },
  silentAfter: { kind: "silent_after" },
  refused: (status: number, errcode: string): Fault => answer(status, { errcode, error: "as the test says" }),
  forbidden: answer(403, { errcode: "M_FORBIDDEN", error: "as the test says" }),
  notFound: answer(404, { errcode: "M_NOT_FOUND", error: "as the test says" }),
  broken: answer(500, { errcode: "M_UNKNOWN", error: "as the test says" }),
  limited: (ms: number): Fault =>
    answer(429, { errcode: "M_LIMIT_EXCEEDED", error: "as the test says", retry_after_ms: ms }),
  malformed: { kind: "answer", status: 200, type: "application/json", body: '{"content":{"algo' },
  empty: answer(200, {}),
  html: (status: number): Fault => ({
    kind: "answer",
    status,
    type: "text/html",
    body: "<html><body><h1>Bad Gateway</h1></body></html>",
  }),
} as const satisfies Record<string, Fault | ((n: number, s: string) => Fault)>;

/** One call as it came. */
export interface Seen {
  readonly method: string;
  /** Without its query, percent-encoding undone. */
  readonly path: string;
  readonly query: string;
}

export interface Rule {
  readonly method?: string;
  /** Which calls: tried on {@link Seen.path}. */
  readonly path: RegExp;
  readonly fault: Fault;
  /** So many that fit are let through first. */
  readonly skip?: number;
  /** How often at most; without it, always. */
  readonly times?: number;
  /** In how many of such calls, 0 to 1, by the proxy's seed. */
  readonly chance?: number;
  /** Called at the moment itself: before the homeserver hears of the call, or when it has answered. */
  readonly met?: () => void;
}

export interface Laid {
  /** How often it was done. */
  readonly hits: number;
  lift(): void;
}

export interface FaultProxy {
  /** What the bridge takes for its homeserver. */
  readonly url: string;
  readonly port: number;
  /** Lays a fault; of several that fit, the one laid last is done. */
  lay(rule: Rule): Laid;
  /** `m.room.encryption` is gone, from the state asked for alone, from the whole state and from what sync brings. */
  withdrawEncryption(): readonly Laid[];
  /** Lifts all faults. */
  clear(): void;
  /** All calls so far, in order; `path`: those that fit. */
  seen(path?: RegExp): readonly Seen[];
  forget(): void;
  /** Looks for these in every byte that is sent to it from now on, in URLs, headers and bodies. */
  watch(canaries: readonly string[]): void;
  /** What was found: `METHOD path: canary`. */
  readonly leaks: readonly string[];
  /** Cuts every open connection. */
  cut(): void;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Where the homeserver listens. */
  readonly to: number;
  readonly seed?: number;
}

/** mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Takes every `m.room.encryption` out of an answer. */
function withoutEncryption(body: unknown): unknown {
  if (Array.isArray(body))
    return body
      .filter((one) => !(typeof one === "object" && one !== null && one.type === "m.room.encryption"))
      .map(withoutEncryption);
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, withoutEncryption(value)]));
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** Bytes of the last chunk that are looked at again with the next, so that nothing hides on the border of two. */
const BORDER = 4_096;

/** Stands between a bridge and a homeserver on loopback, and does to calls what a test lays. */
export async function startFaultProxy(o: FaultProxyOptions): Promise<FaultProxy> {
  const rules: { rule: Rule; fits: number; hits: number }[] = [];
  const calls: Seen[] = [];
  const leaks: string[] = [];
  const sockets = new Set<Socket>();
  const dice = seeded(o.seed ?? 1);
  let canaries: readonly string[] = [];

  const choose = (seen: Seen): Rule | null => {
    for (const laid of rules.toReversed()) {
      const { rule } = laid;
      if (rule.method !== undefined && rule.method !== seen.method) continue;
      if (!rule.path.test(seen.path) || laid.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (laid.fits++ < (rule.skip ?? 0)) continue;
      if (rule.chance !== undefined && dice() >= rule.chance) continue;
      laid.hits++;
      return rule;
    }
    return null;
  };

  const look = (seen: Seen, bytes: Buffer): void => {
    if (canaries.length === 0) return;
    for (const leak of searchBytes("", bytes, canaries))
      leaks.push(`${seen.method} ${seen.path}: ${leak.canary}`);
  };

  /** Hands the call on; `back` gets the homeserver's answer. */
  const pass = (from: IncomingMessage, seen: Seen, back: (answer: IncomingMessage) => void): void => {
    const on = request(
      {
        host: "127.0.0.1",
        port: o.to,
        method: from.method,
        path: from.url,
        headers: from.headers,
        agent: false,
      },
      back,
    );
    on.on("error", () => from.socket.destroy());
    let border: Buffer = Buffer.alloc(0);
    from.on("data", (chunk: Buffer) => {
      const whole = Buffer.concat([border, chunk]);
      look(seen, whole);
      border = whole.subarray(-BORDER);
    });
    from.pipe(on);
  };

  const whole = (message: IncomingMessage, then: (bytes: Buffer) => void): void => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => then(Buffer.concat(chunks)));
    message.on("error", () => {});
  };

  const serve = (from: IncomingMessage, to: ServerResponse): void => {
    const [path = "", query = ""] = (from.url ?? "").split("?", 2);
    const seen = { method: from.method ?? "", path: decoded(path), query };
    calls.push(seen);
    look(seen, Buffer.from([from.url ?? "", ...from.rawHeaders].join("\n")));
    const rule = choose(seen);
    const fault = rule?.fault ?? null;
    if (fault?.kind.endsWith("_before") === true || fault?.kind === "answer") rule?.met?.();
    from.on("error", () => {});
    to.on("error", () => {});
    const drain = () => whole(from, (bytes) => look(seen, bytes));
    switch (fault?.kind) {
      case "cut_before":
        drain();
        from.socket.destroy();
        return;
      case "silent_before":
        drain();
        return;
      case "answer":
        whole(from, (bytes) => {
          look(seen, bytes);
          to.writeHead(fault.status, { "content-type": fault.type }).end(fault.body);
        });
        return;
      default:
        pass(from, seen, (answer) => {
          if (fault === null) {
            to.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(to);
            return;
          }
          whole(answer, (bytes) => {
            rule?.met?.();
            if (fault.kind === "silent_after") return;
            if (fault.kind === "cut_after") return void from.socket.destroy();
            if (fault.kind === "cut_within") {
              to.writeHead(answer.statusCode ?? 502, { ...answer.headers, "content-length": bytes.length });
              to.write(bytes.subarray(0, bytes.length >> 1), () => from.socket.destroy());
              return;
            }
            if (fault.kind === "hold") {
              void fault.until.then(() => to.writeHead(answer.statusCode ?? 502, answer.headers).end(bytes));
              return;
            }
            const body = JSON.stringify(fault.change(JSON.parse(bytes.toString())));
            to.writeHead(answer.statusCode ?? 502, { "content-type": "application/json" }).end(body);
          });
        });
    }
  };

  const server = createServer(serve);
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = addressOf(server.address());

  const lay = (rule: Rule): Laid => {
    const laid = { rule, fits: 0, hits: 0 };
    rules.push(laid);
    return {
      get hits() {
        return laid.hits;
      },
      lift() {
        const at = rules.indexOf(laid);
        if (at >= 0) rules.splice(at, 1);
      },
    };
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    lay,
    withdrawEncryption: () => [
      lay({
        path: /\/(state|sync|messages|context)(\/|$)/,
        fault: { kind: "change", change: withoutEncryption },
      }),
      lay({ method: "GET", path: /\/state\/m\.room\.encryption/, fault: faults.notFound }),
    ],
    clear: () => void rules.splice(0),
    seen: (path) => (path === undefined ? [...calls] : calls.filter((one) => path.test(one.path))),
    forget: () => void calls.splice(0),
    watch: (list) => {
      canaries = list;
    },
    leaks,
    cut,
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A listening server's address is never a pipe's name here. */
function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address;
}
