/**
 * What the bench posts to, as a process of its own: takes every body to its end and keeps nothing. Prints its port;
 * ends with its parent.
 */
import { createServer } from "node:http";

const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.once("end", () => response.writeHead(204).end());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(`port ${address.port}`);
});
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
