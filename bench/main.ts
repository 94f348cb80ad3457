/**
 * `npm run bench`: how long a reader waits, in a real Chromium against a whole bridge on this machine. Medians of 7
 * of two times with their aims; whether they are met changes no exit code, since machines differ.
 */
import type { Browser } from "playwright-core";
import { chromium, chromiumMissing, launch } from "../tests/chromium.helper.ts";
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

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

function say(what: string, times: readonly number[], aim: number): void {
  const [middle, worst] = [median(times), Math.max(...times)];
  const verdict = middle <= aim ? "met" : "MISSED";
  console.log(
    `${what}: median ${Math.round(middle)} ms of ${times.length} (worst ${Math.round(worst)} ms), aim ${aim} ms: ${verdict}`,
  );
}

async function open(browser: Browser, link: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watch);
  const from = Date.now();
  await page.goto(link, { waitUntil: "commit" });
  await page.locator("article > .text").first().waitFor();
  return { context, page, took: Number(await page.evaluate("window.first")) - from };
}

async function measure(browser: Browser): Promise<void> {
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
    say("link opened → first text", opened, 1000);

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
    say("published in MAX → shown", shown, 2000);
  } finally {
    await stack.close();
  }
}

if (chromium === null) console.log(chromiumMissing);
else {
  const browser = await launch();
  try {
    await measure(browser);
  } finally {
    await browser.close();
  }
}
