import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { tls } from "../max-bot/tls.helper.ts";

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** A scripted HTTP server on a free port of loopback; it ends with the test. */
export async function listener(
  answer: (heard: Heard, response: ServerResponse) => void,
  o: { readonly secure?: boolean; readonly unread?: boolean } = {},
) {
  const heard: Heard[] = [];
  const sockets = new Set<Socket>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const pieces: Buffer[] = [];
    const told = (): void => {
      const one: Heard = {
        method: request.method ?? "",
        path: url.pathname,
        query: url.searchParams,
        authorization: request.headers.authorization ?? "",
        contentType: request.headers["content-type"] ?? "",
        body: Buffer.concat(pieces),
      };
      heard.push(one);
      answer(one, response);
    };
    if (o.unread === true) return told();
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", told);
  };
  const server = o.secure === true ? createTlsServer(tls, serve) : createServer(serve);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, heard, url: `${o.secure === true ? "https://localhost" : "http://127.0.0.1"}:${port}` };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
