import path from "node:path";
import { build } from "vite";
import { expect, onTestFinished, test } from "vitest";
import { memoryStorage } from "../../../adapters/web/reader/room/storage.ts";
import { chromium, launch } from "../../chromium.helper.ts";
import { tryStorage } from "./storage.helper.ts";

const one = { 0: 1, 1: 1, 2: 1, 3: 1 };

test("what two pages of one device know of a room is joined, and a forgotten room stays forgotten", async () => {
  const said = JSON.parse(JSON.stringify(await tryStorage(memoryStorage())));
  expect(said[0]).toEqual([]);
  expect(said[1]).toMatchObject({ read: [256, 4], contact: 9 });
  // Once shown, always shown.
  expect(said[2]).toEqual([
    { hash: "01", bytes: one, shown: true },
    { hash: "02", bytes: { 0: 2, 1: 2, 2: 2, 3: 2 }, shown: false },
  ]);
  expect(said[4]).toMatchObject({
    keys: [{ epoch: 2 }, { epoch: 1 }],
    origins: ["https://b.example"],
    refused: ["https://a.example", "https://c.example"],
    read: [256, 4],
    contact: 9,
  });
  expect(said[4].certs).toHaveLength(2);
  expect(said.slice(5, 8)).toEqual([[], [], ["bb"]]);
  expect(said[8]).toEqual(["aa", "bb"]);
});

test.skipIf(chromium === null)("a browser's own database answers the same as memory", async () => {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      lib: {
        entry: path.join(import.meta.dirname, "storage.page.helper.ts"),
        formats: ["iife"],
        name: "page",
      },
    },
  });
  const [first] = Array.isArray(built) ? built : [built];
  const chunk = first !== undefined && "output" in first ? first.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("the bundler gave no script");
  const browser = await launch();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto("https://reader.example/");
  await page.addScriptTag({ content: chunk.code });
  const said = JSON.parse(String(await page.evaluate("tried()")));
  const inMemory = JSON.parse(JSON.stringify(await tryStorage(memoryStorage())));
  const plain = (list: unknown[]) =>
    JSON.stringify(list).replaceAll('"room":"aa",', "").replaceAll('"room":"bb",', "");
  expect(plain(said)).toBe(plain(inMemory));
});
