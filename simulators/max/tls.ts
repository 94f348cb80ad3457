import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Met } from "./troubles.ts";

/** PEM. */
export interface Pem {
  readonly key: string;
  readonly cert: string;
}

/** Shows another certificate from now on (null: its own again), to new connections and to those that are there. */
export type ChangeCertificate = (pem: Pem | null) => void;

/** An https server under a private authority's certificate, which can show a stranger's for a while. */
export function createTlsServer(
  own: Pem,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  met: Met,
): { readonly server: Server; readonly change: ChangeCertificate } {
  let strange = false;
  const stale = new WeakSet<object>();
  const open = new Set<object>();
  const server = createServer({ ...own }, (request, response) => {
    // A connection that was made under another certificate ends with its answer.
    if (stale.has(request.socket)) response.setHeader("connection", "close");
    handle(request, response);
  });
  server.on("secureConnection", (socket) => {
    // A client that does not trust it may go only after the handshake.
    met.add(strange ? "strange_certificate" : "private_ca");
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("tlsClientError", () => {
    if (strange) met.add("strange_certificate");
  });
  return {
    server,
    change(pem) {
      strange = pem !== null;
      server.setSecureContext({ ...(pem ?? own) });
      for (const socket of open) stale.add(socket);
      server.closeIdleConnections();
    },
  };
}
