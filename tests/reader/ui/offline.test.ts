import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { buildReader } from "../../../adapters/web/reader/build.ts";
import { chromium, launch } from "../../chromium.helper.ts";

describe.skipIf(chromium === null)("the page as it is published", () => {
  test("opens without a violation, keeps itself and nothing else, and opens again without its server", async () => {
    const built = await buildReader();
    const answers: Record<string, [string, string]> = {
      "/": ["text/html; charset=utf-8", built.html],
      "/worker.js": ["text/javascript", built.worker],
      "/manifest.webmanifest": ["application/manifest+json", built.manifest],
    };
    const server = createServer((request, response) => {
      const found = answers[request.url ?? ""];
      if (found === undefined) return void response.writeHead(404).end();
      response.setHeader("content-type", found[0]);
      response.end(found[1]);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
    const browser = await launch();
    try {
      const page = await (await browser.newContext()).newPage();
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(error.message));
      page.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
      await page.goto(origin);
      await page.waitForSelector("#title");
      await page.waitForFunction("navigator.serviceWorker.controller !== null");
      const kept = await page.evaluate(async () => {
        const all: string[] = [];
        for (const name of await caches.keys())
          for (const request of await (await caches.open(name)).keys()) all.push(request.url);
        return all;
      });
      expect(kept).toEqual([origin]);
      expect(wrong).toEqual([]);
      await new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      });
      await page.reload();
      await page.waitForSelector("#title");
    } finally {
      await browser.close();
      server.close();
    }
  });
});
