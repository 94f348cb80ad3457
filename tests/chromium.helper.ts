import { existsSync } from "node:fs";
import { type Browser, chromium as driver } from "playwright-core";

const found = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && path !== "" && existsSync(path));

/** Where Chromium is, or null: then tests in a browser are skipped, and fail where CI is set. */
export const chromium: string | null = found ?? null;

/** One line on how to get it. */
export const chromiumMissing =
  "Chromium is missing: install it (Debian: apt install chromium) or name its path in the variable CHROMIUM";

if (chromium === null && process.env.VITEST !== undefined) {
  if (process.env.CI !== undefined && process.env.CI !== "") throw new Error(chromiumMissing);
  console.warn(chromiumMissing);
}

/** Starts Chromium; it asks nobody for anything by itself. */
export function launch(): Promise<Browser> {
  if (chromium === null) throw new Error(chromiumMissing);
  return driver.launch({
    executablePath: chromium,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
