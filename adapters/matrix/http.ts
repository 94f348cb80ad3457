import { Readable } from "node:stream";
import { type Dispatcher, request } from "undici";
import { z } from "zod";
import type { Clock } from "../../bridge/model/effects.ts";
import { bounded } from "../net/body.ts";
import { faultOf } from "../net/fault.ts";
import { LONGEST_PAUSE, pauseOf } from "../net/pause.ts";
import type { Answer, ApiCall, Lost } from "./api.ts";

/** A request as it goes out. */
export interface Outgoing {
  readonly method: ApiCall["method"];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly stream: NonNullable<ApiCall["stream"]> | null;
  /** Longest it may take, ms. */
  readonly deadline: number;
}

/** One exchange with the homeserver; the contract is that of {@link Answer} and of `Api.call`. */
export type Http = (outgoing: Outgoing, signal: AbortSignal) => Promise<Answer>;

export interface HttpOptions {
  readonly dispatcher: Dispatcher;
  /** Whether the dispatcher goes through a proxy. */
  readonly proxied: boolean;
  readonly clock: Clock;
}

/**
 * An upload of which nothing more was taken and that is not answered for so long is given up, ms: others wait behind it.
 * Some megabytes may still be on their way on a slow line when the last byte was taken.
 */
const STILL = 5 * 60_000;
/** The longest answer that is read, bytes. */
const LARGEST_ANSWER = 64 * 2 ** 20;

const Refusal = z.object({
  // It is shown to people as it is.
  errcode: z
    .string()
    .regex(/^[A-Za-z0-9_.]{1,64}$/)
    .optional()
    .catch(undefined),
  retry_after_ms: z.number().nonnegative().optional().catch(undefined),
});

const lost = (code: Lost, retryAfter: number | null = null): Answer => ({ kind: "lost", code, retryAfter });

/** Codes of a connection that was never made. */
const NEVER_MADE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function codeOf(error: unknown, proxied: boolean): Lost {
  const kind = faultOf(error, proxied);
  if (kind === "tls" || kind === "proxy") return kind;
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 8; e = e.cause, depth++)
    if (NEVER_MADE.has("code" in e ? String(e.code) : "")) return "unreachable";
  return kind === "timeout" ? "timeout" : "cut";
}

function parsed(text: string): { readonly json: unknown } | null {
  try {
    const json: unknown = JSON.parse(text);
    return { json };
  } catch {
    return null;
  }
}

/** Reads an answer. A redirect is an answer like another: it is never followed, so nothing goes to another host. */
function answerOf(status: number, text: string | null, retryHeader: number): Answer {
  const body = text === null ? null : parsed(text);
  const refusal = Refusal.safeParse(body?.json);
  const told = refusal.success ? refusal.data : {};
  const after = told.retry_after_ms ?? (retryHeader > 0 ? retryHeader : null);
  const retryAfter = after === null ? null : Math.min(LONGEST_PAUSE, Math.ceil(after));
  if (status >= 200 && status < 300)
    return body === null ? lost("not_matrix") : { kind: "ok", body: body.json };
  if (status >= 500) return lost("server_error", retryAfter);
  return {
    kind: "refused",
    status,
    errcode: told.errcode ?? `HTTP_${status}`,
    retryAfter,
    body: body?.json ?? null,
  };
}

/** Exchanges over undici: one try, one answer, a deadline by the clock, a bounded answer. */
export function createHttp(o: HttpOptions): Http {
  return async (outgoing, signal) => {
    signal.throwIfAborted();
    const over = new AbortController();
    const settled = new AbortController();
    const until = AbortSignal.any([signal, settled.signal]);
    void o.clock.sleep(outgoing.deadline, until).then(() => over.abort());
    const source = outgoing.stream === null ? null : watched(outgoing.stream.from, o.clock);
    if (source !== null) void stands(source, o.clock, until).then(() => over.abort());
    try {
      const answer = await request(outgoing.url, {
        dispatcher: o.dispatcher,
        method: outgoing.method,
        headers: { ...outgoing.headers, ...lengthOf(outgoing.stream) },
        body: source === null ? outgoing.body : Readable.from(source.read(), { objectMode: false }),
        signal: AbortSignal.any([signal, over.signal]),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text = await bounded(answer.body, LARGEST_ANSWER);
      return answerOf(answer.statusCode, text, pauseOf(answer.headers, o.clock.now()));
    } catch (error) {
      // What the library throws carries the request's headers and bytes: its code is looked at, and it is dropped.
      signal.throwIfAborted();
      if (source?.failed() === true) throw source.failure();
      if (over.signal.aborted) return lost("timeout");
      return lost(codeOf(error, o.proxied));
    } finally {
      settled.abort();
      await source?.close();
    }
  };
}

function lengthOf(stream: Outgoing["stream"]): Readonly<Record<string, string>> {
  if (stream === null) return {};
  return { "content-length": String(stream.size), "content-type": stream.type };
}

/** Resolves when nothing more was taken of a stream for {@link STILL}, or `signal` aborts. */
async function stands(source: Pick<Watched, "movedAt">, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let left = STILL; left > 0 && !signal.aborted; left = source.movedAt() + STILL - clock.now())
    await clock.sleep(left, signal);
}

/** A stream that remembers what it threw, so that its own failure is not taken for one of the outside. */
function watched(from: AsyncIterable<Uint8Array>, clock: Clock) {
  let movedAt = clock.now();
  let failure: { readonly error: unknown } | null = null;
  let begun = false;
  return {
    movedAt: () => movedAt,
    failed: () => failure !== null,
    failure: (): unknown => failure?.error,
    async *read(): AsyncGenerator<Uint8Array> {
      begun = true;
      try {
        for await (const piece of from) {
          movedAt = clock.now();
          yield piece;
        }
      } catch (error) {
        failure = { error };
        throw error;
      }
    },
    /** One that was never read would otherwise stay open. */
    async close(): Promise<void> {
      if (!begun) await from[Symbol.asyncIterator]().return?.();
    },
  };
}
type Watched = ReturnType<typeof watched>;
