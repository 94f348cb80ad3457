import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.join(import.meta.dirname, "..", path.sep);
/** How a stack may name our files. */
const roots = [pathToFileURL(root).href, root];

/**
 * Names a bug by its kind and its place in our code, and by nothing else: an error's message may hold a token or an
 * announcement.
 */
export function bugCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const name = /^[A-Z][A-Za-z]{0,30}$/.test(error.name) ? error.name : "Error";
  const code = "code" in error && /^[A-Z][A-Z0-9_]{0,40}$/.test(String(error.code)) ? ` ${error.code}` : "";
  const place = placeIn(error);
  return `${name}${code}${place === null ? "" : ` ${place}`}`;
}

/** The innermost place in our code, as `cli/main.ts:10`; null when there is none. */
function placeIn(error: Error): string | null {
  const stack = error.stack ?? "";
  // The stack begins with the message, which could look like anything.
  const after = stack.indexOf(error.message);
  const frames = after < 0 ? "" : stack.slice(after + error.message.length);
  for (const frame of frames.split("\n").filter((line) => line.startsWith("    at ")))
    for (const own of roots) {
      const at = frame.indexOf(own);
      const relative = at < 0 ? "" : frame.slice(at + own.length).replaceAll("\\", "/");
      const place = /^(?!node_modules\/)([\w-]+\/[\w./-]+:\d+):\d+\)?$/.exec(relative)?.[1];
      if (place !== undefined) return place;
    }
  return null;
}
