/** The homeserver's client API as everything here uses it: one call, one answer. */

/** One call. Paths begin with `/_matrix/`; every outside part of a path is percent-encoded by whoever builds it. */
export interface ApiCall {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in constant memory; `size` in bytes. */
  readonly stream?: {
    readonly from: AsyncIterable<Uint8Array>;
    readonly size: number;
    readonly type: string;
  };
  /** Longest it may take, ms; without it the account's own. */
  readonly deadline?: number;
}

/**
 * What came of a call.
 * - `ok`: the server did it and said so; `body` is decoded JSON, still to be read by a schema.
 * - `refused`: the server answered that it did not do it. `errcode` is its own (`M_FORBIDDEN`), or `HTTP_<status>`.
 *   `retryAfter`: ms that it asks to wait (429), null where it names none.
 * - `lost`: no answer, or one that is no Matrix answer: it may have been done or not.
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
  | { readonly kind: "lost"; readonly code: "timeout" | "unreachable" | "cut" | "not_matrix" };

export interface Api {
  /** Never throws for what the outside does; rejects only when `signal` aborts. Never repeats by itself. */
  call(call: ApiCall, signal: AbortSignal): Promise<Answer>;
}
