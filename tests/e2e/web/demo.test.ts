import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { pdfOf } from "../../../simulators/max/week/pdf.ts";
import { chromium, launch } from "../../chromium.helper.ts";
import { axeFinds, violations, watchPolicy } from "../../reader/ui/watch.helper.ts";
import { startDemo } from "./demo.helper.ts";

/** A demo whose temporary folders lie in one of our own, so that one sees whether it cleans up. */
async function demoIn(env: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-test-demo-"));
  const demo = startDemo({ TMPDIR: folder, ...env });
  onTestFinished(async () => {
    demo.process.kill("SIGKILL");
    await demo.ended;
    await rm(folder, { recursive: true, force: true });
  });
  return { ...demo, left: () => readdir(folder) };
}

/** The week as it stands at the end of its first minute, newest first, by how each post begins. */
const week = [
  "Лекция будет в аудитории 210",
  "Библиотека просит передать:",
  "#срочно Корпус Б закрыт сегодня",
  "Изменено: ",
  "Вопросы к экзамену",
  "Курсы по выбору",
  "Расписание на следующую неделю",
  "Лекция по физике",
  "Экзамен по математическому анализу",
  "Зачётные книжки",
  "Справки об обучении",
  "Как устроен этот канал",
];
const pinned = ["#важно Сессия начинается"];

describe.skipIf(chromium === null)("the demo in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("opened by its printed link, it plays its week before one's eyes, and ends without a trace", async () => {
    const demo = await demoIn({ POSTERN_DEMO_SECOND: "120" });
    const link = await demo.link;
    expect(demo.out()).toBe(`${link}\n`);

    const context = await browser.newContext({ locale: "ru-RU", viewport: { width: 390, height: 844 } });
    const asked: string[] = [];
    context.on("request", (request) => asked.push(request.url()));
    const page = await context.newPage();
    await page.addInitScript(watchPolicy);
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
    await page.goto(link);
    await page.getByRole("heading", { level: 1, name: "Факультет: объявления" }).waitFor();
    expect(page.url()).not.toContain("#");
    await page.evaluate("window.never = 'reloaded'");

    await page.locator(".pinned", { hasText: "Сессия начинается" }).waitFor();
    const texts = async (where: string) =>
      (await page.locator(`${where} article > .text`).allTextContents()).map((text) => text.trim());
    const begins = (found: readonly string[], expected: readonly string[]) =>
      found.map((text, i) => text.slice(0, expected[i]?.length ?? 0));
    expect(begins(await texts(".day"), week)).toEqual(week);
    expect(begins(await texts(".pinned"), pinned)).toEqual(pinned);
    expect(await page.textContent("main")).not.toContain("Завтра занятий");
    expect(await page.evaluate("window.never")).toBe("reloaded");

    const exam = page.locator("article", { hasText: "Экзамен по математическому анализу" }).last();
    await exam.getByText("что изменилось").click();
    expect((await exam.locator("del").allTextContents()).join()).toContain("305");
    expect((await exam.locator("ins").allTextContents()).join()).toContain("412");
    const told = page.locator("article", { hasText: "ауд. 305 → ауд. 412" });
    expect(await told.locator(".reply").textContent()).toContain("Экзамен по математическому анализу");
    const urgent = page.locator("article.urgent");
    expect(await urgent.textContent()).toContain("Срочно");
    expect(await page.locator("article", { hasText: "Библиотека" }).locator("blockquote").count()).toBe(1);
    expect(await page.locator("a.out").first().getAttribute("href")).toBe("https://example.org/courses");

    const timetable = page.locator("article", { hasText: "Расписание на следующую" });
    await timetable.scrollIntoViewIfNeeded();
    await timetable.locator(".over").click();
    await page.locator("dialog.large canvas[width='1280']").waitFor();
    await page.keyboard.press("Escape");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("article", { hasText: "Вопросы к экзамену" }).locator("button.file").click(),
    ]);
    const picture = path.resolve(import.meta.dirname, "../../../simulators/max/week/questions.png");
    const pdf = pdfOf(await readFile(picture));
    expect(Buffer.compare(await readFile(await download.path()), pdf)).toBe(0);
    expect(download.suggestedFilename()).toMatch(/^file-[\d-]+\.pdf$/);

    expect(await axeFinds(page)).toEqual([]);
    expect(await violations(page)).toEqual([]);
    expect(wrong).toEqual([]);
    const { origin } = new URL(link);
    expect(asked.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("blob:"))).toEqual([]);
    await context.close();

    demo.process.kill("SIGINT");
    expect(await demo.ended).toBe(0);
    expect(await demo.left()).toEqual([]);
  }, 180_000);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "a demo asked to end by %s while it starts leaves nothing behind",
  async (signal) => {
    const demo = await demoIn();
    demo.process.stderr?.once("data", () => demo.process.kill(signal));
    expect(await demo.ended).toBe(0);
    expect(demo.out().split("\n").length).toBeLessThanOrEqual(2);
    expect(await demo.left()).toEqual([]);
  },
);
