/** The homeserver's client API as everything here uses it: one call, one answer. */

/**
 * One call. Paths begin with `/_matrix/`; every outside part of a path is percent-encoded by whoever builds it
 * (path.ts).
 */
export interface ApiCall {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /**
   * Sent as it is, in constant memory; `size` in bytes. It is read once and closed whatever comes; what it throws is
   * thrown on by the call, as it is: that is no fault of the outside.
   */
  readonly stream?: {
    readonly from: AsyncIterable<Uint8Array>;
    readonly size: number;
    readonly type: string;
  };
  /** Longest it may take, ms; without it the account's own (for a stream: the one for files). */
  readonly deadline?: number;
}

/** Why there is no answer to go by. */
export type Lost =
  | "timeout"
  /** No connection was made: for certain it was not done. */
  | "unreachable"
  /** The certificate is not one that is trusted: for certain it was not done. */
  | "tls"
  /** The proxy could not be reached or refused: for certain it was not done. */
  | "proxy"
  /** The connection ended before the answer did. */
  | "cut"
  /** An answer with a status from 500 on, of the server or of something in front of it. */
  | "server_error"
  /** An answer that is none of Matrix: no JSON, or larger than any that is asked for. */
  | "not_matrix";

/**
 * What came of a call.
 * - `ok`: the server did it and said so; `body` is decoded JSON, still to be read by a schema.
 * - `refused`: the server answered that it did not do it. `errcode` is its own (`M_FORBIDDEN`), or `HTTP_<status>`
 *   where it names none: then something in front of it may have answered (a redirect, which is never followed, too).
 *   `retryAfter`: ms that it asks to wait (429), null where it names none.
 * - `lost`: it may have been done or not, but where {@link Lost} says otherwise. `retryAfter` as above.
 */
export type Answer =
  | { readonly kind: "ok"; readonly body: unknown }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly errcode: string;
      readonly retryAfter: number | null;
      /** What a refusal carries besides its code: the stages of an interactive authentication. */
      readonly body: unknown;
    }
  | { readonly kind: "lost"; readonly code: Lost; readonly retryAfter: number | null };

export interface Api {
  /**
   * Never throws for what the outside does; rejects only when `signal` aborts, or with what the stream threw. Never
   * repeats by itself.
   */
  call(call: ApiCall, signal: AbortSignal): Promise<Answer>;
}
