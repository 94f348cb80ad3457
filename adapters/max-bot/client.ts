import type { Dispatcher } from "undici";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis } from "../../bridge/model/ids.ts";
import type { SourceTrouble } from "../../bridge/model/source.ts";
import { bounded } from "../net/body.ts";
import { faultOf } from "../net/fault.ts";
import { get } from "../net/get.ts";
import { pauseOf, timeOf } from "../net/pause.ts";
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
        const body = await bounded(answer.body, LARGEST_ANSWER);
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
        const late = over.signal.aborted && !signal.aborted;
        return trouble(late ? "timeout" : faultOf(error, o.proxied));
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
