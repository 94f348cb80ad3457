import { inspect } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Call } from "../../adapters/telegram/api.ts";
import { createClient } from "../../adapters/telegram/client.ts";
import { systemClock } from "../../bridge/clock.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { json, listener } from "../matrix/listener.helper.ts";
import { root } from "../max-bot/tls.helper.ts";
import { never, settled } from "./bot.helper.ts";

const TOKEN = "12345:AAH-canary-token";
const TEXT = "canary: the exam is on Friday";

function clientOf(url: string, o: { clock?: Clock; ca?: string; proxy?: string } = {}) {
  const client = createClient({
    token: () => TOKEN,
    root: url,
    proxy: o.proxy ?? null,
    ca: o.ca ?? null,
    deadlines: { call: 30_000, file: 120_000 },
    clock: o.clock ?? systemClock,
  });
  onTestFinished(() => client.close());
  return client;
}

const send: Call = { method: "sendMessage", payload: { chat_id: -100, text: TEXT } };

test("a call is a POST of JSON, and its result comes as it is", async () => {
  const server = await listener((_heard, response) =>
    json(response, 200, { ok: true, result: { message_id: 7 } }),
  );
  expect(await clientOf(server.url).call(send, never)).toEqual({ kind: "ok", result: { message_id: 7 } });
  const [heard] = server.heard;
  expect(heard).toMatchObject({ method: "POST", path: `/bot${TOKEN}/sendMessage` });
  expect(JSON.parse(String(heard?.body))).toEqual({ chat_id: -100, text: TEXT });
});

test("methods without parameters are called as well", async () => {
  const server = await listener((_heard, response) => json(response, 200, { ok: true, result: { id: 1 } }));
  expect(await clientOf(server.url).call({ method: "getMe", payload: {} }, never)).toEqual({
    kind: "ok",
    result: { id: 1 },
  });
});

test("uploads stand where they were named, nested too, and are streamed", async () => {
  const server = await listener((_heard, response) => json(response, 200, { ok: true, result: [] }));
  async function* bytes(word: string): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 3; i++) yield Buffer.from(`${word}${i};`);
  }
  const call: Call = {
    method: "sendMediaGroup",
    payload: {
      chat_id: -100,
      media: [
        { type: "document", media: "attach://one" },
        { type: "document", media: "attach://two", caption: "attach://none of these" },
      ],
    },
    uploads: new Map([
      ["one", { name: "Plan.pdf", open: () => bytes("a") }],
      ["two", { name: "Расписание.pdf", open: () => bytes("b") }],
    ]),
  };
  expect(await clientOf(server.url).call(call, never)).toMatchObject({ kind: "ok" });
  const body = String(server.heard[0]?.body);
  expect(server.heard[0]?.contentType).toMatch(/^multipart\/form-data/);
  for (const piece of ["a0;a1;a2;", "b0;b1;b2;", "Plan.pdf", "attach://none of these"])
    expect(body).toContain(piece);
});

test("an upload's own fault is thrown as it is", async () => {
  const server = await listener((_heard, response) => json(response, 200, { ok: true, result: true }));
  const fault = new Error("the spool lost it");
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("some");
    throw fault;
  }
  const call: Call = {
    method: "sendDocument",
    payload: { chat_id: -100, document: "attach://f" },
    uploads: new Map([["f", { name: "f", open: broken }]]),
  };
  await expect(clientOf(server.url).call(call, never)).rejects.toBe(fault);
});

test.each([
  ["a 502 with a page", 502, "<html>Bad Gateway</html>"],
  ["a 200 that is no JSON", 200, "<html>captive portal</html>"],
  ["half an answer", 200, '{"ok":tr'],
])("%s: it may have been done", async (_what, status, body) => {
  const server = await listener((_heard, response) => response.writeHead(status).end(body));
  expect((await clientOf(server.url).call(send, never)).kind).toBe("lost");
});

test("a connection that drops after the request: it may have been done", async () => {
  const server = await listener((_heard, response) => response.destroy());
  expect((await clientOf(server.url).call(send, never)).kind).toBe("lost");
});

test("where nobody listens, or the certificate is not trusted, it certainly was not done", async () => {
  expect(await clientOf("http://127.0.0.1:1").call(send, never)).toEqual({
    kind: "unreached",
    code: "unreachable",
  });
  const server = await listener((_heard, response) => json(response, 200, { ok: true, result: true }), {
    secure: true,
  });
  expect(await clientOf(server.url).call(send, never)).toEqual({ kind: "unreached", code: "tls" });
  expect(server.heard).toEqual([]);
  expect(await clientOf(server.url, { ca: root }).call(send, never)).toMatchObject({ kind: "ok" });
});

test("a redirect is not followed", async () => {
  const other = await listener((_heard, response) => json(response, 200, { ok: true, result: true }));
  const server = await listener((_heard, response) =>
    response.writeHead(307, { location: `${other.url}/bot${TOKEN}/sendMessage` }).end(),
  );
  expect((await clientOf(server.url).call(send, never)).kind).toBe("lost");
  expect(other.heard).toEqual([]);
});

test("deadlines are on the clock that was handed in", async () => {
  const clock = new HandClock();
  const server = await listener(() => {});
  const client = clientOf(server.url, { clock });
  const answers: unknown[] = [];
  void client.call(send, never).then((answer) => answers.push(answer));
  void client.call({ ...send, deadline: 50_000 }, never).then((answer) => answers.push(answer));
  await vi.waitFor(() => expect(server.heard).toHaveLength(2));
  clock.advance(29_999);
  await settled();
  expect(answers).toEqual([]);
  clock.advance(1);
  await vi.waitFor(() => expect(answers).toEqual([{ kind: "lost", code: "timeout" }]));
  clock.advance(20_000);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
});

test("a call ends with its signal; one that ended before goes nowhere", async () => {
  const server = await listener(() => {});
  const client = clientOf(server.url);
  const end = new AbortController();
  const answer = client.call(send, end.signal);
  await vi.waitFor(() => expect(server.heard).toHaveLength(1));
  end.abort();
  expect((await answer).kind).toBe("lost");
  expect(await client.call(send, end.signal)).toEqual({ kind: "unreached", code: "ended" });
  expect(server.heard).toHaveLength(1);
});

test("neither the token nor what is sent is in any answer, in the client, or printed", async () => {
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const spy = vi.spyOn(stream, "write").mockImplementation((piece) => {
      printed.push(String(piece));
      return true;
    });
    onTestFinished(() => spy.mockRestore());
  }
  const replies: ((response: import("node:http").ServerResponse) => void)[] = [
    (r) => json(r, 400, { ok: false, error_code: 400, description: `Bad Request: ${TEXT} ${TOKEN}` }),
    (r) => json(r, 401, { ok: false, error_code: 401, description: "Unauthorized" }),
    (r) => json(r, 429, { ok: false, error_code: 429, description: "x", parameters: { retry_after: 3 } }),
    (r) => r.writeHead(502).end(`<html>${TOKEN}</html>`),
    (r) => r.destroy(),
  ];
  const next = [...replies];
  const server = await listener((_heard, response) => next.shift()?.(response));
  const client = clientOf(server.url);
  const returned: unknown[] = [client];
  for (const _ of replies) returned.push(await client.call(send, never));
  returned.push(await clientOf("http://127.0.0.1:1").call(send, never));
  returned.push(await clientOf("http://telegram.invalid").call(send, never));
  returned.push(await clientOf(server.url, { proxy: "http://dean:hidden@127.0.0.1:1" }).call(send, never));
  expect(returned.slice(1)).toHaveLength(8);
  const all = inspect(returned, { depth: 20, showHidden: true }) + printed.join("");
  for (const secret of [TOKEN, "AAH-canary", "canary", "hidden"]) expect(all).not.toContain(secret);
});
