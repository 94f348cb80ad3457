import { Agent } from "node:http";
import { expect, onTestFinished, test, vi } from "vitest";
import { createClient } from "../../adapters/telegram/client.ts";
import { systemClock } from "../../bridge/clock.ts";
import { json, listener } from "../matrix/listener.helper.ts";
import { never } from "./bot.helper.ts";

// A library that takes its proxy and does not use it, as a way of handing one over that is silently ignored would be.
vi.mock("https-proxy-agent", () => ({
  HttpsProxyAgent: class extends Agent {
    constructor(_proxy: string) {
      super();
    }
  },
}));

test("a call that was answered past the proxy is the last one: it is told, and nothing more goes out", async () => {
  const server = await listener((_heard, response) => json(response, 200, { ok: true, result: { id: 1 } }));
  const client = createClient({
    token: () => "1:x",
    root: server.url,
    proxy: "http://127.0.0.1:1",
    ca: null,
    deadlines: { call: 5_000, file: 5_000 },
    clock: systemClock,
  });
  onTestFinished(() => client.close());
  const ask = () => client.call({ method: "getMe", payload: {} }, never);
  expect(await ask()).toEqual({ kind: "lost", code: "proxy_unused" });
  for (let i = 0; i < 3; i++) expect(await ask()).toEqual({ kind: "unreached", code: "proxy_unused" });
  expect(server.heard).toHaveLength(1);
});
