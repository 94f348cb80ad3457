/**
 * Writes screenshots of the page into a folder (`npm run screenshots [-- FOLDER]`): the fixtures, and the real demo
 * at the end of its lively minute; 390 and 1280 px, light and dark, Russian and English; and 320 px.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { chromium, chromiumMissing, launch } from "../../chromium.helper.ts";
import { startDemo } from "../../e2e/web/demo.helper.ts";
import { fixturePage } from "./page.helper.ts";

const folder = path.resolve(process.argv[2] ?? "screenshots");
const schemes = ["light", "dark"] as const;
const sizes = [390, 1280];

const shoot = async (page: Page, name: string, fullPage = true): Promise<void> => {
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage });
};

async function fixtures(browser: Browser): Promise<void> {
  const fixture = await fixturePage();
  const scenes = {
    list: "",
    none: "none",
    error: "error",
    room: "view=room",
    joined: "view=room&joined&inapp",
    banners: "view=room&banners",
    hostile: "view=room&hostile&error",
    quiet: "view=quiet",
    question: "view=room&question=new-origins",
    forget: "view=room&question=forget-room",
  };
  const look = async (name: string, query: string, width: number, more: object): Promise<void> => {
    const page = await fixture.open(browser, query, { viewport: { width, height: 844 }, ...more });
    if (query.startsWith("view=room")) {
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = true;
      });
      if (!query.includes("question")) await page.locator("figure").first().scrollIntoViewIfNeeded();
      if (!query.includes("question")) await page.locator(".over").first().waitFor();
    }
    await shoot(page, name, !query.includes("question"));
    await page.context().close();
  };
  for (const width of sizes)
    for (const colorScheme of schemes)
      for (const [name, query] of Object.entries(scenes))
        await look(`${name}-${width}-${colorScheme}`, query, width, { colorScheme });
  for (const name of ["list", "room", "banners", "hostile"] as const)
    await look(`${name}-320`, scenes[name], 320, {});
  for (const name of ["none", "joined", "question"] as const)
    await look(`${name}-390-en`, scenes[name], 390, { locale: "en-GB" });
  await fixture.close();
}

async function demo(browser: Browser): Promise<void> {
  const running = startDemo({ POSTERN_DEMO_SECOND: "60" });
  try {
    const link = await running.link;
    const pages: { readonly name: string; readonly page: Page }[] = [];
    for (const width of sizes)
      for (const colorScheme of schemes) {
        const context = await browser.newContext({
          viewport: { width, height: 844 },
          colorScheme,
          locale: "ru-RU",
        });
        const page = await context.newPage();
        await page.goto(link);
        pages.push({ name: `${width}-${colorScheme}`, page });
      }
    for (const { name, page } of pages) {
      await page.getByText("Сессия начинается").first().waitFor();
      await shoot(page, `demo-joined-${name}`, false);
      await page.getByRole("button", { name: "Ссылка сохранена" }).click();
      for (const figure of await page.locator("figure").all()) {
        await figure.scrollIntoViewIfNeeded();
        await figure.locator(".over").waitFor();
      }
      await page.locator("summary").first().click();
      await shoot(page, `demo-${name}`);
      await shoot(page, `demo-top-${name}`, false);
      await page.locator(".over").first().click();
      await page.locator("dialog.large").waitFor();
      await page.screenshot({ path: path.join(folder, `demo-photo-${name}.png`) });
      await page.context().close();
    }
  } finally {
    running.process.kill("SIGTERM");
    await running.ended;
  }
}

if (chromium === null) console.log(chromiumMissing);
else {
  await mkdir(folder, { recursive: true });
  const browser = await launch();
  try {
    await demo(browser);
    await fixtures(browser);
  } finally {
    await browser.close();
  }
  console.log(folder);
}
