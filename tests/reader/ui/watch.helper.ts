import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { z } from "zod";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const strings = z.array(z.string());

/** An init script: violations of the page's policy are kept in `window.violations`, from its first moment. */
export const watchPolicy = `window.violations = []; addEventListener("securitypolicyviolation",
  (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));`;

/** The violations that {@link watchPolicy} saw. */
export const violations = async (page: Page): Promise<string[]> =>
  strings.parse(await page.evaluate("window.violations"));

/** What axe finds wrong, as one line a rule. */
export async function axeFinds(page: Page): Promise<string[]> {
  // Through the debugger, past the page's policy, which lets no other script in.
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(await readFile(axe, "utf8"));
  return strings.parse(
    await page.evaluate(
      "axe.run().then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' | ')))",
    ),
  );
}
