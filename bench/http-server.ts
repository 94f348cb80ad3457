/**
 * What the bench posts to, as a process of its own: takes every body to its end and keeps nothing. What is
 * asked as of a homeserver is answered as by one. Prints its port; ends with its parent.
 */
import { createServer } from "node:http";

let events = 0;
const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.once("end", () => {
    if (request.url?.startsWith("/_matrix/") !== true) return response.writeHead(204).end();
    const media = request.url.startsWith("/_matrix/media/");
    const body = media ? { content_uri: "mxc://localhost/file" } : { event_id: `$${++events}` };
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(`port ${address.port}`);
});
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
