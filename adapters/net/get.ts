import type { Dispatcher } from "undici";
// What every start needs of undici, and no more.
import request from "undici/lib/api/api-request.js";

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
