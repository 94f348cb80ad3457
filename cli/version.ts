import { createRequire } from "node:module";

const about: unknown = createRequire(import.meta.url)("../package.json");

/** This program's version, as in package.json. */
export const version: string =
  typeof about === "object" && about !== null && "version" in about ? String(about.version) : "0";
