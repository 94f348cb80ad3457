import type { ServerResponse } from "node:http";
import type { SimulatorClock } from "./clock.ts";
import type { Json } from "./json.ts";
import type { Reply } from "./reply.ts";

/** Cuts the connection as a crashing peer does (RST where the socket allows it). */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

export function sendText(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

export const sendJson = (response: ServerResponse, status: number, body: Json | object): void =>
  sendText(response, status, JSON.stringify(body), { "content-type": "application/json" });

const page =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body></html>\r\n";

/** Writes what came of a call, faults included. */
export async function respond(
  response: ServerResponse,
  reply: Reply,
  clock: SimulatorClock,
  signal: AbortSignal,
): Promise<void> {
  switch (reply.kind) {
    case "answer": {
      if (reply.delay > 0) await clock.sleep(reply.delay, signal);
      if (signal.aborted) return;
      const again = reply.body.ok ? undefined : reply.body.parameters?.retry_after;
      sendText(response, reply.status, JSON.stringify(reply.body), {
        "content-type": "application/json",
        ...(again === undefined ? {} : { "retry-after": String(again) }),
      });
      return;
    }
    case "html":
      sendText(response, reply.status, page, { "content-type": "text/html" });
      return;
    case "garbage":
      sendText(response, 200, '{"ok":true,"resu', { "content-type": "application/json" });
      return;
    case "dropped":
      reset(response);
      return;
    case "hang":
      return;
  }
}
