import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { chromium, launch } from "../../chromium.helper.ts";
import { type FixturePage, fixturePage } from "./page.helper.ts";
import { axeFinds, violations } from "./watch.helper.ts";

const strings = z.array(z.string());

describe.skipIf(chromium === null)("the reader page in Chromium", () => {
  let browser: Browser;
  let fixture: FixturePage;
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launch(), fixturePage()]);
  });
  afterAll(async () => {
    await browser?.close();
    await fixture?.close();
  });

  const calls = async (page: Page): Promise<string[]> => strings.parse(await page.evaluate("window.calls"));

  const scenes = ["", "none&error", "view=room&joined&inapp&hostile&banners&error"];
  const asked = ["merge-link", "new-origins", "forget-room"].map((kind) => `question=${kind}`);
  const unfold = async (page: Page) => {
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
  };
  // Contrast hangs on the colours, names and labels on the language: each of them is looked at once.
  for (const [colorScheme, locale] of [
    ["light", "ru-RU"],
    ["dark", "en-GB"],
  ] as const)
    test(`axe finds nothing in ${colorScheme}, ${locale}`, async () => {
      const page = await fixture.open(browser, "", {
        colorScheme,
        locale,
        viewport: { width: 390, height: 844 },
      });
      expect(await page.getAttribute("html", "lang")).toBe(locale.slice(0, 2));
      for (const query of [...scenes, ...asked]) {
        await page.goto(`${fixture.origin}/?${query}`);
        await page.waitForSelector(query.startsWith("question") ? "dialog[open]" : "#title");
        await unfold(page);
        expect(await axeFinds(page), query).toEqual([]);
      }
      await page.context().close();
    });

  test("nothing scrolls sideways at 320 px", async () => {
    const page = await fixture.open(browser, "", { viewport: { width: 320, height: 640 } });
    for (const query of [...scenes, ...asked]) {
      await page.goto(`${fixture.origin}/?${query}`);
      await page.waitForSelector(query.startsWith("question") ? "dialog[open]" : "#title");
      await unfold(page);
      const wide = await page.evaluate(
        () =>
          [document.documentElement, ...document.querySelectorAll("dialog")].filter(
            (e) => e.scrollWidth > e.clientWidth,
          ).length,
      );
      expect(wide, query).toBe(0);
    }
    await page.context().close();
  });

  test("hostile texts, links, names and files do nothing", async () => {
    const page = await fixture.open(browser, "view=room&hostile");
    const post = page.locator('[data-item="GGGGGGGGGGG"]');
    expect(await post.locator(".text").first().textContent()).toContain("<script>window.harmed = 1</script>");
    const links = await post
      .locator("a")
      .evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.textContent]));
    expect(links).toHaveLength(1);
    // The text names one host, the link leads to another: that one is said.
    expect(links[0]?.[0]).toBe("https://evil.example/");
    expect(links[0]?.[1]).toContain("(evil.example)");
    expect(await post.locator("a").getAttribute("rel")).toBe("noopener noreferrer");
    // Bytes that are no picture are not shown, whatever they are called; an SVG is only a download.
    await post.scrollIntoViewIfNeeded();
    await post.locator(".ask").waitFor();
    expect(await calls(page)).not.toContain("openFile bad");
    expect(await page.locator("main img, main svg, main script, main iframe, main object").count()).toBe(0);
    // A name's own direction stays inside its element.
    expect(await post.locator("bdi.name").count()).toBe(1);
    expect(await page.evaluate("window.harmed")).toBeUndefined();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  test("the policy is in force: a script put into the page does not run, and is reported", async () => {
    const page = await fixture.open(browser, "");
    await page.evaluate(() => {
      const script = document.createElement("script");
      try {
        script.textContent = "window.harmed = 1";
      } catch {
        // Trusted Types refuse the text already.
      }
      document.body.append(script);
    });
    expect(await page.evaluate("window.harmed")).toBeUndefined();
    await page.waitForFunction("window.violations.length > 0");
    await page.context().close();
  });

  test("a framed page shows nothing", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${fixture.origin}/frame`);
    const frame = page.frames()[1];
    await frame?.waitForLoadState("load");
    expect(await frame?.locator("#app").innerHTML()).toBe("");
    await context.close();
  });

  test("a photo is fetched by itself and drawn after its text; where bytes are dear, on tap", async () => {
    const page = await fixture.open(browser, "view=room");
    await page.locator(".over").waitFor();
    expect(await calls(page)).toContain("openFile photo");
    expect(await violations(page)).toEqual([]);
    await page.locator(".over").click();
    await page.locator("dialog.large").waitFor();
    expect(await axeFinds(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator("dialog.large").waitFor({ state: "detached" });
    await page.context().close();

    const context = await browser.newContext({ locale: "ru-RU" });
    const dear = await context.newPage();
    await dear.addInitScript("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })");
    await dear.goto(`${fixture.origin}/?view=room`);
    const ask = dear.getByRole("button", { name: "Показать фото (340 КБ)" });
    await ask.scrollIntoViewIfNeeded();
    expect(await calls(dear)).not.toContain("openFile photo");
    await ask.click();
    await dear.locator(".over").waitFor();
    await context.close();
  });

  test("the keyboard reaches every control, and opening a room moves the focus to its heading", async () => {
    const page = await fixture.open(browser, "view=room&joined&inapp");
    await page.locator("figure").scrollIntoViewIfNeeded();
    await page.locator(".over").waitFor();
    const controls = await page.locator("button:visible, a:visible, summary:visible").count();
    const reached = new Set<string>();
    for (let i = 0; i < controls; i++) {
      await page.keyboard.press("Tab");
      reached.add(
        await page.evaluate(() => {
          const all = [...document.querySelectorAll("button, a, summary")];
          const seen = document.activeElement;
          const ring = seen === null ? "none" : getComputedStyle(seen).outlineStyle;
          return `${seen === null ? -1 : all.indexOf(seen)} ${ring}`;
        }),
      );
    }
    expect(reached.size).toBe(controls);
    expect([...reached].filter((one) => one.startsWith("-1") || one.endsWith("none"))).toEqual([]);
    await page.getByRole("button", { name: "Все комнаты" }).press("Enter");
    await page.getByRole("heading", { level: 1, name: "Ваши комнаты" }).waitFor();
    await page.getByRole("button", { name: /Физический факультет/ }).press("Enter");
    await page.waitForFunction(
      () => document.activeElement?.id === "title" && document.activeElement.textContent?.startsWith("Физ"),
    );
    await page.context().close();
  });

  test("a post that comes is shown on top, and said aloud", async () => {
    const page = await fixture.open(browser, "view=room");
    await page.evaluate("window.come()");
    await page.locator('[data-item="NNNNNNNNNNN"]').waitFor();
    expect(await page.locator(".day article").first().getAttribute("data-item")).toBe("NNNNNNNNNNN");
    expect(await page.locator("[aria-live]").textContent()).toBe(
      "1\u00a0новое объявление. Пришло новое объявление",
    );
    await page.context().close();
  });

  test("a post that comes leaves the others as they are: unfolded, and with their photos", async () => {
    const page = await fixture.open(browser, "view=room");
    await page.locator(".over").waitFor();
    await page.getByText("что изменилось").click();
    await page.evaluate("window.come()");
    await page.locator('[data-item="NNNNNNNNNNN"]').waitFor();
    expect(await page.locator("details.changes[open]").count()).toBe(1);
    expect((await calls(page)).filter((call) => call === "openFile photo")).toHaveLength(1);
    expect(await page.locator(".over").count()).toBe(1);
    await page.context().close();
  });

  test("a quote stands apart, without empty lines around it", async () => {
    const page = await fixture.open(browser, "view=room&many");
    const text = page.locator('[data-item="QQQQQQQQQQQ"] .text');
    expect(await text.locator("blockquote").textContent()).toBe("Зачёт принимается только по списку.");
    expect(await text.textContent()).toBe("Из приказа:Зачёт принимается только по списку.Список в деканате.");
    await page.context().close();
  });

  test("two pinned posts stand open, the others wait folded", async () => {
    const page = await fixture.open(browser, "view=room&many");
    expect(await page.locator(".pinned article:visible").count()).toBe(2);
    await page.getByText("Ещё закреплённые: 2").click();
    expect(await page.locator(".pinned article:visible").count()).toBe(4);
    await page.context().close();
  });

  test("what is new is marked, but not where everything is", async () => {
    const page = await fixture.open(browser, "view=room");
    expect(await page.locator(".tag.fresh").count()).toBe(2);
    const all = await fixture.open(browser, "view=room&unread");
    expect(await all.locator(".tag.fresh").count()).toBe(0);
    for (const one of [page, all]) await one.context().close();
  });

  test("a link just taken in can be copied whole, to be kept, until the notice is closed", async () => {
    const page = await fixture.open(browser, "view=room&joined", {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByRole("button", { name: "Скопировать ссылку" }).click();
    await page.getByText("Скопировано.").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("https://reader.example.org/#j.AAAA");
    await page.getByRole("button", { name: "Ссылка сохранена" }).click();
    await page.getByRole("button", { name: "Скопировать ссылку" }).waitFor({ state: "detached" });
    await page.context().close();
  });

  test("an edit shows what changed, and a reply leads to its post", async () => {
    const page = await fixture.open(browser, "view=room", { locale: "en-GB" });
    await page.getByText("what changed").click();
    expect(await page.locator(".changes del").allTextContents()).toContain("[removed: 105] ");
    await page.getByRole("button", { name: /Экзамен по физике переносится/ }).click();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-item"))).toBe("CCCCCCCCCCC");
    await page.context().close();
  });

  test("questions are answered by button and by Escape", async () => {
    const page = await fixture.open(browser, "view=room&question=new-origins");
    await page.getByRole("button", { name: "Добавить" }).click();
    await page.getByRole("button", { name: "Забыть комнату" }).click();
    await page.locator("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(await calls(page)).toEqual(expect.arrayContaining(["answer true", "answer false"]));
    await page.context().close();
  });

  test("times stand in the room's zone, not in the device's", async () => {
    // 2026-01-14 07:00 UTC is 10:00 in Moscow; the device is in Tokyo.
    const page = await fixture.open(browser, `view=room&now=${Date.UTC(2026, 0, 14, 7, 0) / 1000 + 3000}`);
    expect(await page.locator('[data-item="FFFFFFFFFFF"] time').textContent()).toBe("10:00");
    await page.context().close();
  });
});
