import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { chromium, launch } from "../../chromium.helper.ts";
import { axeFinds, violations, watchPolicy } from "../../reader/ui/watch.helper.ts";
import { startDemo } from "../web/demo.helper.ts";

describe.skipIf(chromium === null)("the demo's Telegram in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("a subscriber sees the week come in: formatting, photos, a file, an edit, a reply, a pin; nothing is asked of anybody else", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "postern-test-demo-"));
    const demo = startDemo({ TMPDIR: folder, POSTERN_DEMO_SECOND: "200" }, ["--telegram"]);
    onTestFinished(async () => {
      demo.process.kill("SIGKILL");
      await demo.ended;
      await rm(folder, { recursive: true, force: true });
    });
    const view = await demo.view;
    expect(demo.out().trim().split("\n")).toEqual([await demo.link, view]);

    const context = await browser.newContext({ locale: "ru-RU", viewport: { width: 375, height: 800 } });
    const asked: string[] = [];
    context.on("request", (request) => asked.push(request.url()));
    const page = await context.newPage();
    await page.addInitScript(watchPolicy);
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
    await page.goto(view);
    await page.getByRole("heading", { level: 1, name: "Факультет: объявления" }).waitFor();
    await page.evaluate("window.never = 'reloaded'");

    await page.locator(".pinned", { hasText: "Сессия начинается" }).waitFor({ timeout: 60_000 });
    const bubble = (text: string) => page.locator("article", { hasText: text }).first();
    const exam = bubble("Экзамен по математическому анализу");
    expect(await exam.locator("b").first().textContent()).toBe("Экзамен по математическому анализу");
    expect(await exam.locator("footer").textContent()).toContain("изменено");
    const told = bubble("ауд. 305 → ауд. 412");
    expect(await told.locator(".reply").textContent()).toContain("Экзамен по математическому анализу");
    expect(await bubble("Сессия начинается").locator("footer").textContent()).toContain("закреплено");
    expect(await page.textContent("main")).not.toContain("Завтра занятий");
    expect(await bubble("Курсы по выбору").locator("blockquote").count()).toBe(1);
    const shown = "document.querySelector('.photo img')?.naturalWidth > 0";
    await page.waitForFunction(shown);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      bubble("Вопросы к экзамену").locator("a.file").click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.pdf$/);
    expect(await page.evaluate("window.never")).toBe("reloaded");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(375);

    expect(await axeFinds(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);
    expect(wrong).toEqual([]);
    const { origin } = new URL(view);
    expect(asked.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    const shots = process.env.POSTERN_TEST_SHOTS;
    if (shots !== undefined) {
      await page.screenshot({ path: path.join(shots, "telegram-375.png") });
      await page.setViewportSize({ width: 1_200, height: 900 });
      await page.screenshot({ path: path.join(shots, "telegram-1200.png") });
      await page.evaluate("scrollTo(0, 0)");
      await page.screenshot({ path: path.join(shots, "telegram-1200-top.png") });
    }
    await context.close();

    demo.process.kill("SIGINT");
    expect(await demo.ended).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  }, 120_000);
});
