/** How long a reader waits, in a real Chromium against a whole bridge on this machine. */
import type { Browser } from "playwright-core";
import { chromium, chromiumMissing, launch } from "../tests/chromium.helper.ts";
import { type Measured, type Measurement, median } from "./measured.ts";
import { startStack } from "./stack.ts";

const RUNS = 7;
/** Posts that stand in the room when its link is opened. */
const POSTS = 50;

/** When each text first stood in the document, ms since 1970. The page's policy does not touch an init script. */
const watch = `window.first = null; window.seen = {};
new MutationObserver(() => {
  for (const e of document.querySelectorAll("article > .text")) {
    window.first ??= Date.now();
    window.seen[e.textContent.slice(0, 40)] ??= Date.now();
  }
}).observe(document, { childList: true, subtree: true, characterData: true });`;

const waited = (name: string, times: readonly number[], atMost: number): Measured => ({
  name,
  value: median(times),
  unit: "ms",
  aim: { atMost },
  detail: `the longest of ${times.length} ${Math.round(Math.max(...times))} ms`,
  printed: true,
});

async function open(browser: Browser, link: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watch);
  const from = Date.now();
  await page.goto(link, { waitUntil: "commit" });
  await page.locator("article > .text").first().waitFor();
  return { context, page, took: Number(await page.evaluate("window.first")) - from };
}

async function measure(browser: Browser): Promise<readonly Measured[]> {
  const stack = await startStack(POSTS);
  try {
    // Once for warmth: the backlog must have reached the feed.
    const warm = await open(browser, stack.link);
    await warm.page
      .locator("article > .text")
      .nth(POSTS - 1)
      .waitFor();
    await warm.context.close();

    const opened: number[] = [];
    for (let i = 0; i < RUNS; i++) {
      const { context, took } = await open(browser, stack.link);
      opened.push(took);
      await context.close();
    }
    const shown: number[] = [];
    const { context, page } = await open(browser, stack.link);
    for (let i = 0; i < RUNS; i++) {
      const text = `Замер ${i + 1}`;
      const from = Date.now();
      stack.publish(text);
      await page.getByText(text, { exact: true }).first().waitFor();
      shown.push(Number(await page.evaluate(`window.seen[${JSON.stringify(text)}]`)) - from);
    }
    await context.close();
    return [
      waited("link opened → first text", opened, 1000),
      waited("published in MAX → shown", shown, 2000),
    ];
  } finally {
    await stack.close();
  }
}

export const reader: Measurement = async () => {
  if (chromium === null) {
    console.log(chromiumMissing);
    return [];
  }
  const browser = await launch();
  try {
    return await measure(browser);
  } finally {
    await browser.close();
  }
};
