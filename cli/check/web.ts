import type { OriginFault } from "../texts/shape.ts";

/** What came of asking a place on the web, as a browser would: no redirect is followed. */
export type WebAnswer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly bytes: Uint8Array;
      readonly type: string;
      /** Whether a page from `from` may read it. */
      readonly open: boolean;
    }
  | { readonly kind: "fault"; readonly fault: OriginFault };

export interface WebOptions {
  /** The address (scheme and host) of the page that would ask. */
  readonly from: string;
  readonly signal: AbortSignal;
  /** ms for the whole answer. */
  readonly deadline: number;
}

const LARGEST = 2 ** 20;

/** Asks for `url`. Of a longer body only the first MiB is read. Never throws for outside faults. */
export async function askWeb(url: string, { from, signal, deadline }: WebOptions): Promise<WebAnswer> {
  const over = AbortSignal.timeout(deadline);
  try {
    const { request } = await import("undici");
    const answer = await request(url, {
      headers: { origin: from },
      signal: AbortSignal.any([signal, over]),
    });
    const { statusCode: status, headers } = answer;
    if (status >= 300 && status < 400) {
      await answer.body.dump();
      return { kind: "fault", fault: "redirect" };
    }
    const allowed = headers["access-control-allow-origin"];
    return {
      kind: "answer",
      status,
      bytes: await firstOf(answer.body),
      type: String(headers["content-type"] ?? ""),
      open: allowed === "*" || allowed === from,
    };
  } catch (error) {
    return { kind: "fault", fault: faultOf(error, over.aborted) };
  }
}

async function firstOf(body: AsyncIterable<unknown>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    if (!(piece instanceof Uint8Array)) continue;
    pieces.push(piece);
    size += piece.length;
    if (size > LARGEST) break;
  }
  return Buffer.concat(pieces);
}

function faultOf(error: unknown, timedOut: boolean): OriginFault {
  if (timedOut) return "timeout";
  const seen: string[] = [];
  for (let e: unknown = error; e instanceof Error && seen.length < 8; e = e.cause)
    seen.push(e.name, "code" in e ? String(e.code) : "");
  const codes = seen.join(" ");
  if (/CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS|ERR_SSL|EPROTO/.test(codes)) return "tls";
  return /TIMEOUT|ETIMEDOUT/i.test(codes) ? "timeout" : "unreachable";
}
