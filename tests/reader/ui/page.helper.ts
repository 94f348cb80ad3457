import { createServer } from "node:http";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type BuiltReader, buildReader } from "../../../adapters/web/reader/build.ts";
import { watchPolicy } from "./watch.helper.ts";

export interface FixturePage {
  readonly built: BuiltReader;
  /** Opens the fixture page; `query` says what is drawn. */
  open(browser: Browser, query: string, options?: BrowserContextOptions): Promise<Page>;
  readonly origin: string;
  close(): Promise<void>;
}

/** The page with the fixture in place of the room logic, by the reader's own build, served on this machine. */
export async function fixturePage(): Promise<FixturePage> {
  const built = await buildReader({ entry: path.join(import.meta.dirname, "fixture.tsx") });
  const server = createServer((request, response) => {
    if (request.url === "/frame") {
      response.setHeader("content-type", "text/html");
      response.end('<iframe src="/?view=room"></iframe>');
    } else if (request.url === "/" || request.url?.startsWith("/?")) {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(built.html);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return {
    built,
    origin,
    async open(browser, query, options = {}) {
      const context = await browser.newContext({ locale: "ru-RU", timezoneId: "Asia/Tokyo", ...options });
      const page = await context.newPage();
      await page.addInitScript(watchPolicy);
      await page.goto(`${origin}/?${query}`);
      await page.waitForSelector("#title");
      return page;
    },
    close: () => new Promise((done) => server.close(() => done())),
  };
}
