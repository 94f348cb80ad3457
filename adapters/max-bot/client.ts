import type { Dispatcher } from "undici";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { SourceTrouble } from "../../bridge/model/source.ts";
import { get } from "./http.ts";
import { parseJson } from "./json.ts";

/**
 * What came of asking MAX. `at` is the server's own time (its Date header, ms UTC).
 * - `ok`: the decoded JSON.
 * - `refused`: the server understood and said no.
 * - `trouble`: nothing is known; try again later, not before `retryAfter` ms.
 */
export type Answer =
  | { readonly kind: "ok"; readonly json: unknown; readonly at: Millis }
  | { readonly kind: "refused"; readonly status: 400 | 401 | 403 | 404 | 405; readonly at: Millis }
  | { readonly kind: "trouble"; readonly code: SourceTrouble; readonly retryAfter: number };

export interface ClientOptions {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly token: string;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/** Asks MAX. There is no method that could write. */
export interface Client {
  /** `deadline`: ms for the whole answer. Never throws for outside faults. */
  get(
    path: string,
    query: Readonly<Record<string, string>>,
    deadline: number,
    signal: AbortSignal,
  ): Promise<Answer>;
}

const LARGEST_ANSWER = 64 * 2 ** 20;
const trouble = (code: SourceTrouble, retryAfter = 0): Answer => ({ kind: "trouble", code, retryAfter });

/** The longest pause that is taken from an answer: a mistake there must not stop a source for good. */
const LONGEST_PAUSE = 24 * 3_600_000;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The server's own time, ms UTC; null where it tells none. */
function timeOf(headers: Headers): Millis | null {
  const told = Date.parse(String(headers.date ?? ""));
  return Number.isNaN(told) ? null : told;
}

/** Retry-After (seconds, or a date by the server's clock) as ms from now; 0 where there is none. */
export function pauseOf(headers: Headers, now: Millis): number {
  const value = String(headers["retry-after"] ?? "").trim();
  const told = /^\d{1,12}(\.\d+)?$/.test(value)
    ? Math.ceil(Number(value) * 1000)
    : Date.parse(value) - (timeOf(headers) ?? now);
  return Number.isNaN(told) ? 0 : Math.min(LONGEST_PAUSE, Math.max(0, told));
}

/** The codes of a failed connection, for telling what to mend. */
function faultOf(error: unknown, timedOut: boolean, proxied: boolean): SourceTrouble {
  if (timedOut) return "timeout";
  const seen: string[] = [];
  for (let e: unknown = error; e instanceof Error && seen.length < 8; e = e.cause)
    seen.push(e.name, "code" in e ? String(e.code) : "", e.message);
  const words = seen.join(" ");
  if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS|ERR_SSL|EPROTO/.test(words)) return "tls";
  if (/TIMEOUT|ETIMEDOUT/i.test(words)) return "timeout";
  if (proxied && /proxy|socks|ECONNREFUSED/i.test(words)) return "proxy";
  return "unreachable";
}

export function createClient(o: ClientOptions & { readonly proxied: boolean }): Client {
  // A 429 is for the bot, not for one question: until it ends nothing is asked at all.
  let closedUntil: Millis = Number.NEGATIVE_INFINITY;
  return {
    async get(path, query, deadline, signal) {
      const closed = closedUntil - o.clock.now();
      if (closed > 0) return trouble("rate_limited", closed);
      const url = new URL(o.baseUrl + path);
      for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
      const over = new AbortController();
      const settled = new AbortController();
      void o.clock.sleep(deadline, AbortSignal.any([signal, settled.signal])).then(() => over.abort());
      try {
        const answer = await get(url, {
          dispatcher: o.dispatcher,
          headers: { authorization: o.token, accept: "application/json" },
          signal: AbortSignal.any([signal, over.signal]),
        });
        const { headers, statusCode: status } = answer;
        const at = timeOf(headers) ?? o.clock.now();
        const body = await bounded(answer.body);
        if (body === null) return trouble("bad_answer");
        const after = pauseOf(headers, o.clock.now());
        if (status === 429) {
          closedUntil = o.clock.now() + after;
          return trouble("rate_limited", after);
        }
        if (status >= 500) return trouble("server_error", after);
        if (status === 400 || status === 401 || status === 403 || status === 404 || status === 405)
          return isJson(body) ? { kind: "refused", status, at } : trouble("not_json");
        if (status !== 200) return trouble("bad_answer");
        try {
          return { kind: "ok", json: parseJson(body), at };
        } catch {
          return trouble("not_json");
        }
      } catch (error) {
        return trouble(faultOf(error, over.signal.aborted && !signal.aborted, o.proxied));
      } finally {
        settled.abort();
      }
    },
  };
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

/** A body as text (UTF-8 decoded over chunk borders); null when it is absurdly large. */
async function bounded(body: AsyncIterable<Uint8Array>): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > LARGEST_ANSWER) return null;
    pieces.push(piece);
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}
