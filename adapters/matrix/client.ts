import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import type { Clock } from "../../bridge/model/effects.ts";
import { createDispatcher } from "../net/dispatcher.ts";
import type { Answer, Api, ApiCall } from "./api.ts";
import { createHttp, type Http } from "./http.ts";
import { LogService, MatrixClient, setRequestFn } from "./sdk.ts";

export interface HomeserverOptions {
  /** http or https, without a query. */
  readonly baseUrl: string;
  /** http, https or socks5; used for everything, or nothing goes out. */
  readonly proxy: string | null;
  /** A root to trust besides the usual ones, PEM. */
  readonly ca: string | null;
  readonly clock: Clock;
  /** The longest that a call and a file may take, ms. */
  readonly deadlines?: { readonly call: number; readonly file: number };
}

/** The way to one homeserver, of one account: shared with no other. */
export interface Homeserver {
  /** The API with an access token (kept in a closure), or without one (before a login). */
  api(token: string | null): Api;
  /** Ends every connection at once; what is under way answers `lost`. */
  close(): Promise<void>;
}

const DEADLINES = { call: 60_000, file: 30 * 60_000 };

/** One call on its way through the SDK, and what came of it. */
interface Passage {
  readonly http: Http;
  readonly call: ApiCall;
  /** ms */
  readonly deadline: number;
  readonly signal: AbortSignal;
  result: { readonly answer: Answer } | { readonly thrown: unknown } | null;
}

/** What the SDK asks its request function to do. */
const Asked = z.object({
  uri: z.string(),
  method: z.enum(["GET", "PUT", "POST", "DELETE"]),
  qs: z.record(z.string(), z.string()).nullish(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
});

/**
 * The SDK has one request function for the whole process. Which account a request belongs to is known by the context
 * in which it was begun; one that belongs to none is refused, so that nothing finds another way out.
 */
const passages = new AsyncLocalStorage<Passage>();

type Done = (
  error: Error | null,
  response?: { readonly statusCode: number; readonly body: object },
  body?: object,
) => void;

async function pass(passage: Passage, params: unknown): Promise<void> {
  const asked = Asked.parse(params);
  const url = new URL(asked.uri);
  for (const [key, value] of Object.entries(asked.qs ?? {})) url.searchParams.set(key, value);
  const answer = await passage.http(
    {
      method: asked.method,
      url,
      headers: { accept: "application/json", ...asked.headers },
      body: asked.body ?? null,
      stream: passage.call.stream ?? null,
      deadline: passage.deadline,
    },
    passage.signal,
  );
  passage.result = { answer };
}

setRequestFn((params: unknown, done: Done) => {
  const passage = passages.getStore();
  if (passage === undefined) return done(new Error("a request of no account"));
  // Outside of the context: a connection that lives on would keep what was asked when it was made.
  void passages
    .exit(() => pass(passage, params))
    .catch((thrown: unknown) => {
      passage.result = { thrown };
    })
    // The SDK is told of every end in the same way: what it would make of an error it would log, with texts.
    .then(() => done(null, { statusCode: 200, body: {} }, {}));
});

const silent = () => {};
LogService.setLogger({ info: silent, warn: silent, error: silent, debug: silent, trace: silent });

/** Opens the way to a homeserver. Nothing is asked yet. */
export function openHomeserver(o: HomeserverOptions): Homeserver {
  const dispatcher = createDispatcher(o);
  const deadlines = o.deadlines ?? DEADLINES;
  const http = createHttp({ dispatcher, proxied: o.proxy !== null, clock: o.clock });
  return {
    api(token) {
      const client = new MatrixClient(o.baseUrl.replace(/\/+$/, ""), token ?? "");
      return {
        async call(call, signal) {
          const usual = call.stream === undefined ? deadlines.call : deadlines.file;
          const passage: Passage = {
            http,
            call,
            deadline: call.deadline ?? usual,
            signal,
            result: null,
          };
          await passages.run(passage, () =>
            client.doRequest(call.method, call.path, call.query ?? null, call.body ?? null),
          );
          if (passage.result === null) throw new Error("the SDK asked nothing");
          if ("thrown" in passage.result) throw passage.result.thrown;
          return passage.result.answer;
        },
      };
    },
    close: () => dispatcher.destroy(),
  };
}
