import { get } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { prometheusText } from "../../adapters/monitor/prometheus.ts";
import { startMonitor } from "../../adapters/monitor/server.ts";
import { createCounters } from "../../bridge/metrics.ts";
import { SourceName } from "../../bridge/model/ids.ts";
import { type ReadyInput, readiness } from "../../bridge/readiness.ts";

const SOURCE = SourceName.parse("faculty");
const HOUR = 3_600_000;

test("metrics are written as Prometheus reads them, with every odd sign escaped", () => {
  const text = prometheusText([
    { name: "a_total", help: "What it is.\nAnd \\ more.", type: "counter", samples: [] },
    {
      name: "b",
      help: "B.",
      type: "gauge",
      samples: [
        { labels: {}, value: 1.5 },
        { labels: { room: 'a"b\\c\nd', x: "y" }, value: 2 },
      ],
    },
  ]);
  expect(text).toBe(
    [
      "# HELP a_total What it is.\\nAnd \\\\ more.",
      "# TYPE a_total counter",
      "# HELP b B.",
      "# TYPE b gauge",
      "b 1.5",
      'b{room="a\\"b\\\\c\\nd",x="y"} 2',
      "",
    ].join("\n"),
  );
});

test.each([
  ["127.0.0.1", "127.0.0.1:9000", 200],
  ["127.0.0.1", "localhost:9000", 200],
  ["127.0.0.1", "[::1]:9000", 200],
  ["127.0.0.1", "evil.example", 421],
  ["127.0.0.1", "127.evil.example", 421],
  ["0.0.0.0", "postern:9000", 200],
])("a monitor on %s that is asked as %s answers %i", async (host, asked, status) => {
  const monitor = await startMonitor({
    host,
    port: 0,
    ready: () => readiness(fine),
    metrics: () => [],
  });
  onTestFinished(() => monitor.close());
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    get({ port: monitor.port, host: "127.0.0.1", path: "/metrics", headers: { host: asked } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once("error", reject);
  });
  expect(answer).toBe(status);
});

test("counters add up for each set of labels", () => {
  const counters = createCounters();
  counters.add("postern_media_total", { result: "ready" });
  counters.add("postern_media_total", { result: "ready" }, 2);
  counters.add("postern_media_total", { result: "failed" });
  const media = counters.families().find((f) => f.name === "postern_media_total");
  expect(media?.samples).toEqual([
    { labels: { result: "ready" }, value: 3 },
    { labels: { result: "failed" }, value: 1 },
  ]);
});

const fine: ReadyInput = {
  database: true,
  feed: true,
  space: "fine",
  sources: [{ name: SOURCE, heardAt: 0, trouble: null, limit: 2 * HOUR }],
  now: HOUR,
};

test.each([
  ["all is well", {}, true, [], []],
  ["the feed is not to listen", { feed: null }, true, [], []],
  ["the database is closed", { database: false }, false, ["database_closed"], []],
  ["the feed does not listen", { feed: false }, false, ["feed_not_listening"], []],
  ["the disk is full", { space: "full" }, false, ["disk_full"], []],
  ["the disk is nearly full", { space: "low" }, true, [], ["disk_low"]],
  ["a source was not read for too long", { now: 3 * HOUR }, false, ["source_unread"], []],
  [
    "a source was not read yet",
    { sources: [{ name: SOURCE, heardAt: null, trouble: null, limit: HOUR }] },
    false,
    ["source_starting"],
    [],
  ],
  [
    "a source's trouble is known",
    { sources: [{ name: SOURCE, heardAt: null, trouble: "timeout", limit: HOUR }] },
    true,
    [],
    ["source_trouble"],
  ],
] as const)("ready or not: %s", (_name, over, ready, codes, known) => {
  const found = readiness({ ...fine, ...over });
  expect(found.ready).toBe(ready);
  expect(found.codes.map((c) => c.code)).toEqual(codes);
  expect(found.known.map((c) => c.code)).toEqual(known);
});

test("the monitor answers /live, /ready and /metrics and nothing else, and says nothing of what went wrong", async () => {
  let ready = readiness(fine);
  let broken = false;
  const monitor = await startMonitor({
    host: "127.0.0.1",
    port: 0,
    ready: () => ready,
    metrics: () => {
      if (broken) throw new Error("a text");
      return [{ name: "x", help: "X.", type: "gauge", samples: [{ labels: {}, value: 1 }] }];
    },
  });
  onTestFinished(() => monitor.close());
  const ask = async (path: string, method = "GET") => {
    const answer = await fetch(`http://127.0.0.1:${monitor.port}${path}`, { method });
    return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.text() };
  };
  expect(await ask("/live")).toMatchObject({ status: 200, body: '{"live":true}\n' });
  expect(await ask("/ready?x=1")).toMatchObject({
    status: 200,
    body: '{"ready":true,"codes":[],"known":[]}\n',
  });
  ready = readiness({ ...fine, space: "full" });
  expect(await ask("/ready")).toMatchObject({
    status: 503,
    body: '{"ready":false,"codes":[{"code":"disk_full"}],"known":[]}\n',
  });
  expect(await ask("/metrics")).toMatchObject({
    status: 200,
    type: "text/plain; version=0.0.4; charset=utf-8",
    body: "# HELP x X.\n# TYPE x gauge\nx 1\n",
  });
  expect(await ask("/")).toMatchObject({ status: 404 });
  expect(await ask("/live", "POST")).toMatchObject({ status: 405 });
  expect(await ask("/live", "HEAD")).toMatchObject({ status: 200, body: "" });
  broken = true;
  expect(await ask("/metrics")).toMatchObject({ status: 500, body: '{"code":"internal"}\n' });
});
