import { expect, test } from "vitest";
import { HandClock } from "../hand-clock.helper.ts";
import { json, listener } from "./listener.helper.ts";
import { never, soon, wayTo } from "./world.helper.ts";

/** A stream of `size` bytes that tells how much of it was asked for and whether it was closed. */
function source(size: number) {
  const told = { pulled: 0, closed: false };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      while (told.pulled < size) {
        const piece = new Uint8Array(Math.min(2 ** 16, size - told.pulled)).fill(7);
        told.pulled += piece.length;
        yield piece;
      }
    } finally {
      told.closed = true;
    }
  }
  return { told, stream: { from: bytes(), size, type: "application/octet-stream" } };
}
const call = { method: "POST", path: "/_matrix/media/v3/upload" } as const;

test("a stream arrives whole, with its type and length, and is closed", async () => {
  const server = await listener((_heard, response) => json(response, 200, { content_uri: "mxc://h/a" }));
  const { told, stream } = source(3 * 2 ** 20 + 5);
  const answer = await wayTo(server.url)
    .api("t")
    .call({ ...call, stream }, never);
  expect(answer).toEqual({ kind: "ok", body: { content_uri: "mxc://h/a" } });
  const [heard] = server.heard;
  expect(heard?.body.length).toBe(3 * 2 ** 20 + 5);
  expect(heard?.contentType).toBe("application/octet-stream");
  expect(told.closed).toBe(true);
});

test("no more of a stream is asked for than the line takes, and it is closed when the call is given up", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await listener(() => asked.resolve(), { unread: true });
  const { told, stream } = source(512 * 2 ** 20);
  const end = new AbortController();
  const upload = wayTo(server.url)
    .api("t")
    .call({ ...call, stream }, end.signal);
  await asked.promise;
  let before = -1;
  while (before !== told.pulled) {
    before = told.pulled;
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(told.pulled).toBeLessThan(32 * 2 ** 20);
  end.abort(new Error("over"));
  await expect(upload).rejects.toThrow("over");
  expect(told.closed).toBe(true);
});

test("what the stream itself throws is thrown on as it is", async () => {
  const server = await listener((_heard, response) => json(response, 200, {}));
  const lost = new Error("the spooled file is torn");
  async function* torn(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10);
    throw lost;
  }
  const stream = { from: torn(), size: 20, type: "a/b" };
  await expect(
    wayTo(server.url)
      .api("t")
      .call({ ...call, stream }, never),
  ).rejects.toBe(lost);
});

test("a stream that was never begun is closed, and a refusal before its end is told as what it is", async () => {
  const opened = source(10);
  let returned = false;
  const from = {
    [Symbol.asyncIterator]: () => ({
      next: () => opened.stream.from.next(),
      return: async () => {
        returned = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const nowhere = wayTo("http://127.0.0.1:1").api("t");
  expect(await nowhere.call({ ...call, stream: { ...opened.stream, from } }, never)).toMatchObject({
    kind: "lost",
    code: "unreachable",
  });
  expect(returned).toBe(true);
  const server = await listener((_heard, response) => json(response, 413, { errcode: "M_TOO_LARGE" }), {
    unread: true,
  });
  const { stream } = source(64 * 2 ** 20);
  expect(
    await wayTo(server.url)
      .api("t")
      .call({ ...call, stream }, never),
  ).toMatchObject({
    kind: "refused",
    errcode: "M_TOO_LARGE",
  });
});

test("a stream shorter than it was said to be is no success", async () => {
  const server = await listener((_heard, response) => json(response, 200, {}));
  const { stream } = source(10);
  const answer = await wayTo(server.url)
    .api("t")
    .call({ ...call, stream: { ...stream, size: 20 } }, never);
  expect(answer.kind).toBe("lost");
});

test("an upload that stands still is given up long before its own deadline, and one that goes on is not", async () => {
  const minute = 60_000;
  const clock = new HandClock();
  const server = await listener(() => undefined, { unread: true });
  const pieces: PromiseWithResolvers<Uint8Array>[] = [];
  const asked = (n: number) =>
    soon(() => {
      const piece = pieces[n];
      if (piece === undefined) throw new Error("not asked for yet");
      return piece;
    });
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = Promise.withResolvers<Uint8Array>();
      pieces.push(next);
      yield await next.promise;
    }
  }
  const answer = wayTo(server.url, { clock })
    .api("t")
    .call({ ...call, stream: { from: bytes(), size: 100, type: "a/b" } }, never);
  const early = () => Promise.race([answer, new Promise((resolve) => setImmediate(() => resolve("waits")))]);
  for (let n = 0; n < 3; n++) {
    const piece = await asked(n);
    clock.advance(4 * minute);
    piece.resolve(new Uint8Array(10));
  }
  await asked(3);
  clock.advance(4 * minute);
  expect(await early()).toBe("waits");
  clock.advance(minute);
  expect(await answer).toEqual({ kind: "lost", code: "timeout", retryAfter: null });
});
