import { type Json, writeJson } from "./json.ts";

/** What a handler answers: the body in chunks, so that a large one is never held whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body. */
  readonly length: number;
  readonly body: Iterable<Uint8Array>;
}

/** A request as handlers see it. */
export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  /** Aborts when the client is gone or the simulator closes. */
  readonly signal: AbortSignal;
}

export function bytes(
  status: number,
  type: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Answer {
  return { status, headers: { "content-type": type, ...headers }, length: body.length, body: [body] };
}

export function json(status: number, value: Json, headers: Record<string, string> = {}): Answer {
  return bytes(status, "application/json; charset=utf-8", Buffer.from(writeJson(value)), headers);
}

/** An error in MAX's shape. */
export function error(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return json(status, { code, message }, headers);
}

/** The page a captive portal or a proxy shows in place of the answer. */
export const htmlPage = (): Answer =>
  bytes(
    200,
    "text/html; charset=utf-8",
    Buffer.from("<!doctype html><title>Вход в сеть</title><p>Войдите в сеть.</p>"),
  );
