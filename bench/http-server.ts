/**
 * What the bench posts to, as a process of its own: takes every body to its end and keeps nothing. What is
 * asked as of a homeserver, or of a Bot API server, is answered as by one. Prints its port; ends with its parent.
 */
import { createServer } from "node:http";

let events = 0;
function answerTo(url: string): unknown {
  if (url.startsWith("/bot")) return { ok: true, result: { message_id: ++events } };
  if (!url.startsWith("/_matrix/")) return null;
  return url.startsWith("/_matrix/media/")
    ? { content_uri: "mxc://localhost/file" }
    : { event_id: `$${++events}` };
}
const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.once("end", () => {
    const body = answerTo(request.url ?? "");
    if (body === null) return response.writeHead(204).end();
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(`port ${address.port}`);
});
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
