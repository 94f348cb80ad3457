import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { buildReader } from "../../../adapters/web/reader/build.ts";
import { pdfOf } from "../../../simulators/max/week/pdf.ts";
import { chromium, launch } from "../../chromium.helper.ts";
import { violations, watchPolicy } from "../../reader/ui/watch.helper.ts";
import { reader } from "../../reader.helper.ts";
import { bridgeIn, startMax } from "./stack.helper.ts";

const pictures = path.resolve(import.meta.dirname, "../../../simulators/max/week");

/** Any web server: it knows files and nothing else. `ranges`: whether it knows `Range` too. */
async function anyServer(folder: string, ranges: boolean): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://any");
    const file = path.join(
      folder,
      path.normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname),
    );
    readFile(file).then(
      (bytes) => {
        const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
        const type = /\.(?:html|js)$/.exec(file)?.[0] === ".html" ? "text/html" : "text/javascript";
        response.writeHead(from === 0 ? 200 : from < bytes.length ? 206 : 416, {
          "content-type": /\.\w+$/.test(file) ? type : "application/octet-stream",
          "access-control-allow-origin": "*",
        });
        response.end(bytes.subarray(from));
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** What a bridge, by now stopped, left of a week: the feed's folder with the built page beside it. */
async function leftBehind() {
  const max = await startMax();
  const chatId = await max.channel("Факультет");
  const pdf = pdfOf(await readFile(path.join(pictures, "questions.png")));
  const media = async (bytes: Uint8Array, filename: string, contentType: string): Promise<string> => {
    const input = { bytes: Buffer.from(bytes).toString("base64"), filename, contentType };
    return z.object({ mediaId: z.string() }).parse(await max.call("addMedia", input)).mediaId;
  };
  const image = await media(await readFile(path.join(pictures, "timetable.png")), "a.png", "image/png");
  const file = await media(pdf, "a.pdf", "application/pdf");
  const bridge = await bridgeIn(
    ({ port }) => `version: 1
data: ./data
sources: { faculty: { type: max-bot, base_url: "${max.url}" } }
rooms: { one: { type: sealed, title: Факультет } }
mappings: [{ source: faculty, channel: ${chatId}, rooms: [one], backfill: 50 }]
feed: { listen: "127.0.0.1:${port}" }
`,
    max.token,
  );
  const running = bridge.start();
  await running.line(/The bridge runs/);
  // More than one segment of 16 records.
  for (let i = 1; i <= 18; i++) await max.publish({ chatId, text: `Объявление ${i}` });
  const moved = await max.publish({ chatId, text: "Экзамен 12 июня" });
  await max.publish({ chatId, text: "Расписание", attachments: [{ type: "image", media: image }] });
  const watching = await reader(bridge.link("one"));
  const shows = (text: string, files: number) =>
    vi.waitFor(
      () => expect(watching.room().items.at(-1)).toMatchObject({ text, files: { length: files } }),
      30_000,
    );
  await shows("Расписание", 1);
  await max.edit({ mid: moved, text: "Экзамен 14 июня" });
  await max.publish({ chatId, text: "Вопросы", attachments: [{ type: "file", media: file }] });
  await shows("Вопросы", 1);
  watching.close();
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);

  const folder = await mkdtemp(path.join(tmpdir(), "postern-static-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(bridge.config.feed.folder, path.join(folder, "faculty"), { recursive: true });
  const built = await buildReader();
  await writeFile(path.join(folder, "faculty", "index.html"), built.html);
  await writeFile(path.join(folder, "faculty", "worker.js"), built.worker);
  await writeFile(path.join(folder, "faculty", "manifest.webmanifest"), built.manifest);
  await rm(bridge.folder, { recursive: true });
  return { folder, fragment: new URL(bridge.link("one")).hash, pdf };
}

describe.skipIf(chromium === null)("the feed's folder on another web server, the bridge stopped", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const opens = async (link: string, pdf: Uint8Array) => {
    const context = await browser.newContext({ locale: "ru-RU" });
    const page = await context.newPage();
    await page.addInitScript(watchPolicy);
    await page.goto(link);
    await page.getByText("Вопросы", { exact: true }).waitFor();
    await page.getByText("Объявление 1", { exact: true }).waitFor();
    const texts = (await page.locator("article > .text").allTextContents()).toReversed();
    expect(texts).toEqual([
      ...Array.from({ length: 18 }, (_, i) => `Объявление ${i + 1}`),
      "Экзамен 14 июня",
      "Расписание",
      "Изменено: 12 июня → 14 июня",
      "Вопросы",
    ]);
    await page.locator("figure").scrollIntoViewIfNeeded();
    await page.locator(".over").click();
    await page.locator("dialog.large canvas[width='1280']").waitFor();
    await page.keyboard.press("Escape");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("button.file").click(),
    ]);
    expect(Buffer.compare(await readFile(await download.path()), pdf)).toBe(0);
    expect(await violations(page)).toEqual([]);
    await context.close();
  };

  test("opens whole, files too: beside its page with and without ranges, and by a page from disk", async () => {
    const { folder, fragment, pdf } = await leftBehind();
    const places = [await anyServer(folder, false), await anyServer(folder, true)];
    for (const place of places) await opens(`http://${place}/faculty/${fragment}`, pdf);
    const page = pathToFileURL(path.join(folder, "faculty", "index.html")).href;
    await opens(`${page}${fragment}.${places[0]}/faculty`, pdf);
  }, 180_000);
});
