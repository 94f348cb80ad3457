import type { Finding, Path, What } from "./findings.ts";

/** Something wrong or odd, and under which key; where that stands in the file is not looked up yet. */
export interface Told {
  readonly severity: Finding["severity"];
  readonly path: Path;
  readonly what: What;
}

export const error = (at: Path, what: What): Told => ({ severity: "error", path: at, what });
export const warning = (at: Path, what: What): Told => ({ severity: "warning", path: at, what });
