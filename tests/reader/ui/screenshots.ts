/** Writes screenshots of the page into a folder: `node tests/reader/ui/screenshots.ts screenshots`. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { launch } from "../../chromium.helper.ts";
import { fixturePage } from "./page.helper.ts";

const folder = path.resolve(process.argv[2] ?? "screenshots");
await mkdir(folder, { recursive: true });
const fixture = await fixturePage();
const browser = await launch();
const scenes = {
  list: "",
  none: "none",
  room: "view=room",
  joined: "view=room&joined",
  banners: "view=room&banners",
  question: "view=room&question=new-origins",
};
for (const width of [390, 1280])
  for (const colorScheme of ["light", "dark"] as const)
    for (const [name, query] of Object.entries(scenes)) {
      const page = await fixture.open(browser, query, { viewport: { width, height: 844 }, colorScheme });
      if (name === "room") {
        await page.locator("summary").first().click();
        await page.locator(".over").waitFor();
        await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
      }
      await page.screenshot({
        path: path.join(folder, `${name}-${width}-${colorScheme}.png`),
        fullPage: name !== "question",
      });
      await page.context().close();
    }
await browser.close();
await fixture.close();
console.log(folder);
