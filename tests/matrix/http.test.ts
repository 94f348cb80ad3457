import { spawnSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { type HomeserverOptions, openHomeserver } from "../../adapters/matrix/client.ts";
import { path as apiPath } from "../../adapters/matrix/path.ts";
import { systemClock } from "../../bridge/clock.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { httpProxy, socksProxy, trap } from "../max-bot/proxy.helper.ts";
import { root } from "../max-bot/tls.helper.ts";
import { json, listener } from "./listener.helper.ts";

const never = new AbortController().signal;

function open(o: Partial<HomeserverOptions> & { readonly baseUrl: string }) {
  const server = openHomeserver({ proxy: null, ca: null, clock: systemClock, ...o });
  onTestFinished(() => server.close());
  return server;
}

test("a call carries the token, the query and the JSON body to the path as it was built", async () => {
  const server = await listener((_heard, response) => json(response, 200, { event_id: "$a" }));
  const api = open({ baseUrl: `${server.url}/prefix/` }).api("sesame");
  const answer = await api.call(
    {
      method: "PUT",
      path: apiPath`/_matrix/client/v3/rooms/${"!a/../b:h"}/send/${"m.x"}/1`,
      query: { a: "й &" },
      body: { x: 1 },
    },
    never,
  );
  expect(answer).toEqual({ kind: "ok", body: { event_id: "$a" } });
  const [heard] = server.heard;
  expect(heard?.path).toBe("/prefix/_matrix/client/v3/rooms/!a%2F..%2Fb%3Ah/send/m.x/1");
  expect(heard?.query.get("a")).toBe("й &");
  expect(heard?.authorization).toBe("Bearer sesame");
  expect(JSON.parse(String(heard?.body))).toEqual({ x: 1 });
});

test("without a token no authorization is sent", async () => {
  const server = await listener((_heard, response) => json(response, 200, {}));
  await open({ baseUrl: server.url })
    .api(null)
    .call({ method: "GET", path: "/_matrix/client/versions" }, never);
  expect(server.heard[0]?.authorization).toBe("");
});

test.each([
  [200, '{"a":1}', {}, { kind: "ok", body: { a: 1 } }],
  [200, '{"errcode":"M_FORBIDDEN"}', {}, { kind: "ok", body: { errcode: "M_FORBIDDEN" } }],
  [200, "null", {}, { kind: "ok", body: null }],
  [200, "<html>Wi-Fi</html>", {}, { kind: "lost", code: "not_matrix", retryAfter: null }],
  [
    403,
    '{"errcode":"\\u001b]0;x\\u0007 M_FORBIDDEN"}',
    {},
    {
      kind: "refused",
      status: 403,
      errcode: "HTTP_403",
      retryAfter: null,
      body: { errcode: "\u001b]0;x\u0007 M_FORBIDDEN" },
    },
  ],
  [
    403,
    '{"errcode":"M_FORBIDDEN","error":"no"}',
    {},
    {
      kind: "refused",
      status: 403,
      errcode: "M_FORBIDDEN",
      retryAfter: null,
      body: { errcode: "M_FORBIDDEN", error: "no" },
    },
  ],
  [404, "<html>", {}, { kind: "refused", status: 404, errcode: "HTTP_404", retryAfter: null, body: null }],
  [
    401,
    '{"errcode":7}',
    {},
    { kind: "refused", status: 401, errcode: "HTTP_401", retryAfter: null, body: { errcode: 7 } },
  ],
  [
    429,
    '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1234.5}',
    { "retry-after": "9" },
    { kind: "refused", status: 429, errcode: "M_LIMIT_EXCEEDED", retryAfter: 1235 },
  ],
  [429, "", { "retry-after": "2" }, { kind: "refused", errcode: "HTTP_429", retryAfter: 2000 }],
  [500, '{"errcode":"M_UNKNOWN"}', {}, { kind: "lost", code: "server_error", retryAfter: null }],
  [503, "", { "retry-after": "5" }, { kind: "lost", code: "server_error", retryAfter: 5000 }],
])("an answer of %d %s is told as what it says", async (status, body, headers, expected) => {
  const server = await listener((_heard, response) => response.writeHead(status, headers).end(body));
  const answer = await open({ baseUrl: server.url })
    .api("t")
    .call({ method: "GET", path: "/_matrix/x" }, never);
  expect(answer).toMatchObject(expected);
});

test("a redirect is not followed: nothing reaches another host", async () => {
  const other = await trap();
  const server = await listener((_heard, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` }).end(),
  );
  const answer = await open({ baseUrl: server.url })
    .api("t")
    .call({ method: "PUT", path: "/_matrix/x", body: {} }, never);
  expect(answer).toMatchObject({ kind: "refused", status: 307, errcode: "HTTP_307" });
  expect(other.met()).toBe(0);
});

test("an answer larger than any that is asked for is given up", async () => {
  const server = await listener((_heard, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, 32)));
      if (!response.destroyed) response.once("drain", more);
    };
    response.writeHead(200);
    more();
  });
  const answer = await open({ baseUrl: server.url })
    .api("t")
    .call({ method: "GET", path: "/_matrix/x" }, never);
  expect(answer).toEqual({ kind: "lost", code: "not_matrix", retryAfter: null });
});

test("the deadline is one of the clock that is handed in", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await listener(() => asked.resolve());
  const clock = new HandClock();
  const call = open({ baseUrl: server.url, clock })
    .api("t")
    .call({ method: "GET", path: "/_matrix/x", deadline: 5000 }, never);
  await asked.promise;
  clock.advance(4999);
  const early = await Promise.race([call, new Promise((resolve) => setImmediate(() => resolve("waits")))]);
  expect(early).toBe("waits");
  clock.advance(1);
  expect(await call).toEqual({ kind: "lost", code: "timeout", retryAfter: null });
});

test("a call that is aborted rejects with the reason, before and after it was sent", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await listener(() => asked.resolve());
  const api = open({ baseUrl: server.url }).api("t");
  const end = new AbortController();
  const call = api.call({ method: "GET", path: "/_matrix/x" }, end.signal);
  await asked.promise;
  end.abort(new Error("over"));
  await expect(call).rejects.toThrow("over");
  await expect(api.call({ method: "GET", path: "/_matrix/x" }, end.signal)).rejects.toThrow("over");
});

test("a connection that is cut, one that was never made and a bad certificate are told apart", async () => {
  const cut = await listener((_heard, response) => response.destroy());
  const half = await listener((_heard, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{", () => response.destroy());
  });
  const secure = await listener((_heard, response) => json(response, 200, {}), { secure: true });
  const ask = (baseUrl: string, o: Partial<HomeserverOptions> = {}) =>
    open({ baseUrl, ...o })
      .api("t")
      .call({ method: "GET", path: "/_matrix/x" }, never);
  expect(await ask(cut.url)).toMatchObject({ kind: "lost", code: "cut" });
  expect(await ask(half.url)).toMatchObject({ kind: "lost", code: "cut" });
  expect(await ask("http://127.0.0.1:1")).toMatchObject({ kind: "lost", code: "unreachable" });
  expect(await ask("http://nowhere.invalid")).toMatchObject({ kind: "lost", code: "unreachable" });
  expect(await ask(secure.url)).toMatchObject({ kind: "lost", code: "tls" });
  expect(await ask(secure.url, { ca: root })).toMatchObject({ kind: "ok" });
  expect(await ask(cut.url, { proxy: "http://127.0.0.1:1" })).toMatchObject({ kind: "lost", code: "proxy" });
  expect(await ask(cut.url, { proxy: "socks5://127.0.0.1:1" })).toMatchObject({
    kind: "lost",
    code: "proxy",
  });
});

test("neither the SDK nor a failure of any kind prints a word", async () => {
  const printed = ["log", "error", "warn", "info", "debug", "trace"] as const;
  const spies = printed.map((name) => vi.spyOn(console, name).mockImplementation(() => {}));
  const out = [process.stdout, process.stderr].map((s) => vi.spyOn(s, "write"));
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const server = await listener((heard, response) =>
    heard.path.endsWith("cut") ? response.destroy() : json(response, 403, { errcode: "M_FORBIDDEN" }),
  );
  const api = open({ baseUrl: server.url }).api("sesame");
  await api.call({ method: "PUT", path: "/_matrix/x", body: { secret: 1 } }, never);
  await api.call({ method: "GET", path: "/_matrix/cut" }, never);
  for (const spy of [...spies, ...out]) expect(spy).not.toHaveBeenCalled();
});

test("loading it prints nothing either", () => {
  const client = pathToFileURL(path.resolve("adapters/matrix/client.ts")).href;
  const loaded = spawnSync(process.execPath, ["--input-type=module", "-e", `await import("${client}")`], {
    encoding: "utf8",
  });
  expect(loaded).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("accounts with different proxies at once go each by its own", async () => {
  const server = await listener((_heard, response) => json(response, 200, {}));
  const [first, second] = [await httpProxy({ secure: false }), await socksProxy("s@cret")];
  const one = open({ baseUrl: server.url, proxy: `http://127.0.0.1:${first.port}` }).api("one");
  const two = open({
    baseUrl: server.url.replace("127.0.0.1", "localhost"),
    proxy: `socks5://dean:s%40cret@127.0.0.1:${second.port}`,
  }).api("two");
  const calls = Array.from({ length: 20 }, (_, i) =>
    (i % 2 === 0 ? one : two).call({ method: "GET", path: "/_matrix/x" }, never),
  );
  for (const answer of await Promise.all(calls)) expect(answer.kind).toBe("ok");
  expect(new Set(first.targets)).toEqual(new Set([`127.0.0.1:${server.port}`]));
  expect(new Set(second.targets)).toEqual(new Set([`localhost:${server.port}`]));
  expect(server.heard.filter((h) => h.authorization === "Bearer one")).toHaveLength(10);
});
