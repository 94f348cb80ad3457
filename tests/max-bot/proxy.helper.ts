import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { tls } from "./tls.helper.ts";

export interface TestProxy {
  readonly port: number;
  /** Where it was asked to connect to, in order. */
  readonly targets: readonly string[];
  /** What it was given to know its user by. */
  readonly credentials: readonly string[];
}

/** Listens on a free port and lets go of it, and of all connections, when the test ends. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Joins two sockets; one that breaks takes the other along. */
function join(a: Duplex, b: Duplex): void {
  a.on("error", () => b.destroy());
  b.on("error", () => a.destroy());
  a.pipe(b);
  b.pipe(a);
}

/** A listener that takes connections and counts them: where nobody should come directly. */
export async function trap() {
  let met = 0;
  const server = createTcpServer((socket) => {
    met++;
    socket.destroy();
  });
  return { port: await listen(server), met: () => met };
}

/** Where a proxy leads to for a port it is asked for. */
export type Way = (port: number) => number;
const straight: Way = (port) => port;

/** A proxy that tunnels (CONNECT) and does nothing else, over http or https. */
export async function httpProxy(o: { readonly secure: boolean; readonly way?: Way }): Promise<TestProxy> {
  const targets: string[] = [];
  const credentials: string[] = [];
  const server = o.secure ? createTlsServer(tls) : createServer();
  server.on("request", (_request, response) => {
    targets.push("not a tunnel");
    response.writeHead(400).end();
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = request.url ?? "";
    targets.push(target);
    credentials.push(request.headers["proxy-authorization"] ?? "");
    const port = (o.way ?? straight)(Number(new URL(`http://${target}`).port));
    const out = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      out.write(head);
      join(socket, out);
    });
    out.on("error", () => socket.destroy());
  });
  return { port: await listen(server), targets, credentials };
}

/** A SOCKS5 proxy (RFC 1928); with a password (RFC 1929) it takes no one without it. */
export async function socksProxy(password: string | null, way: Way = straight): Promise<TestProxy> {
  const targets: string[] = [];
  const credentials: string[] = [];
  const server = createTcpServer((socket) => void serve(socket).catch(() => socket.destroy()));

  async function serve(socket: Socket): Promise<void> {
    const bytes = reader(socket);
    const [, methods = 0] = await bytes(2);
    const offered = await bytes(methods);
    const method = password === null ? 0 : 2;
    if (!offered.includes(method)) {
      socket.end(Buffer.from([5, 0xff]));
      return;
    }
    socket.write(Buffer.from([5, method]));
    if (password !== null) {
      const [, userLength = 0] = await bytes(2);
      const user = (await bytes(userLength)).toString();
      const [length = 0] = await bytes(1);
      const given = (await bytes(length)).toString();
      credentials.push(`${user}:${given}`);
      socket.write(Buffer.from([1, given === password ? 0 : 1]));
      if (given !== password) {
        socket.end();
        return;
      }
    }
    const [, , , kind] = await bytes(4);
    const host =
      kind === 3
        ? (await bytes((await bytes(1))[0] ?? 0)).toString()
        : [...(await bytes(4))].map(String).join(".");
    const port = (await bytes(2)).readUInt16BE();
    targets.push(`${host}:${port}`);
    const out = connect(way(port), "127.0.0.1", () => {
      socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      join(socket, out);
    });
    out.on("error", () => socket.destroy());
  }
  return { port: await listen(server), targets, credentials };
}

/** Reads exact numbers of bytes and leaves the rest in the socket. */
function reader(socket: Socket): (n: number) => Promise<Buffer> {
  return (n) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found: unknown = n === 0 ? Buffer.alloc(0) : socket.read(n);
        if (!(found instanceof Buffer)) return;
        socket.off("readable", look);
        socket.off("close", gone);
        resolve(found);
      };
      socket.on("readable", look);
      const gone = () => reject(new Error("closed"));
      socket.once("close", gone);
      look();
    });
}
